#include "kernels/conv/gemm.h"

static int32_t round_up(int32_t a, int32_t by) {
    return decem_divide_up(a, by) * by;
}

/* Fives that leave so many sixes of some rows. */
static int32_t fives_of(int32_t rows) {
    return (6 - rows % 6) % 6;
}

/* Any number of rows from 20 up is so many sixes and fives; fewer are made a few more, until it is. */
static void in_sixes_and_fives(const decem_gemm_rows *rows, const decem_gemm_panel *panel) {
    int32_t count = rows->row_count;
    while (5 * fives_of(count) > count) count++;
    int32_t fives = 5 * fives_of(count), sixes = count - fives;
    if (sixes > 0) decem_f32_gemm_6x8__simd(rows, panel, 0, sixes);
    if (fives > 0) decem_f32_gemm_5x8__simd(rows, panel, sixes, fives);
}

void decem_f32_gemm(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t columns) {
    if (columns <= 4) decem_f32_gemm_8x4__simd(rows, panel, 0, round_up(rows->row_count, 8));
    else if (DECEM_FUSED_MADD && rows->row_count > 4) in_sixes_and_fives(rows, panel);
    else decem_f32_gemm_4x8__simd(rows, panel, 0, round_up(rows->row_count, 4));
}

void decem_f32_gemm_product(const decem_gemm_rows *rows, int32_t input_offset, int32_t output_offset, int32_t depth, const float *weights, decem_gemm_ahead *ahead) {
    static const float no_bias[8];
    static const int32_t one_segment[1];
    decem_gemm_panel panel = {input_offset, output_offset, one_segment, 1, depth, weights, no_bias, {0.0f, 0.0f, 0}, ahead};
    decem_f32_gemm(rows, &panel, 8);
}
