/* The micro-kernel under every matrix multiplication: 4 rows by 8 columns, its 8 sums in registers. */
#ifndef DECEM_KERNELS_CONV_GEMM_H
#define DECEM_KERNELS_CONV_GEMM_H

#include "kernels/map.h"

/* The rows of the matrix, as pointers: [row_count], a multiple of 4 (some may be the same as others). */
typedef struct decem_gemm_rows {
    const float *const *inputs;
    const float *const *addends; /* NULL: none */
    float *const *outputs;
    int32_t row_count;
} decem_gemm_rows;

/* Rows times one panel of 8 columns:
 *     outputs[r][output_offset + j] = clamp(bias[j] + addends[r][output_offset + j] +
 *         sum over segments s and k < length of inputs[r][input_offset + segments[s] + k] * weights[s * length + k][j])
 * weights: [segment_count * length][8]; bias: [8]. */
void decem_f32_gemm_4x8__simd(const decem_gemm_rows *rows, int32_t input_offset, int32_t output_offset, const int32_t *segments,
                              int32_t segment_count, int32_t length, const float *weights, const float *bias, decem_clamp clamp);

#endif
