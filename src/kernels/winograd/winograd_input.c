/* Bt d B, with the points' fractions, the reciprocals of the products of a point's distances to the others: a block is transformed once, but
 * weights once a batch of blocks. */
#include "kernels/winograd/winograd_lines.h"

/* Factors of the lines' transforms. */
typedef struct factors {
    decem_f32x4 half; /* of 4 points */
    decem_f32x4 inner, outer_even, outer_odd, half_even, half_odd; /* scales of 6 or 8: of points 1, 2 and 1/2 */
    decem_f32x4 a, b, c, d, e;
} factors;

static DECEM_INLINE factors factors_of(int32_t points) {
    factors f;
    if (points == 4) {
        f.half = decem_f32x4_kept(0.5f);
    } else if (points == 6) {
        f.inner = decem_f32x4_kept(-1.0f / 6);
        f.outer_even = decem_f32x4_kept(1.0f / 24);
        f.outer_odd = decem_f32x4_kept(1.0f / 12);
        f.a = decem_f32x4_kept(-4);
        f.b = decem_f32x4_kept(-1.25f);
        f.c = decem_f32x4_kept(0.25f);
        f.d = decem_f32x4_kept(-5);
        f.e = decem_f32x4_kept(4);
    } else {
        f.inner = decem_f32x4_kept(-1.0f / 4.5f);
        f.outer_even = decem_f32x4_kept(1.0f / 90);
        f.outer_odd = decem_f32x4_kept(1.0f / 45);
        f.half_even = decem_f32x4_kept(32.0f / 45);
        f.half_odd = decem_f32x4_kept(16.0f / 45);
        f.a = decem_f32x4_kept(-4.25f);
        f.b = decem_f32x4_kept(-1.25f);
        f.c = decem_f32x4_kept(0.25f);
        f.d = decem_f32x4_kept(-5);
        f.e = decem_f32x4_kept(4);
        f.half = decem_f32x4_kept(5.25f);
    }
    return f;
}

#define MADD(a, f, b) decem_f32x4_madd(f, b, a)
#define MUL decem_f32x4_mul

/* Values at 0, 1, -1 and infinity. */
static DECEM_INLINE void line_of_4(decem_f32x4 *d, const factors *f) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3];
    d[0] = SUB(d0, d2);
    d[1] = MUL(f->half, ADD(d2, d1));
    d[2] = MUL(f->half, SUB(d2, d1));
    d[3] = SUB(d3, d1);
}

/* At 2 and -2, too. */
static DECEM_INLINE void line_of_6(decem_f32x4 *d, const factors *f) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4], d5 = d[5];
    decem_f32x4 even = MUL(f->inner, MADD(d4, f->a, d2)), odd = MUL(f->inner, MADD(d3, f->a, d1));
    decem_f32x4 outer_even = MUL(f->outer_even, SUB(d4, d2)), outer_odd = MUL(f->outer_odd, SUB(d3, d1));
    d[0] = MADD(MADD(d0, f->b, d2), f->c, d4);
    d[1] = ADD(even, odd);
    d[2] = SUB(even, odd);
    d[3] = ADD(outer_even, outer_odd);
    d[4] = SUB(outer_even, outer_odd);
    d[5] = MADD(MADD(d5, f->d, d3), f->e, d1);
}

/* At 1/2 and -1/2, too. */
static DECEM_INLINE void line_of_8(decem_f32x4 *d, const factors *f) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4], d5 = d[5], d6 = d[6], d7 = d[7];
    decem_f32x4 even = MUL(f->inner, MADD(ADD(d2, d6), f->a, d4)), odd = MUL(f->inner, MADD(ADD(d1, d5), f->a, d3));
    decem_f32x4 outer_even = MUL(f->outer_even, MADD(MADD(d6, f->b, d4), f->c, d2)), outer_odd = MUL(f->outer_odd, MADD(MADD(d5, f->b, d3), f->c, d1));
    decem_f32x4 inner_even = MUL(f->half_even, MADD(MADD(d6, f->d, d4), f->e, d2)), inner_odd = MUL(f->half_odd, MADD(MADD(d5, f->d, d3), f->e, d1));
    d[0] = MADD(SUB(d0, d6), f->half, SUB(d4, d2));
    d[1] = ADD(even, odd);
    d[2] = SUB(even, odd);
    d[3] = ADD(outer_even, outer_odd);
    d[4] = SUB(outer_even, outer_odd);
    d[5] = ADD(inner_even, inner_odd);
    d[6] = SUB(inner_even, inner_odd);
    d[7] = MADD(SUB(d7, d1), f->half, SUB(d3, d5));
}

static DECEM_INLINE void transform_lines(int32_t points, decem_winograd_lines lines) {
    factors f = factors_of(points);
    for (int32_t k = 0; k < lines.count; k++) {
        const float *in = lines.in + k * lines.in_line;
        float *out = lines.out + (k < lines.count - 1 ? k * lines.out_line : lines.last_line);
        for (int32_t c = 0; c < lines.channels; c += 4, in += 4, out += 4) {
            decem_f32x4 d[DECEM_WINOGRAD_SIDE_MOST];
            const float *at = in;
            for (int32_t i = 0; i < points; i++, at += lines.in_value) d[i] = decem_f32x4_load(at);
            if (points == 4) line_of_4(d, &f);
            else if (points == 6) line_of_6(d, &f);
            else line_of_8(d, &f);
            float *to = out;
            for (int32_t i = 0; i < points - 1; i++, to += lines.out_value) decem_f32x4_store(to, d[i]);
            decem_f32x4_store(out + lines.last_point, d[points - 1]);
        }
    }
}

DECEM_NOINLINE static void transform_lines_of_4(const decem_winograd_lines *of) {
    transform_lines(4, *of);
}

DECEM_NOINLINE static void transform_lines_of_6(const decem_winograd_lines *of) {
    transform_lines(6, *of);
}

DECEM_NOINLINE static void transform_columns_of_8(const decem_winograd_lines *of) {
    transform_lines(8, decem_winograd_columns(of));
}

DECEM_NOINLINE static void transform_rows_of_8(const decem_winograd_lines *of) {
    transform_lines(8, decem_winograd_rows(of));
}

void decem_winograd_transform_input(const float *in, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t channels, int32_t side, decem_winograd_points points,
                                    float *v, ptrdiff_t point_stride) {
    float half[DECEM_WINOGRAD_SIDE_MOST * LINES_NEXT]; /* [row][column][channel] */
    for (int32_t c = 0; c < channels; c += LINES_CHANNELS) {
        int32_t some = channels - c < LINES_CHANNELS ? channels - c : LINES_CHANNELS;
        decem_winograd_lines columns = {.in = in + c, .in_value = row_stride, .in_line = pixel_stride,
                                        .out = half, .out_value = LINES_NEXT, .out_line = LINES_CHANNELS,
                                        .last_point = (points.y - 1) * LINES_NEXT, .last_line = (points.x - 1) * LINES_CHANNELS,
                                        .count = points.x, .channels = some};
        if (points.y == 4) transform_lines_of_4(&columns);
        else if (points.y == 6) transform_lines_of_6(&columns);
        else transform_columns_of_8(&columns);
        decem_winograd_lines rows = {.in = half, .in_value = LINES_CHANNELS, .in_line = LINES_NEXT,
                                     .out = v + c, .out_value = point_stride, .out_line = side * point_stride,
                                     .last_point = (side - 1) * point_stride, .last_line = (side - 1) * side * point_stride,
                                     .count = points.y, .channels = some};
        if (points.x == 4) transform_lines_of_4(&rows);
        else if (points.x == 6) transform_lines_of_6(&rows);
        else transform_rows_of_8(&rows);
    }
}
