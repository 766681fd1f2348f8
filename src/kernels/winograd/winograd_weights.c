/* (G g) Gt, without the fractions of G, which the input has: lines of weights are coefficients of polynomials, evaluated at the points. */
#include "kernels/winograd/winograd_lines.h"

enum {
    TAPS_MOST = 5,
    KERNELS_FETCHED = 2, /* at once, so many ahead: more lines are under way than a processor comes by itself to */
    KERNELS_AHEAD = 3
};

/* A point with its second and fourth power; its opposite comes with it. */
typedef struct powers {
    decem_f32x4 first, second, fourth;
} powers;

/* Points and their powers; 1 as well, where it is one of several, though there is nothing to multiply. */
static const volatile float POINTS[][3] = {{1, 1, 1}, {2, 4, 16}, {1.0f / 2, 1.0f / 4, 1.0f / 16}};

static DECEM_INLINE powers powers_of(const volatile float *point) {
    return (powers){decem_f32x4_kept(point), decem_f32x4_kept(point + 1), decem_f32x4_kept(point + 2)};
}

/* The value at a point and at its opposite of the polynomial whose coefficients are g. */
static DECEM_INLINE void evaluate(const decem_f32x4 *g, int32_t taps, const powers *p, decem_f32x4 *at, decem_f32x4 *opposite) {
    decem_f32x4 even = g[0], odd = g[1];
    if (taps > 2) even = MADD(p->second, g[2], even);
    if (taps > 3) odd = MADD(p->second, g[3], odd);
    if (taps > 4) even = MADD(p->fourth, g[4], even);
    odd = MUL(p->first, odd);
    *at = ADD(even, odd);
    *opposite = SUB(even, odd);
}

static DECEM_INLINE void evaluate_at_one(const decem_f32x4 *g, int32_t taps, decem_f32x4 *at, decem_f32x4 *opposite) {
    decem_f32x4 even = g[0], odd = g[1];
    if (taps > 2) even = ADD(even, g[2]);
    if (taps > 3) odd = ADD(odd, g[3]);
    if (taps > 4) even = ADD(even, g[4]);
    *at = ADD(even, odd);
    *opposite = SUB(even, odd);
}

/* A line of coefficients to a side of values; `points` from 2 on. */
static DECEM_INLINE void weight_line(const decem_f32x4 *g, int32_t taps, int32_t side, const powers *points, float *u, ptrdiff_t next) {
    decem_f32x4_store(u, g[0]);
    for (int32_t i = 0; i < side / 2 - 1; i++) {
        decem_f32x4 at, opposite;
        if (i == 0) evaluate_at_one(g, taps, &at, &opposite);
        else evaluate(g, taps, &points[i - 1], &at, &opposite);
        decem_f32x4_store(u + (2 * i + 1) * next, at);
        decem_f32x4_store(u + (2 * i + 2) * next, opposite);
    }
    decem_f32x4_store(u + (side - 1) * next, g[taps - 1]);
}

/* A row of a kernel, or a column. Registers are few: what is needed again is loaded again. */
static DECEM_INLINE void load_line(const float *at, int32_t taps, ptrdiff_t stride, decem_f32x4 *g) {
    for (int32_t i = 0; i < taps; i++) g[i] = decem_f32x4_load(at + i * stride);
}

static DECEM_INLINE void outer_line(const float *row, int32_t taps, int32_t side, const powers *points, float *u, ptrdiff_t next) {
    decem_f32x4 line[TAPS_MOST];
    load_line(row, taps, DECEM_CONV_COLUMNS, line);
    weight_line(line, taps, side, points, u, next);
}

/* The first and the last line: of 0 and of infinity. */
static DECEM_INLINE void outer_lines(const float *weights, int32_t taps, int32_t side, const powers *points, float *u, float *last, ptrdiff_t next) {
    outer_line(weights, taps, side, points, u, next);
    outer_line(weights + (taps - 1) * taps * DECEM_CONV_COLUMNS, taps, side, points, last, next);
}

/* The lines of a point and of its opposite. */
static DECEM_INLINE void inner_lines(const float *weights, int32_t taps, int32_t side, const powers *of, const powers *points, float *u, ptrdiff_t next) {
    decem_f32x4 line[TAPS_MOST], opposite[TAPS_MOST];
    for (int32_t x = 0; x < taps; x++) {
        decem_f32x4 column[TAPS_MOST];
        load_line(weights + x * DECEM_CONV_COLUMNS, taps, taps * DECEM_CONV_COLUMNS, column);
        evaluate(column, taps, of, &line[x], &opposite[x]);
    }
    weight_line(line, taps, side, points, u, next);
    weight_line(opposite, taps, side, points, u + side * next, next);
}

/* Four columns of one kernel. */
static DECEM_INLINE void transform_kernel(const float *weights, int32_t taps, int32_t side, const powers *points, float *u, ptrdiff_t next) {
    outer_lines(weights, taps, side, points + 1, u, u + (side - 1) * side * next, next);
    for (int32_t i = 0; i < side / 2 - 1; i++) inner_lines(weights, taps, side, &points[i], points + 1, u + (2 * i + 1) * side * next, next);
}

static DECEM_INLINE void transform_kernels(const float *weights, int32_t taps, int32_t side, int32_t depth, float *u, ptrdiff_t next) {
    powers points[] = {powers_of(POINTS[0]), powers_of(POINTS[1]), powers_of(POINTS[2])};
    int32_t kernel = taps * taps * DECEM_CONV_COLUMNS;
    for (int32_t k = 0; k < depth; k++, weights += kernel, u += DECEM_CONV_COLUMNS) {
        if (k % KERNELS_FETCHED == 0 && k + KERNELS_AHEAD + KERNELS_FETCHED <= depth) decem_gemm_fetch(weights + KERNELS_AHEAD * kernel, KERNELS_FETCHED * kernel);
        for (int32_t half = 0; half < DECEM_CONV_COLUMNS; half += 4) transform_kernel(weights + half, taps, side, points, u + half, next);
    }
}

DECEM_NOINLINE static void transform_kernels_of_3_to_6(const float *weights, int32_t depth, float *u) {
    transform_kernels(weights, 3, 6, depth, u, DECEM_WINOGRAD_U_STRIDE);
}

DECEM_NOINLINE static void transform_kernels_of_3_to_6_for_few(const float *weights, int32_t depth, float *u) {
    transform_kernels(weights, 3, 6, depth, u, DECEM_WINOGRAD_FEW_U_STRIDE);
}

DECEM_NOINLINE static void transform_kernels_of_2_to_4(const float *weights, int32_t depth, float *u) {
    transform_kernels(weights, 2, 4, depth, u, DECEM_WINOGRAD_U_STRIDE);
}

/* Two lines of eight at a time. */
static DECEM_INLINE void outer_lines_to_8(const float *weights, int32_t taps, int32_t depth, float *u) {
    powers points[] = {powers_of(POINTS[1]), powers_of(POINTS[2])};
    for (int32_t k = 0; k < depth; k++, weights += taps * taps * DECEM_CONV_COLUMNS, u += DECEM_CONV_COLUMNS)
        for (int32_t half = 0; half < DECEM_CONV_COLUMNS; half += 4)
            outer_lines(weights + half, taps, 8, points, u + half, u + 8 * DECEM_WINOGRAD_U_STRIDE + half, DECEM_WINOGRAD_U_STRIDE);
}

static DECEM_INLINE void inner_lines_to_8(const float *weights, int32_t taps, int32_t depth, const volatile float *point, float *u) {
    powers points[] = {powers_of(POINTS[1]), powers_of(POINTS[2])}, of = powers_of(point);
    for (int32_t k = 0; k < depth; k++, weights += taps * taps * DECEM_CONV_COLUMNS, u += DECEM_CONV_COLUMNS)
        for (int32_t half = 0; half < DECEM_CONV_COLUMNS; half += 4) inner_lines(weights + half, taps, 8, &of, points, u + half, DECEM_WINOGRAD_U_STRIDE);
}

DECEM_NOINLINE static void outer_lines_of_2_to_8(const float *weights, int32_t depth, float *u) {
    outer_lines_to_8(weights, 2, depth, u);
}

DECEM_NOINLINE static void outer_lines_of_3_to_8(const float *weights, int32_t depth, float *u) {
    outer_lines_to_8(weights, 3, depth, u);
}

DECEM_NOINLINE static void outer_lines_of_4_to_8(const float *weights, int32_t depth, float *u) {
    outer_lines_to_8(weights, 4, depth, u);
}

DECEM_NOINLINE static void outer_lines_of_5_to_8(const float *weights, int32_t depth, float *u) {
    outer_lines_to_8(weights, 5, depth, u);
}

DECEM_NOINLINE static void inner_lines_of_2_to_8(const float *weights, int32_t depth, const volatile float *point, float *u) {
    inner_lines_to_8(weights, 2, depth, point, u);
}

DECEM_NOINLINE static void inner_lines_of_3_to_8(const float *weights, int32_t depth, const volatile float *point, float *u) {
    inner_lines_to_8(weights, 3, depth, point, u);
}

DECEM_NOINLINE static void inner_lines_of_4_to_8(const float *weights, int32_t depth, const volatile float *point, float *u) {
    inner_lines_to_8(weights, 4, depth, point, u);
}

DECEM_NOINLINE static void inner_lines_of_5_to_8(const float *weights, int32_t depth, const volatile float *point, float *u) {
    inner_lines_to_8(weights, 5, depth, point, u);
}

void decem_winograd_transform_weights(const float *weights, int32_t taps, int32_t side, int32_t part, int32_t depth, float *u, ptrdiff_t point_stride) {
    if (side == 6 && point_stride == DECEM_WINOGRAD_FEW_U_STRIDE) transform_kernels_of_3_to_6_for_few(weights, depth, u);
    else if (side == 6) transform_kernels_of_3_to_6(weights, depth, u);
    else if (side == 4) transform_kernels_of_2_to_4(weights, depth, u);
    else if (taps == 2) part == 0 ? outer_lines_of_2_to_8(weights, depth, u) : inner_lines_of_2_to_8(weights, depth, POINTS[part - 1], u);
    else if (taps == 3) part == 0 ? outer_lines_of_3_to_8(weights, depth, u) : inner_lines_of_3_to_8(weights, depth, POINTS[part - 1], u);
    else if (taps == 4) part == 0 ? outer_lines_of_4_to_8(weights, depth, u) : inner_lines_of_4_to_8(weights, depth, POINTS[part - 1], u);
    else part == 0 ? outer_lines_of_5_to_8(weights, depth, u) : inner_lines_of_5_to_8(weights, depth, POINTS[part - 1], u);
}
