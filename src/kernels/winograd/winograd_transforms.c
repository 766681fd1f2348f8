/* The transforms, with the points 0, 1, -1, 2, -2 and infinity. The fractions of G, 1/4, 1/6 and 1/24, are in Bt: a block is transformed
 * once, but weights once a batch of blocks. */
#include "kernels/winograd/winograd.h"

enum { SIDE = DECEM_WINOGRAD_SIDE, LINE = SIDE * DECEM_WINOGRAD_U_STRIDE, KERNEL_MOST = 5, BLOCK_MOST = 4 };

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

/* The same for four values, at the points 0, 1, -1 and infinity, where six have these. */
static inline void narrow_input_line(decem_f32x4 *d) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3];
    d[0] = SUB(d0, d2);
    d[1] = times(0.5f, ADD(d2, d1));
    d[2] = times(0.5f, SUB(d2, d1));
    d[5] = SUB(d3, d1);
}

/* Of a narrow block, those points that it has. */
DECEM_NOINLINE static void transform_narrow_input(const float *in, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t channels, int32_t narrow, float *v,
                                                  ptrdiff_t point_stride) {
    int32_t width = narrow & DECEM_WINOGRAD_NARROW_X ? SIDE - 2 : SIDE;
    for (int32_t c = 0; c < channels; c += 4) {
        decem_f32x4 d[SIDE][SIDE]; /* [row][column] */
        for (int32_t x = 0; x < width; x++) {
            decem_f32x4 column[SIDE];
            for (int32_t y = 0; y < SIDE; y++) column[y] = decem_f32x4_load(in + y * row_stride + x * pixel_stride + c);
            if (narrow & DECEM_WINOGRAD_NARROW_Y) narrow_input_line(column);
            else input_line(column);
            for (int32_t y = 0; y < SIDE; y++) d[y][x] = column[y];
        }
        for (int32_t y = 0; y < SIDE; y++) {
            if ((narrow & decem_winograd_narrow_without(y * SIDE)) != 0) continue;
            if (narrow & DECEM_WINOGRAD_NARROW_X) narrow_input_line(d[y]);
            else input_line(d[y]);
            for (int32_t x = 0; x < SIDE; x++)
                if ((narrow & decem_winograd_narrow_without(x)) == 0) decem_f32x4_store(v + (y * SIDE + x) * point_stride + c, d[y][x]);
        }
    }
}

DECEM_NOINLINE static void transform_whole_input(const float *in, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t channels, float *v, ptrdiff_t point_stride) {
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

void decem_winograd_transform_input(const float *in, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t channels, int32_t narrow, float *v,
                                    ptrdiff_t point_stride) {
    if (narrow != 0) transform_narrow_input(in, row_stride, pixel_stride, channels, narrow, v, point_stride);
    else transform_whole_input(in, row_stride, pixel_stride, channels, v, point_stride);
}

/* ---- weights: G evaluates polynomials, whose coefficients they are ---- */

/* At a point and at its opposite. */
static DECEM_INLINE void evaluate(const decem_f32x4 *g, int32_t kernel, float point, decem_f32x4 *at, decem_f32x4 *opposite) {
    float square = point * point;
    decem_f32x4 even = plus(g[0], square, g[2]), odd = g[1];
    if (kernel == 5) {
        even = plus(even, square * square, g[4]);
        odd = plus(odd, square, g[3]);
    }
    *at = plus(even, point, odd);
    *opposite = plus(even, -point, odd);
}

/* (G g) Gt: a line of coefficients to six values. */
static DECEM_INLINE void weight_line(const decem_f32x4 *g, int32_t kernel, float *u) {
    enum { NEXT = DECEM_WINOGRAD_U_STRIDE };
    decem_f32x4 values[4];
    evaluate(g, kernel, 1, &values[0], &values[1]);
    evaluate(g, kernel, 2, &values[2], &values[3]);
    decem_f32x4_store(u, g[0]);
    decem_f32x4_store(u + NEXT, values[0]);
    decem_f32x4_store(u + 2 * NEXT, values[1]);
    decem_f32x4_store(u + 3 * NEXT, values[2]);
    decem_f32x4_store(u + 4 * NEXT, values[3]);
    decem_f32x4_store(u + 5 * NEXT, g[kernel - 1]);
}

/* A row of a kernel, or a column. Registers are few: what is needed again is loaded again. */
static DECEM_INLINE void load_line(const float *at, int32_t kernel, ptrdiff_t stride, decem_f32x4 *g) {
    g[0] = decem_f32x4_load(at);
    g[1] = decem_f32x4_load(at + stride);
    g[2] = decem_f32x4_load(at + 2 * stride);
    if (kernel == 5) {
        g[3] = decem_f32x4_load(at + 3 * stride);
        g[4] = decem_f32x4_load(at + 4 * stride);
    }
}

static DECEM_INLINE void outer_line(const float *row, int32_t kernel, float *u) {
    decem_f32x4 line[KERNEL_MOST];
    load_line(row, kernel, DECEM_CONV_COLUMNS, line);
    weight_line(line, kernel, u);
}

static DECEM_INLINE void evaluate_column(const float *weights, int32_t kernel, float point, int32_t x, decem_f32x4 *line, decem_f32x4 *opposite) {
    decem_f32x4 column[KERNEL_MOST];
    load_line(weights + x * DECEM_CONV_COLUMNS, kernel, kernel * DECEM_CONV_COLUMNS, column);
    evaluate(column, kernel, point, &line[x], &opposite[x]);
}

/* The lines of a point and of its opposite. */
static DECEM_INLINE void inner_lines(const float *weights, int32_t kernel, float point, float *u) {
    decem_f32x4 line[KERNEL_MOST], opposite[KERNEL_MOST];
    evaluate_column(weights, kernel, point, 0, line, opposite);
    evaluate_column(weights, kernel, point, 1, line, opposite);
    evaluate_column(weights, kernel, point, 2, line, opposite);
    if (kernel == 5) {
        evaluate_column(weights, kernel, point, 3, line, opposite);
        evaluate_column(weights, kernel, point, 4, line, opposite);
    }
    weight_line(line, kernel, u);
    weight_line(opposite, kernel, u + LINE);
}

/* Four columns of one kernel. */
static DECEM_INLINE void transform_kernel(const float *weights, int32_t kernel, float *u) {
    outer_line(weights, kernel, u);
    inner_lines(weights, kernel, 1, u + LINE);
    inner_lines(weights, kernel, 2, u + 3 * LINE);
    outer_line(weights + (kernel - 1) * kernel * DECEM_CONV_COLUMNS, kernel, u + 5 * LINE);
}

static DECEM_INLINE void transform_kernels(const float *weights, int32_t kernel, int32_t depth, float *u) {
    for (int32_t k = 0; k < depth; k++, weights += kernel * kernel * DECEM_CONV_COLUMNS, u += DECEM_CONV_COLUMNS)
        for (int32_t half = 0; half < DECEM_CONV_COLUMNS; half += 4) transform_kernel(weights + half, kernel, u + half);
}

DECEM_NOINLINE static void transform_kernels_3(const float *weights, int32_t depth, float *u) {
    transform_kernels(weights, 3, depth, u);
}

DECEM_NOINLINE static void transform_kernels_5(const float *weights, int32_t depth, float *u) {
    transform_kernels(weights, 5, depth, u);
}

void decem_winograd_transform_weights(const float *weights, int32_t kernel, int32_t depth, float *u) {
    if (kernel == 3) transform_kernels_3(weights, depth, u);
    else transform_kernels_5(weights, depth, u);
}

/* ---- output ---- */

/* At m: six values to four or two. */
static DECEM_INLINE void output_line(const decem_f32x4 *m, int32_t block, decem_f32x4 *out) {
    decem_f32x4 sum1 = ADD(m[1], m[2]), difference1 = SUB(m[1], m[2]), sum2 = ADD(m[3], m[4]), difference2 = SUB(m[3], m[4]);
    out[0] = ADD(ADD(m[0], sum1), sum2);
    out[1] = ADD(difference1, times(2, difference2));
    if (block == 4) {
        out[2] = ADD(sum1, times(4, sum2));
        out[3] = ADD(difference1, times(8, difference2));
    }
    out[block - 1] = ADD(out[block - 1], m[5]);
}

/* A block's outputs go to memory, pooled, added to, or as they are: four channels from c on. */
static inline void store_block(decem_f32x4 (*out)[BLOCK_MOST], const decem_winograd_target *target, int32_t c) {
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

static DECEM_INLINE void transform_output(const float *m, int32_t block, ptrdiff_t point_stride, int32_t channels, const float *bias,
                                    const decem_winograd_target *target) {
    for (int32_t c = 0; c < channels; c += 4) {
        decem_f32x4 half[BLOCK_MOST][SIDE], b = decem_f32x4_load(bias + c);
        for (int32_t x = 0; x < SIDE; x++) {
            decem_f32x4 column[SIDE], few[BLOCK_MOST];
            for (int32_t y = 0; y < SIDE; y++) column[y] = decem_f32x4_load(m + (y * SIDE + x) * point_stride + c);
            output_line(column, block, few);
            for (int32_t y = 0; y < block; y++) half[y][x] = few[y];
        }
        decem_f32x4 out[BLOCK_MOST][BLOCK_MOST];
        for (int32_t y = 0; y < block; y++) {
            output_line(half[y], block, out[y]);
            for (int32_t x = 0; x < block; x++) out[y][x] = decem_clamp_f32x4(ADD(out[y][x], b), target->before);
        }
        store_block(out, target, c);
    }
}

DECEM_NOINLINE static void transform_output_4(const float *m, ptrdiff_t point_stride, int32_t channels, const float *bias, const decem_winograd_target *target) {
    transform_output(m, 4, point_stride, channels, bias, target);
}

DECEM_NOINLINE static void transform_output_2(const float *m, ptrdiff_t point_stride, int32_t channels, const float *bias, const decem_winograd_target *target) {
    transform_output(m, 2, point_stride, channels, bias, target);
}

/* At m: four values, where six have them, to two. */
static inline void narrow_output_line(const decem_f32x4 *m, decem_f32x4 *out) {
    out[0] = ADD(m[0], ADD(m[1], m[2]));
    out[1] = ADD(SUB(m[1], m[2]), m[5]);
}

DECEM_NOINLINE static void transform_narrow_output(const float *m, ptrdiff_t point_stride, int32_t channels, const float *bias, const decem_winograd_target *target) {
    int32_t height = target->narrow & DECEM_WINOGRAD_NARROW_Y ? 2 : 4, width = target->narrow & DECEM_WINOGRAD_NARROW_X ? 2 : 4;
    for (int32_t c = 0; c < channels; c += 4) {
        decem_f32x4 half[BLOCK_MOST][SIDE], out[BLOCK_MOST][BLOCK_MOST], b = decem_f32x4_load(bias + c);
        for (int32_t x = 0; x < SIDE; x++) {
            if ((target->narrow & decem_winograd_narrow_without(x)) != 0) continue;
            decem_f32x4 column[SIDE], few[BLOCK_MOST];
            for (int32_t y = 0; y < SIDE; y++)
                if ((target->narrow & decem_winograd_narrow_without(y * SIDE)) == 0) column[y] = decem_f32x4_load(m + (y * SIDE + x) * point_stride + c);
            if (height == 2) narrow_output_line(column, few);
            else output_line(column, 4, few);
            for (int32_t y = 0; y < height; y++) half[y][x] = few[y];
        }
        for (int32_t y = 0; y < height; y++) {
            if (width == 2) narrow_output_line(half[y], out[y]);
            else output_line(half[y], 4, out[y]);
            for (int32_t x = 0; x < width; x++) out[y][x] = decem_clamp_f32x4(ADD(out[y][x], b), target->before);
        }
        store_block(out, target, c);
    }
}

void decem_winograd_transform_output(const float *m, int32_t block, ptrdiff_t point_stride, int32_t channels, const float *bias,
                                     const decem_winograd_target *target) {
    if (target->narrow != 0) transform_narrow_output(m, point_stride, channels, bias, target);
    else if (block == 4) transform_output_4(m, point_stride, channels, bias, target);
    else transform_output_2(m, point_stride, channels, bias, target);
}
