/* The transforms, with the points 0, 1, -1, 2, -2 and infinity. The fractions of G, 1/4, 1/6 and 1/24, are in Bt: a block is transformed
 * once, but weights once a batch of blocks. */
#include "kernels/winograd/winograd_lines.h"

enum { LINE = SIDE * DECEM_WINOGRAD_U_STRIDE, KERNEL_MOST = 5 };

/* ---- input ---- */

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
    if (narrow != 0) decem_winograd_transform_narrow_input(in, row_stride, pixel_stride, channels, narrow, v, point_stride);
    else transform_whole_input(in, row_stride, pixel_stride, channels, v, point_stride);
}

/* ---- weights: G evaluates polynomials, whose coefficients they are ---- */

/* At a point and at its opposite. */
static DECEM_INLINE void evaluate(const decem_f32x4 *g, int32_t kernel, float point, decem_f32x4 *at, decem_f32x4 *opposite) {
    float square = point * point;
    decem_f32x4 even = PLUS(g[0], square, g[2]), odd = g[1];
    if (kernel == 5) {
        even = PLUS(even, square * square, g[4]);
        odd = PLUS(odd, square, g[3]);
    }
    *at = PLUS(even, point, odd);
    *opposite = PLUS(even, -point, odd);
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

void decem_winograd_transform_output(const float *m, int32_t block, ptrdiff_t point_stride, int32_t channels, const float *bias,
                                     const decem_winograd_target *target) {
    if (target->narrow != 0) decem_winograd_transform_narrow_output(m, point_stride, channels, bias, target);
    else if (block == 4) transform_output_4(m, point_stride, channels, bias, target);
    else transform_output_2(m, point_stride, channels, bias, target);
}
