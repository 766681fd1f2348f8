/* The transforms of F(4x4, 3x3), with the points 0, 1, -1, 2, -2 and infinity. The fractions of G, 1/4, 1/6 and 1/24, are in Bt: a block
 * is transformed once, but weights once a batch of blocks. */
#include "kernels/winograd/winograd.h"

enum { SIDE = 6 /* points along a block's side */ };

#define ADD decem_f32x4_add
#define SUB decem_f32x4_sub

static inline decem_f32x4 times(float factor, decem_f32x4 a) {
    return decem_f32x4_mul(decem_f32x4_splat(factor), a);
}

/* a + factor * b for powers of two, which round alike fused and not. */
static inline decem_f32x4 plus(decem_f32x4 a, float factor, decem_f32x4 b) {
    return decem_f32x4_madd(decem_f32x4_splat(factor), b, a);
}

/* ---- input ---- */

/* Bt d: six values to six. */
static inline void input_line(decem_f32x4 *d) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4], d5 = d[5];
    decem_f32x4 even = times(-1.0f / 6, SUB(d4, times(4, d2))), odd = times(-1.0f / 6, SUB(d3, times(4, d1)));
    decem_f32x4 outer_even = times(1.0f / 24, SUB(d4, d2)), outer_odd = times(1.0f / 12, SUB(d3, d1));
    d[0] = ADD(SUB(d0, times(1.25f, d2)), times(0.25f, d4));
    d[1] = ADD(even, odd);
    d[2] = SUB(even, odd);
    d[3] = ADD(outer_even, outer_odd);
    d[4] = SUB(outer_even, outer_odd);
    d[5] = ADD(SUB(times(4, d1), times(5, d3)), d5);
}

DECEM_NOINLINE void decem_winograd_transform_input(const float *in, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t channels, float *v,
                                                   ptrdiff_t point_stride) {
    for (int32_t c = 0; c < channels; c += 4) {
        decem_f32x4 d[SIDE][SIDE]; /* [column][row] */
        for (int32_t x = 0; x < SIDE; x++) {
            for (int32_t y = 0; y < SIDE; y++) d[x][y] = decem_f32x4_load(in + y * row_stride + x * pixel_stride + c);
            input_line(d[x]);
        }
        for (int32_t y = 0; y < SIDE; y++) {
            decem_f32x4 line[SIDE] = {d[0][y], d[1][y], d[2][y], d[3][y], d[4][y], d[5][y]};
            input_line(line);
            for (int32_t x = 0; x < SIDE; x++) decem_f32x4_store(v + (y * SIDE + x) * point_stride + c, line[x]);
        }
    }
}

/* ---- weights ---- */

/* One row of a kernel, or what G made of its columns. */
typedef struct weight_row {
    decem_f32x4 x0, x1, x2;
} weight_row;

static inline weight_row load_row(const float *at) {
    return (weight_row){decem_f32x4_load(at), decem_f32x4_load(at + DECEM_CONV_COLUMNS), decem_f32x4_load(at + 2 * DECEM_CONV_COLUMNS)};
}

static inline weight_row add_rows(weight_row a, float factor, weight_row b) {
    return (weight_row){plus(a.x0, factor, b.x0), plus(a.x1, factor, b.x1), plus(a.x2, factor, b.x2)};
}

/* (G g) Gt: three values to six. */
static inline void weight_line(weight_row g, float *u, ptrdiff_t point_stride) {
    decem_f32x4 outer = ADD(g.x0, g.x2), weighted = plus(g.x0, 4, g.x2);
    decem_f32x4_store(u, g.x0);
    decem_f32x4_store(u + point_stride, ADD(outer, g.x1));
    decem_f32x4_store(u + 2 * point_stride, SUB(outer, g.x1));
    decem_f32x4_store(u + 3 * point_stride, plus(weighted, 2, g.x1));
    decem_f32x4_store(u + 4 * point_stride, plus(weighted, -2, g.x1));
    decem_f32x4_store(u + 5 * point_stride, g.x2);
}

/* Rows are loaded again for each use, since registers are few. */
DECEM_NOINLINE void decem_winograd_transform_weights(const float *weights, int32_t depth, float *u, ptrdiff_t point_stride) {
    enum { ROW = 3 * DECEM_CONV_COLUMNS };
    ptrdiff_t line = SIDE * point_stride;
    for (int32_t k = 0; k < depth; k++, weights += 3 * ROW, u += DECEM_CONV_COLUMNS)
        for (int32_t half = 0; half < DECEM_CONV_COLUMNS; half += 4) {
            const float *g0 = weights + half, *g1 = g0 + ROW, *g2 = g1 + ROW;
            float *to = u + half;
            weight_line(load_row(g0), to, point_stride);
            weight_row outer = add_rows(load_row(g0), 1, load_row(g2)), middle = load_row(g1);
            weight_line(add_rows(outer, 1, middle), to + line, point_stride);
            weight_line(add_rows(outer, -1, middle), to + 2 * line, point_stride);
            weight_row weighted = add_rows(load_row(g0), 4, load_row(g2));
            middle = load_row(g1);
            weight_line(add_rows(weighted, 2, middle), to + 3 * line, point_stride);
            weight_line(add_rows(weighted, -2, middle), to + 4 * line, point_stride);
            weight_line(load_row(g2), to + 5 * line, point_stride);
        }
}

/* ---- output ---- */

/* At m: six values to four. */
static inline void output_line(const decem_f32x4 *m, decem_f32x4 *out) {
    decem_f32x4 sum1 = ADD(m[1], m[2]), difference1 = SUB(m[1], m[2]), sum2 = ADD(m[3], m[4]), difference2 = SUB(m[3], m[4]);
    out[0] = ADD(ADD(m[0], sum1), sum2);
    out[1] = ADD(difference1, times(2, difference2));
    out[2] = ADD(sum1, times(4, sum2));
    out[3] = ADD(ADD(difference1, times(8, difference2)), m[5]);
}

/* A block's outputs go to memory, pooled, added to, or as they are: four channels from c on. */
static inline void store_block(decem_f32x4 (*out)[DECEM_WINOGRAD_BLOCK], const decem_winograd_target *target, int32_t c) {
    for (int32_t y = 0; y < target->height; y++)
        for (int32_t x = 0; x < target->width; x++) {
            decem_f32x4 value = target->pool ? decem_f32x4_max(decem_f32x4_max(out[2 * y][2 * x], out[2 * y][2 * x + 1]),
                                                               decem_f32x4_max(out[2 * y + 1][2 * x], out[2 * y + 1][2 * x + 1]))
                                             : out[y][x];
            if (target->addend != NULL)
                value = decem_clamp_f32x4(ADD(value, decem_f32x4_load(target->addend + y * target->addend_row_stride + x * target->addend_pixel_stride + c)),
                                          target->after);
            decem_f32x4_store(target->at + y * target->row_stride + x * target->pixel_stride + c, value);
        }
}

DECEM_NOINLINE void decem_winograd_transform_output(const float *m, ptrdiff_t point_stride, int32_t channels, const float *bias,
                                                    const decem_winograd_target *target) {
    for (int32_t c = 0; c < channels; c += 4) {
        decem_f32x4 half[DECEM_WINOGRAD_BLOCK][SIDE], b = decem_f32x4_load(bias + c);
        for (int32_t x = 0; x < SIDE; x++) {
            decem_f32x4 column[SIDE], four[DECEM_WINOGRAD_BLOCK];
            for (int32_t y = 0; y < SIDE; y++) column[y] = decem_f32x4_load(m + (y * SIDE + x) * point_stride + c);
            output_line(column, four);
            for (int32_t y = 0; y < DECEM_WINOGRAD_BLOCK; y++) half[y][x] = four[y];
        }
        decem_f32x4 out[DECEM_WINOGRAD_BLOCK][DECEM_WINOGRAD_BLOCK];
        for (int32_t y = 0; y < DECEM_WINOGRAD_BLOCK; y++) {
            output_line(half[y], out[y]);
            for (int32_t x = 0; x < DECEM_WINOGRAD_BLOCK; x++) out[y][x] = decem_clamp_f32x4(ADD(out[y][x], b), target->before);
        }
        store_block(out, target, c);
    }
}
