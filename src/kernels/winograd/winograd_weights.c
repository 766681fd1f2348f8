/* (G g) Gt, without the fractions of G, which the input has: lines of weights are coefficients of polynomials, evaluated at the points. */
#include "kernels/winograd/winograd_lines.h"

enum { NEXT = DECEM_WINOGRAD_U_STRIDE, KERNEL_MOST = 5 };

static const float POINTS[] = {1.0f, 2.0f, 0.5f}; /* and their opposites */

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

/* A line of coefficients to a side of values. */
static DECEM_INLINE void weight_line(const decem_f32x4 *g, int32_t kernel, int32_t side, float *u) {
    decem_f32x4_store(u, g[0]);
    for (int32_t i = 0; i < side / 2 - 1; i++) {
        decem_f32x4 at, opposite;
        evaluate(g, kernel, POINTS[i], &at, &opposite);
        decem_f32x4_store(u + (2 * i + 1) * NEXT, at);
        decem_f32x4_store(u + (2 * i + 2) * NEXT, opposite);
    }
    decem_f32x4_store(u + (side - 1) * NEXT, g[kernel - 1]);
}

/* A row of a kernel, or a column. Registers are few: what is needed again is loaded again. */
static DECEM_INLINE void load_line(const float *at, int32_t kernel, ptrdiff_t stride, decem_f32x4 *g) {
    for (int32_t i = 0; i < kernel; i++) g[i] = decem_f32x4_load(at + i * stride);
}

static DECEM_INLINE void outer_line(const float *row, int32_t kernel, int32_t side, float *u) {
    decem_f32x4 line[KERNEL_MOST];
    load_line(row, kernel, DECEM_CONV_COLUMNS, line);
    weight_line(line, kernel, side, u);
}

/* The first and the last line: of 0 and of infinity. */
static DECEM_INLINE void outer_lines(const float *weights, int32_t kernel, int32_t side, float *u, float *last) {
    outer_line(weights, kernel, side, u);
    outer_line(weights + (kernel - 1) * kernel * DECEM_CONV_COLUMNS, kernel, side, last);
}

/* The lines of a point and of its opposite. */
static DECEM_INLINE void inner_lines(const float *weights, int32_t kernel, int32_t side, float point, float *u) {
    decem_f32x4 line[KERNEL_MOST], opposite[KERNEL_MOST];
    for (int32_t x = 0; x < kernel; x++) {
        decem_f32x4 column[KERNEL_MOST];
        load_line(weights + x * DECEM_CONV_COLUMNS, kernel, kernel * DECEM_CONV_COLUMNS, column);
        evaluate(column, kernel, point, &line[x], &opposite[x]);
    }
    weight_line(line, kernel, side, u);
    weight_line(opposite, kernel, side, u + side * NEXT);
}

/* Four columns of one kernel. */
static DECEM_INLINE void transform_kernel(const float *weights, int32_t kernel, int32_t side, float *u) {
    outer_lines(weights, kernel, side, u, u + (side - 1) * side * NEXT);
    for (int32_t i = 0; i < side / 2 - 1; i++) inner_lines(weights, kernel, side, POINTS[i], u + (2 * i + 1) * side * NEXT);
}

static DECEM_INLINE void transform_kernels(const float *weights, int32_t kernel, int32_t side, int32_t depth, float *u) {
    for (int32_t k = 0; k < depth; k++, weights += kernel * kernel * DECEM_CONV_COLUMNS, u += DECEM_CONV_COLUMNS)
        for (int32_t half = 0; half < DECEM_CONV_COLUMNS; half += 4) transform_kernel(weights + half, kernel, side, u + half);
}

DECEM_NOINLINE static void transform_kernels_of_3_to_6(const float *weights, int32_t depth, float *u) {
    transform_kernels(weights, 3, 6, depth, u);
}

DECEM_NOINLINE static void transform_kernels_of_5_to_8(const float *weights, int32_t depth, float *u) {
    transform_kernels(weights, 5, 8, depth, u);
}

DECEM_NOINLINE static void outer_lines_of_3_to_8(const float *weights, int32_t depth, float *u) {
    for (int32_t k = 0; k < depth; k++, weights += 9 * DECEM_CONV_COLUMNS, u += DECEM_CONV_COLUMNS)
        for (int32_t half = 0; half < DECEM_CONV_COLUMNS; half += 4) outer_lines(weights + half, 3, 8, u + half, u + 8 * NEXT + half);
}

DECEM_NOINLINE static void inner_lines_of_3_to_8(const float *weights, int32_t depth, float point, float *u) {
    for (int32_t k = 0; k < depth; k++, weights += 9 * DECEM_CONV_COLUMNS, u += DECEM_CONV_COLUMNS)
        for (int32_t half = 0; half < DECEM_CONV_COLUMNS; half += 4) inner_lines(weights + half, 3, 8, point, u + half);
}

void decem_winograd_transform_weights(const float *weights, int32_t kernel, int32_t side, int32_t part, int32_t depth, float *u) {
    if (kernel == 5) transform_kernels_of_5_to_8(weights, depth, u);
    else if (side == 6) transform_kernels_of_3_to_6(weights, depth, u);
    else if (part == 0) outer_lines_of_3_to_8(weights, depth, u);
    else inner_lines_of_3_to_8(weights, depth, POINTS[part - 1], u);
}
