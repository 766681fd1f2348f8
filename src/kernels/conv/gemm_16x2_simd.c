#include <string.h>

#include "kernels/conv/gemm.h"

/* Two columns, added to their sums. */
DECEM_NOINLINE static void two_columns(const float *a, const float *w, int32_t depth, float *sums) {
    decem_f32x4 c0 = decem_f32x4_load(sums), c1 = decem_f32x4_load(sums + 4), c2 = decem_f32x4_load(sums + 8), c3 = decem_f32x4_load(sums + 12);
    decem_f32x4 d0 = decem_f32x4_load(sums + 16), d1 = decem_f32x4_load(sums + 20), d2 = decem_f32x4_load(sums + 24), d3 = decem_f32x4_load(sums + 28);
    const float *end = w + 2 * depth;
    do {
        decem_f32x4 w0 = decem_f32x4_splat_load(w), w1 = decem_f32x4_splat_load(w + 1);
        decem_f32x4 x = decem_f32x4_load(a);
        c0 = decem_f32x4_madd(x, w0, c0);
        d0 = decem_f32x4_madd(x, w1, d0);
        x = decem_f32x4_load(a + 4);
        c1 = decem_f32x4_madd(x, w0, c1);
        d1 = decem_f32x4_madd(x, w1, d1);
        x = decem_f32x4_load(a + 8);
        c2 = decem_f32x4_madd(x, w0, c2);
        d2 = decem_f32x4_madd(x, w1, d2);
        x = decem_f32x4_load(a + 12);
        c3 = decem_f32x4_madd(x, w0, c3);
        d3 = decem_f32x4_madd(x, w1, d3);
        a += DECEM_GEMM_STREAMED_ROWS;
        w += 2;
    } while (w < end);
    decem_f32x4_store(sums, c0);
    decem_f32x4_store(sums + 4, c1);
    decem_f32x4_store(sums + 8, c2);
    decem_f32x4_store(sums + 12, c3);
    decem_f32x4_store(sums + 16, d0);
    decem_f32x4_store(sums + 20, d1);
    decem_f32x4_store(sums + 24, d2);
    decem_f32x4_store(sums + 28, d3);
}

void decem_f32_gemm_16x2__simd(const float *rows, const float *weights, int32_t depth, int32_t columns, int32_t first, int32_t count, float *sums) {
    memset(sums, 0, (size_t)count * DECEM_GEMM_STREAMED_ROWS * sizeof *sums);
    for (int32_t k = 0; k < depth; k += DECEM_GEMM_STREAMED_DEPTH) {
        int32_t length = depth - k < DECEM_GEMM_STREAMED_DEPTH ? depth - k : DECEM_GEMM_STREAMED_DEPTH;
        const float *a = rows + k * DECEM_GEMM_STREAMED_ROWS, *w = weights + decem_gemm_streamed_index(depth, columns, k, first);
        for (int32_t n = 0; n < count; n += 2, w += 2 * length) two_columns(a, w, length, sums + n * DECEM_GEMM_STREAMED_ROWS);
    }
}
