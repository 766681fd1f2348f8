/* The transforms of F(2x2, 3x3). */
#include "kernels/winograd/winograd_store.h"

#define ADD decem_f32x4_add
#define SUB decem_f32x4_sub

/* Bt d: four values to four. */
static inline void input_line(decem_f32x4 *d) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3];
    d[0] = SUB(d0, d2);
    d[1] = ADD(d1, d2);
    d[2] = SUB(d2, d1);
    d[3] = SUB(d1, d3);
}

DECEM_NOINLINE void decem_winograd_input_2(const float *in, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t channels, float *v,
                                           ptrdiff_t point_stride) {
    for (int32_t c = 0; c < channels; c += 4) {
        decem_f32x4 d[4][4]; /* [column][row], then [row][column] */
        for (int32_t x = 0; x < 4; x++) {
            for (int32_t y = 0; y < 4; y++) d[x][y] = decem_f32x4_load(in + y * row_stride + x * pixel_stride + c);
            input_line(d[x]);
        }
        for (int32_t y = 0; y < 4; y++) {
            decem_f32x4 line[4] = {d[0][y], d[1][y], d[2][y], d[3][y]};
            input_line(line);
            for (int32_t x = 0; x < 4; x++) decem_f32x4_store(v + (y * 4 + x) * point_stride + c, line[x]);
        }
    }
}

/* At m: four values to two. */
static inline void output_line(const decem_f32x4 *m, decem_f32x4 *out) {
    out[0] = ADD(ADD(m[0], m[1]), m[2]);
    out[1] = SUB(SUB(m[1], m[2]), m[3]);
}

DECEM_NOINLINE void decem_winograd_output_2(const float *m, ptrdiff_t point_stride, int32_t channels, const float *bias,
                                            const decem_winograd_target *target) {
    for (int32_t c = 0; c < channels; c += 4) {
        decem_f32x4 half[2][4], b = decem_f32x4_load(bias + c);
        for (int32_t x = 0; x < 4; x++) {
            decem_f32x4 column[4], two[2];
            for (int32_t y = 0; y < 4; y++) column[y] = decem_f32x4_load(m + (y * 4 + x) * point_stride + c);
            output_line(column, two);
            half[0][x] = two[0];
            half[1][x] = two[1];
        }
        decem_f32x4 out[2][2];
        for (int32_t y = 0; y < 2; y++) {
            output_line(half[y], out[y]);
            for (int32_t x = 0; x < 2; x++) out[y][x] = decem_clamp_f32x4(ADD(out[y][x], b), target->before);
        }
        decem_winograd_store(&out[0][0], 2, target, c);
    }
}
