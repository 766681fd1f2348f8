/* The transforms, with the points 0, 1, -1, 2, -2, 1/2 and infinity; their fractions are in the packed weights. */
#include "kernels/winograd_1d/winograd_1d.h"

enum { POINTS = DECEM_WINOGRAD_1D_POINTS, BLOCK = DECEM_WINOGRAD_1D_BLOCK };

#define ADD decem_f32x4_add
#define SUB decem_f32x4_sub
#define PLUS decem_f32x4_plus

/* d4 - 5 d2 + 4 d0: what the points 1, -1, 2 and -2 have in common */
static inline decem_f32x4 without_pairs(const decem_f32x4 *d) {
    return PLUS(PLUS(d[4], -5, d[2]), 4, d[0]);
}

/* d3 - factor d1, less half of the same one before: what 0, 1/2 and one of the pairs have in common */
static inline decem_f32x4 without_pair(const decem_f32x4 *d, float factor) {
    return PLUS(PLUS(d[3], -factor, d[1]), -0.5f, PLUS(d[2], -factor, d[0]));
}

/* Bt d */
static inline void input_line(const decem_f32x4 d[POINTS], decem_f32x4 v[POINTS]) {
    decem_f32x4 first = without_pairs(d), second = without_pairs(d + 1), third = without_pairs(d + 2);
    v[0] = PLUS(first, -2, second);
    v[5] = second;
    v[6] = PLUS(third, -0.5f, second);
    decem_f32x4 a0 = without_pair(d + 1, 4), a1 = without_pair(d + 2, 4);
    v[1] = ADD(a1, a0);
    v[2] = SUB(a1, a0);
    decem_f32x4 b0 = without_pair(d + 1, 1), b1 = without_pair(d + 2, 1);
    v[3] = PLUS(b1, 2, b0);
    v[4] = PLUS(b1, -2, b0);
}

DECEM_NOINLINE void decem_winograd_1d_transform_input(const float *line, int32_t channels, int32_t blocks, float *v, ptrdiff_t point_stride, ptrdiff_t block_stride) {
    int32_t pair = 2 * channels;
    for (int32_t i = 0; i < blocks; i++, line += BLOCK * pair, v += block_stride)
        for (int32_t n = 0; n < pair; n += 4) {
            int32_t at = n + 4 <= pair ? n : pair - 4; /* the last four again, where fewer are left */
            decem_f32x4 d[POINTS], values[POINTS];
            for (int32_t k = 0; k < POINTS; k++) d[k] = decem_f32x4_load(line + k * pair + at);
            input_line(d, values);
            for (int32_t p = 0; p < POINTS; p++) decem_f32x4_store(v + p * point_stride + at, values[p]);
        }
}

/* At m */
static inline void output_line(const decem_f32x4 m[POINTS], decem_f32x4 out[BLOCK]) {
    decem_f32x4 sum1 = ADD(m[1], m[2]), difference1 = SUB(m[1], m[2]), sum2 = ADD(m[3], m[4]), difference2 = SUB(m[3], m[4]);
    out[0] = ADD(ADD(m[0], sum1), ADD(sum2, m[5]));
    out[1] = PLUS(PLUS(difference1, 2, difference2), 0.5f, m[5]);
    out[2] = PLUS(PLUS(sum1, 4, sum2), 0.25f, m[5]);
    out[3] = ADD(PLUS(PLUS(difference1, 8, difference2), 0.125f, m[5]), m[6]);
}

DECEM_NOINLINE void decem_winograd_1d_transform_output(const float *m, ptrdiff_t point_stride, int32_t channels, const float *bias, decem_clamp clamp,
                                                       float *output, ptrdiff_t pixel_stride, int32_t width) {
    for (int32_t c = 0; c < channels; c += 4) {
        decem_f32x4 products[POINTS], out[BLOCK], b = decem_f32x4_load(bias + c);
        for (int32_t p = 0; p < POINTS; p++) products[p] = decem_f32x4_load(m + p * point_stride + c);
        output_line(products, out);
        for (int32_t x = 0; x < BLOCK; x++)
            if (x < width) decem_f32x4_store(output + x * pixel_stride + c, decem_clamp_f32x4(ADD(out[x], b), clamp));
    }
}
