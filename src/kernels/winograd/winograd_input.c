/* Bt d B, with the points' fractions, the reciprocals of the products of a point's distances to the others: a block is transformed once, but
 * weights once a batch of blocks. */
#include "kernels/winograd/winograd_lines.h"

/* What values are multiplied by, of the sums that a point and its opposite share: `middle` and `far`, then the sums of even and of odd values. */
typedef struct factors {
    decem_f32x4 ones_middle, ones;
    decem_f32x4 twos_middle, twos_far, twos_even, twos_odd;
    decem_f32x4 halves_middle, halves_far, halves_even, halves_odd;
    decem_f32x4 ends; /* 0 and infinity */
} factors;

/* In this order, of 6 points and of 8; of 4 there are but ones. */
static const volatile float OF_4 = 0.5f;
static const volatile float OF_6[] = {-4, -1.0f / 6, -1.25f, 0.25f, 1.0f / 24, 1.0f / 12, -5, 4};
static const volatile float OF_8[] = {-4.25f, -1.0f / 4.5f, -1.25f, 0.25f, 1.0f / 90, 1.0f / 45, -5, 4, 32.0f / 45, 16.0f / 45, 5.25f};

static DECEM_INLINE factors factors_of(int32_t points) {
    if (points == 4) return (factors){.ones = decem_f32x4_kept(&OF_4)};
    const volatile float *of = points == 6 ? OF_6 : OF_8;
    factors f = {.ones_middle = decem_f32x4_kept(of), .ones = decem_f32x4_kept(of + 1),
                 .twos_middle = decem_f32x4_kept(of + 2), .twos_far = decem_f32x4_kept(of + 3), .twos_even = decem_f32x4_kept(of + 4),
                 .twos_odd = decem_f32x4_kept(of + 5), .halves_middle = decem_f32x4_kept(of + 6), .halves_far = decem_f32x4_kept(of + 7)};
    if (points == 6) return f;
    f.halves_even = decem_f32x4_kept(of + 8);
    f.halves_odd = decem_f32x4_kept(of + 9);
    f.ends = decem_f32x4_kept(of + 10);
    return f;
}

/* Values at 0, 1, -1 and infinity. */
static DECEM_INLINE void line_of_4(decem_f32x4 *d, const factors *f) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3];
    d[0] = SUB(d0, d2);
    d[1] = MUL(f->ones, ADD(d2, d1));
    d[2] = MUL(f->ones, SUB(d2, d1));
    d[3] = SUB(d3, d1);
}

/* At 2 and -2, too. */
static DECEM_INLINE void line_of_6(decem_f32x4 *d, const factors *f) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4], d5 = d[5];
    decem_f32x4 even = MUL(f->ones, MADD(f->ones_middle, d2, d4)), odd = MUL(f->ones, MADD(f->ones_middle, d1, d3));
    decem_f32x4 twos_even = MUL(f->twos_even, SUB(d4, d2)), twos_odd = MUL(f->twos_odd, SUB(d3, d1));
    d[0] = MADD(f->twos_far, d4, MADD(f->twos_middle, d2, d0));
    d[1] = ADD(even, odd);
    d[2] = SUB(even, odd);
    d[3] = ADD(twos_even, twos_odd);
    d[4] = SUB(twos_even, twos_odd);
    d[5] = MADD(f->halves_far, d1, MADD(f->halves_middle, d3, d5));
}

/* At 1/2 and -1/2, too. */
static DECEM_INLINE void line_of_8(decem_f32x4 *d, const factors *f) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4], d5 = d[5], d6 = d[6], d7 = d[7];
    decem_f32x4 even = MUL(f->ones, MADD(f->ones_middle, d4, ADD(d2, d6))), odd = MUL(f->ones, MADD(f->ones_middle, d3, ADD(d1, d5)));
    decem_f32x4 twos_even = MUL(f->twos_even, MADD(f->twos_far, d2, MADD(f->twos_middle, d4, d6)));
    decem_f32x4 twos_odd = MUL(f->twos_odd, MADD(f->twos_far, d1, MADD(f->twos_middle, d3, d5)));
    decem_f32x4 halves_even = MUL(f->halves_even, MADD(f->halves_far, d2, MADD(f->halves_middle, d4, d6)));
    decem_f32x4 halves_odd = MUL(f->halves_odd, MADD(f->halves_far, d1, MADD(f->halves_middle, d3, d5)));
    d[0] = MADD(f->ends, SUB(d4, d2), SUB(d0, d6));
    d[1] = ADD(even, odd);
    d[2] = SUB(even, odd);
    d[3] = ADD(twos_even, twos_odd);
    d[4] = SUB(twos_even, twos_odd);
    d[5] = ADD(halves_even, halves_odd);
    d[6] = SUB(halves_even, halves_odd);
    d[7] = MADD(f->ends, SUB(d3, d5), SUB(d7, d1));
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

static void transform(int32_t points, int32_t columns, const decem_winograd_lines *of) {
    if (points == 4) transform_lines_of_4(of);
    else if (points == 6) transform_lines_of_6(of);
    else columns ? transform_columns_of_8(of) : transform_rows_of_8(of);
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
        transform(points.y, 1, &columns);
        decem_winograd_lines rows = {.in = half, .in_value = LINES_CHANNELS, .in_line = LINES_NEXT,
                                     .out = v + c, .out_value = point_stride, .out_line = side * point_stride,
                                     .last_point = (side - 1) * point_stride, .last_line = (side - 1) * side * point_stride,
                                     .count = points.y, .channels = some};
        transform(points.x, 0, &rows);
    }
}
