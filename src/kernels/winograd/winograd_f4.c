/* The transforms of F(4x4, 3x3), with the points 0, 1, -1, 2, -2 and infinity. */
#include "kernels/winograd/winograd_store.h"

#define ADD decem_f32x4_add
#define SUB decem_f32x4_sub

static inline decem_f32x4 times(float factor, decem_f32x4 a) {
    return decem_f32x4_mul(decem_f32x4_splat(factor), a);
}

/* Bt d: six values to six. */
static inline void input_line(decem_f32x4 *d) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4], d5 = d[5];
    decem_f32x4 even = SUB(d4, times(4, d2)), odd = SUB(d3, times(4, d1));
    decem_f32x4 outer_even = SUB(d4, d2), outer_odd = times(2, SUB(d3, d1));
    d[0] = ADD(SUB(times(4, d0), times(5, d2)), d4);
    d[1] = ADD(even, odd);
    d[2] = SUB(even, odd);
    d[3] = ADD(outer_even, outer_odd);
    d[4] = SUB(outer_even, outer_odd);
    d[5] = ADD(SUB(times(4, d1), times(5, d3)), d5);
}

DECEM_NOINLINE void decem_winograd_input_4(const float *in, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t channels, float *v,
                                           ptrdiff_t point_stride) {
    for (int32_t c = 0; c < channels; c += 4) {
        decem_f32x4 d[6][6]; /* [column][row] */
        for (int32_t x = 0; x < 6; x++) {
            for (int32_t y = 0; y < 6; y++) d[x][y] = decem_f32x4_load(in + y * row_stride + x * pixel_stride + c);
            input_line(d[x]);
        }
        for (int32_t y = 0; y < 6; y++) {
            decem_f32x4 line[6] = {d[0][y], d[1][y], d[2][y], d[3][y], d[4][y], d[5][y]};
            input_line(line);
            for (int32_t x = 0; x < 6; x++) decem_f32x4_store(v + (y * 6 + x) * point_stride + c, line[x]);
        }
    }
}

/* At m: six values to four. */
static inline void output_line(const decem_f32x4 *m, decem_f32x4 *out) {
    decem_f32x4 sum1 = ADD(m[1], m[2]), difference1 = SUB(m[1], m[2]), sum2 = ADD(m[3], m[4]), difference2 = SUB(m[3], m[4]);
    out[0] = ADD(ADD(m[0], sum1), sum2);
    out[1] = ADD(difference1, times(2, difference2));
    out[2] = ADD(sum1, times(4, sum2));
    out[3] = ADD(ADD(difference1, times(8, difference2)), m[5]);
}

DECEM_NOINLINE void decem_winograd_output_4(const float *m, ptrdiff_t point_stride, int32_t channels, const float *bias,
                                            const decem_winograd_target *target) {
    for (int32_t c = 0; c < channels; c += 4) {
        decem_f32x4 half[4][6], b = decem_f32x4_load(bias + c);
        for (int32_t x = 0; x < 6; x++) {
            decem_f32x4 column[6], four[4];
            for (int32_t y = 0; y < 6; y++) column[y] = decem_f32x4_load(m + (y * 6 + x) * point_stride + c);
            output_line(column, four);
            for (int32_t y = 0; y < 4; y++) half[y][x] = four[y];
        }
        decem_f32x4 out[4][4];
        for (int32_t y = 0; y < 4; y++) {
            output_line(half[y], out[y]);
            for (int32_t x = 0; x < 4; x++) out[y][x] = decem_clamp_f32x4(ADD(out[y][x], b), target->before);
        }
        decem_winograd_store(&out[0][0], 4, target, c);
    }
}
