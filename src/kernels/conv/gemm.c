#include "kernels/conv/gemm.h"

static int32_t round_up(int32_t a, int32_t by) {
    return decem_divide_up(a, by) * by;
}

/* Any even number of rows from 4 up is so many sixes and at most two fours. */
static void in_sixes_and_fours(const decem_gemm_rows *rows, const decem_gemm_panel *panel) {
    int32_t count = rows->row_count < 4 ? 4 : round_up(rows->row_count, 2);
    static const int32_t fours_for[] = {0, 2, 1}; /* for 0, 2 or 4 rows that sixes leave */
    int32_t fours = fours_for[count % 6 / 2];
    int32_t sixes = count - 4 * fours;
    if (sixes > 0) decem_f32_gemm_6x8__simd(rows, panel, 0, sixes);
    if (fours > 0) decem_f32_gemm_4x8__simd(rows, panel, sixes, 4 * fours);
}

void decem_f32_gemm(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t columns) {
    if (columns <= 4) decem_f32_gemm_8x4__simd(rows, panel, 0, round_up(rows->row_count, 8));
    else if (DECEM_FUSED_MADD) in_sixes_and_fours(rows, panel);
    else decem_f32_gemm_4x8__simd(rows, panel, 0, round_up(rows->row_count, 4));
}

void decem_f32_gemm_product(const decem_gemm_rows *rows, int32_t input_offset, int32_t output_offset, int32_t depth, const float *weights, decem_gemm_ahead *ahead) {
    static const float no_bias[8];
    static const int32_t one_segment[1];
    decem_gemm_panel panel = {input_offset, output_offset, one_segment, 1, depth, weights, no_bias, {0.0f, 0.0f, 0}, ahead};
    decem_f32_gemm(rows, &panel, 8);
}
