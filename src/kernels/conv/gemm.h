/* The micro-kernels under every matrix multiplication. Their sums stay in registers:
 *
 *     4x8   4 rows, 8 columns: 8 sums. Where a fused multiply-add is missing, more would not leave room for the product.
 *     6x8   12 sums: fewer loads a multiplication, for builds with fused multiply-add
 *     5x8   for the rows that sixes leave: each multiplication waits for the one before of its sum, and 8 sums are too few not to wait
 *     8x4   for the last columns of a matrix, when they are 4 or fewer: half the work of a panel of 8
 *
 * A sum is made of the same operations in the same order by all of them. */
#ifndef DECEM_KERNELS_CONV_GEMM_H
#define DECEM_KERNELS_CONV_GEMM_H

#include <stdbool.h>

#include "kernels/map.h"

enum {
    DECEM_GEMM_ROWS_PAST = 8,                       /* kernels compute up to so many rows at once */
    DECEM_GEMM_ROWS_STEP = DECEM_FUSED_MADD ? 1 : 4 /* of a multiple of so many, if they are not very few, none is computed twice */
};

/* The rows of the matrix, as pointers: [row_count], followed by copies of the last up to a multiple of DECEM_GEMM_ROWS_PAST:
 * where there are too few rows for a kernel, it computes the last ones again. */
typedef struct decem_gemm_rows {
    const float *const *inputs;
    const float *const *addends; /* NULL: none; they may be the outputs */
    float *const *outputs;
    int32_t row_count;
} decem_gemm_rows;

/* Memory that will be needed soon, such as the next weights. WASM has no instruction to fetch ahead, and a product that waits for every line of
 * its weights computes nothing meanwhile; so kernels read a few lines of it between products, whose results are still on their way. */
typedef struct decem_gemm_ahead {
    const float *at, *end; /* what is left of it; equal: nothing */
} decem_gemm_ahead;

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
    decem_gemm_ahead *ahead;
} decem_gemm_panel;

/* All rows, by the kernels that suit the build and the columns: 4 are written where `columns` is 4 or fewer, else 8. */
void decem_f32_gemm(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t columns);

/* The product alone: no bias, addends as the rows have them, rows of inputs and of weights in one run of `depth`; 8 columns. */
void decem_f32_gemm_product(const decem_gemm_rows *rows, int32_t input_offset, int32_t output_offset, int32_t depth, const float *weights, decem_gemm_ahead *ahead);

/* As many rows as a multiple of the kernel's, from the `first` on. */
void decem_f32_gemm_4x8__simd(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count);
void decem_f32_gemm_5x8__simd(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count);
void decem_f32_gemm_6x8__simd(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count);
void decem_f32_gemm_8x4__simd(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count);

/* Rows are reached from the first by their distances, so that one pointer moves instead of several. */
static inline ptrdiff_t decem_gemm_distance(const float *from, const float *to) {
    return (ptrdiff_t)((uintptr_t)to - (uintptr_t)from);
}

static inline decem_f32x4 decem_gemm_splat_at(const float *at, ptrdiff_t bytes) {
    return decem_f32x4_splat_load((const float *)((uintptr_t)at + (uintptr_t)bytes));
}

enum {
    DECEM_GEMM_AHEAD_EVERY = 128, /* elements of a row between two looks ahead: 50 rows of a panel are enough to read the next */
    DECEM_GEMM_LINE = 16,         /* elements of a cache line */
    DECEM_GEMM_AHEAD = 8 * DECEM_GEMM_LINE /* elements of a look: a core waits for about so many lines at once */
};

static inline bool decem_gemm_has_ahead(const decem_gemm_ahead *ahead) {
    return ahead->end - ahead->at >= DECEM_GEMM_AHEAD;
}

/* How far to go along a row before the next look ahead. */
static inline const float *decem_gemm_stop(const float *at, const float *end, const decem_gemm_ahead *ahead) {
    return end - at > DECEM_GEMM_AHEAD_EVERY && decem_gemm_has_ahead(ahead) ? at + DECEM_GEMM_AHEAD_EVERY : end;
}

/* Brings so many elements near. */
static inline void decem_gemm_fetch(const float *at, int32_t elements) {
    for (int32_t i = 0; i < elements; i += DECEM_GEMM_LINE) (void)*(const volatile float *)(at + i);
}

static inline void decem_gemm_look_ahead(decem_gemm_ahead *ahead) {
    if (!decem_gemm_has_ahead(ahead)) return;
    decem_gemm_fetch(ahead->at, DECEM_GEMM_AHEAD);
    ahead->at += DECEM_GEMM_AHEAD;
}

#endif
