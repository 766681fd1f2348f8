/* Maximum and average over windows of each channel. Windows that reach past the image take what is inside it: for the
 * maximum that is PyTorch's padding with minus infinity; the average still divides by the whole window. */
#ifndef DECEM_KERNELS_POOL_POOL_H
#define DECEM_KERNELS_POOL_POOL_H

#include "kernels/map.h"

typedef enum decem_pool_kind { DECEM_POOL_MAX, DECEM_POOL_AVERAGE, DECEM_POOL_ADAPTIVE } decem_pool_kind;

typedef struct decem_pool_args {
    decem_pool_kind kind;
    decem_map input, output;
    /* MAX and AVERAGE; an ADAPTIVE window of output i covers floor(i * in / out) to ceil((i + 1) * in / out). */
    int32_t window_height, window_width, stride, padding_top, padding_left;
    decem_clamp clamp; /* after it */
} decem_pool_args;

/* One tile is one row of the output. The reference agrees to the bit for maxima (but which of two zeros of different sign is the
 * larger), and to window * 2^-23 * sum(|input|) / window for averages. */
void decem_f32_pool__simd(const decem_pool_args *args, int32_t tile);
void decem_f32_pool__ref(const decem_pool_args *args, int32_t tile);

/* The part of a window along one axis that lies inside the image: [*first, *end), never empty. */
void decem_pool_range(decem_pool_kind kind, int32_t index, int32_t in, int32_t out, int32_t window, int32_t stride, int32_t padding,
                      int32_t *first, int32_t *end);

#endif
