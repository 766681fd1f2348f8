/* The micro-kernels under every matrix multiplication. Their sums stay in registers:
 *
 *     4x8   4 rows, 8 columns: 8 sums. Where a fused multiply-add is missing, more would not leave room for the product.
 *     6x8   12 sums: fewer loads a multiplication, for builds with fused multiply-add
 *     8x4   for the last columns of a matrix, when they are 4 or fewer: half the work of a panel of 8
 *     16x2  for matrices of 16 rows times weights that come from memory: each weight is read once, at an even pace
 *
 * A sum is made of the same operations in the same order by all of them. */
#ifndef DECEM_KERNELS_CONV_GEMM_H
#define DECEM_KERNELS_CONV_GEMM_H

#include "kernels/map.h"

enum { DECEM_GEMM_ROWS_PAST = 8 /* kernels compute up to so many rows at once */ };

/* The rows of the matrix, as pointers: [row_count], followed by copies of the last up to a multiple of DECEM_GEMM_ROWS_PAST:
 * where there are too few rows for a kernel, it computes the last ones again. */
typedef struct decem_gemm_rows {
    const float *const *inputs;
    const float *const *addends; /* NULL: none */
    float *const *outputs;
    int32_t row_count;
} decem_gemm_rows;

/* Rows times one panel of up to 8 columns:
 *     outputs[r][output_offset + j] = clamp(bias[j] + addends[r][output_offset + j] +
 *         sum over segments s and k < length of inputs[r][input_offset + segments[s] + k] * weights[s * length + k][j])
 * weights: [segment_count * length][8]; bias: [8]. The kernels for 8 columns write 8, the one for 4 writes 4. */
typedef struct decem_gemm_panel {
    int32_t input_offset, output_offset;
    const int32_t *segments;
    int32_t segment_count, length;
    const float *weights, *bias;
    decem_clamp clamp;
} decem_gemm_panel;

/* All rows, by the kernels that suit the build and the columns: 4 are written where `columns` is 4 or fewer, else 8. */
void decem_f32_gemm(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t columns);

/* As many rows as a multiple of the kernel's, from the `first` on. */
void decem_f32_gemm_4x8__simd(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count);
void decem_f32_gemm_6x8__simd(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count);
void decem_f32_gemm_8x4__simd(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count);

/* ---- 16 rows, streamed ----
 * With few rows the other kernels wait for memory while their first rows pass, and leave it idle while the next ones do. Here all rows
 * pass at once, which lie side by side: [depth][16]. Weights are cut along the depth, so that the rows stay in the first-level cache:
 *
 *     [depth / DECEM_GEMM_STREAMED_DEPTH][columns / 2][the depth of a part][2] */
enum { DECEM_GEMM_STREAMED_ROWS = 16, DECEM_GEMM_STREAMED_DEPTH = 256 };

/* Where element k of a column lies in the weights; the next of the same part is 2 further. */
static inline int64_t decem_gemm_streamed_index(int32_t depth, int32_t columns, int32_t k, int32_t column) {
    int32_t inner = k % DECEM_GEMM_STREAMED_DEPTH, part = k - inner;
    int32_t length = depth - part < DECEM_GEMM_STREAMED_DEPTH ? depth - part : DECEM_GEMM_STREAMED_DEPTH;
    return (int64_t)part * columns + (column / 2 * length + inner) * 2 + column % 2;
}

/* Columns [first, first + count) of `columns`, all even: sums[column - first][16] of products alone, summed as by the others. */
void decem_f32_gemm_16x2__simd(const float *rows, const float *weights, int32_t depth, int32_t columns, int32_t first, int32_t count, float *sums);

/* Rows are reached from the first by their distances, so that one pointer moves instead of several. */
static inline ptrdiff_t decem_gemm_distance(const float *from, const float *to) {
    return (ptrdiff_t)((uintptr_t)to - (uintptr_t)from);
}

static inline decem_f32x4 decem_gemm_splat_at(const float *at, ptrdiff_t bytes) {
    return decem_f32x4_splat_load((const float *)((uintptr_t)at + (uintptr_t)bytes));
}

#endif
