/* Moves a map elsewhere, adding another and clamping on the way: what is left of additions, activations, concatenations and
 * shuffles that no other kernel has taken into itself. Exact: the reference agrees to the bit. */
#ifndef DECEM_KERNELS_MOVE_MOVE_H
#define DECEM_KERNELS_MOVE_MOVE_H

#include "kernels/map.h"

typedef struct decem_move_args {
    decem_map input;
    decem_map addend;     /* at NULL: nothing to add; else of the input's size */
    decem_map output;     /* channels: of the input */
    int32_t output_step;  /* elements between neighbouring channels of the output */
    decem_clamp clamp;
} decem_move_args;

/* One tile is one row. */
void decem_f32_move__simd(const decem_move_args *args, int32_t tile);
void decem_f32_move__ref(const decem_move_args *args, int32_t tile);

#endif
