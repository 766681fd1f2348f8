/* Depthwise 3x3 convolution: each channel by itself, stride 1 or more.
 * Tolerance against the reference: |error| <= 9 * 2^-23 * sum(|input * weight|) + |bias| * 2^-22. */
#ifndef DECEM_KERNELS_DEPTHWISE_DEPTHWISE_H
#define DECEM_KERNELS_DEPTHWISE_DEPTHWISE_H

#include "kernels/map.h"

typedef struct decem_depthwise_args {
    decem_map input;      /* `at` is the top left of the first window: padding (zeros in memory) included */
    decem_map output;
    int32_t stride;
    const float *weights; /* [9][channels] */
    const float *bias;    /* [channels] */
    decem_clamp clamp;
} decem_depthwise_args;

/* Packs one channel's [3][3] weights; scales them: batch norm, folded. */
void decem_depthwise_pack_row(int32_t channels, int32_t channel, const float *row, float *packed);
void decem_depthwise_scale_row(int32_t channels, int32_t channel, float scale, float *packed);

/* One tile is one row of the output. */
void decem_f32_depthwise3x3__simd(const decem_depthwise_args *args, int32_t tile);
void decem_f32_depthwise3x3__ref(const decem_depthwise_args *args, int32_t tile);

#endif
