/* The micro-kernel under every matrix multiplication: 4 rows by 8 columns, its 8 sums in registers. */
#ifndef DECEM_KERNELS_CONV_GEMM_H
#define DECEM_KERNELS_CONV_GEMM_H

#include "kernels/map.h"

/* out[r][j] = clamp(bias[j] + addend[r][j] + sum over segments s, k < length of rows[r][segments[s] + k] * weights[s * length + k][j])
 * rows: 4 pointers, to which `row_offset` elements are added; outputs: 4 pointers, likewise `output_offset`; weights: [K][8];
 * bias: [8]; addends: NULL, or 4 pointers to which `output_offset` is added too. Rows, and outputs, may be the same as others. */
void decem_f32_gemm_4x8__simd(const float *const *rows, int32_t row_offset, const int32_t *segments, int32_t segment_count,
                              int32_t length, const float *weights, const float *bias, const float *const *addends,
                              float *const *outputs, int32_t output_offset, decem_clamp clamp);

#endif
