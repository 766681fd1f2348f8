/* Local response normalisation across channels, as PyTorch's LocalResponseNorm with its default alpha, beta and k:
 *     y[c] = x[c] / (1 + 1e-4 / size * sum of x[i]^2 for i from c - size / 2 to c + (size - 1) / 2) ^ 0.75
 * Krizhevsky et al., "ImageNet classification with deep convolutional neural networks" (2012), section 3.3.
 * Tolerance against the reference: 8 * 2^-23 * |y|. */
#ifndef DECEM_KERNELS_LRN_LRN_H
#define DECEM_KERNELS_LRN_LRN_H

#include "kernels/map.h"

enum { DECEM_LRN_SIZE_MAX = 64, DECEM_LRN_CHANNELS_MAX = 4096 };

typedef struct decem_lrn_args {
    decem_map input, output;
    int32_t size;
} decem_lrn_args;

/* One tile is one row of the output. */
void decem_f32_lrn__simd(const decem_lrn_args *args, int32_t tile);
void decem_f32_lrn__ref(const decem_lrn_args *args, int32_t tile);

#endif
