/* Fully connected layer: outputs = weights x + bias, one vector at a time, so each weight is read once. Weights stay
 * in PyTorch's order, [out][in].
 * Tolerance against the reference: |error| <= in * 2^-24 * sum(|x * weight|) + |bias| * 2^-22. */
#ifndef DECEM_KERNELS_LINEAR_LINEAR_H
#define DECEM_KERNELS_LINEAR_LINEAR_H

#include "kernels/map.h"

enum { DECEM_LINEAR_TILE = 64 /* outputs */ };

typedef struct decem_linear_args {
    const float *input;   /* [in] */
    float *output;        /* [out] */
    int32_t in, out;
    const float *weights; /* [out][in] */
    const float *bias;    /* [out] */
    decem_clamp clamp;
} decem_linear_args;

int32_t decem_linear_tiles(const decem_linear_args *args);
void decem_f32_linear__simd(const decem_linear_args *args, int32_t tile);
void decem_f32_linear__ref(const decem_linear_args *args, int32_t tile);

/* PyTorch flattens [C][H][W]; here maps are [H][W][C]: reorders one row of weights of a layer that reads such a map. */
void decem_linear_pack_row(int32_t channels, int32_t pixels, const float *row, float *packed);

#endif
