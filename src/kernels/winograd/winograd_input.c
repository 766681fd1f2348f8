/* Bt d B, with the points' fractions, the reciprocals of the products of a point's distances to the others: a block is transformed once, but
 * weights once a batch of blocks. */
#include "kernels/winograd/winograd_lines.h"

/* Values at 0, 1, -1 and infinity. */
static inline void line_of_4(decem_f32x4 *d) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3];
    d[0] = SUB(d0, d2);
    d[1] = times(0.5f, ADD(d2, d1));
    d[2] = times(0.5f, SUB(d2, d1));
    d[3] = SUB(d3, d1);
}

/* At 2 and -2, too. */
static inline void line_of_6(decem_f32x4 *d) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4], d5 = d[5];
    decem_f32x4 even = times(-1.0f / 6, PLUS(d4, -4, d2)), odd = times(-1.0f / 6, PLUS(d3, -4, d1));
    decem_f32x4 outer_even = times(1.0f / 24, SUB(d4, d2)), outer_odd = times(1.0f / 12, SUB(d3, d1));
    d[0] = PLUS(PLUS(d0, -1.25f, d2), 0.25f, d4);
    d[1] = ADD(even, odd);
    d[2] = SUB(even, odd);
    d[3] = ADD(outer_even, outer_odd);
    d[4] = SUB(outer_even, outer_odd);
    d[5] = PLUS(PLUS(d5, -5, d3), 4, d1);
}

/* At 1/2 and -1/2, too. */
static inline void line_of_8(decem_f32x4 *d) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4], d5 = d[5], d6 = d[6], d7 = d[7];
    decem_f32x4 even = times(-1.0f / 4.5f, PLUS(ADD(d2, d6), -4.25f, d4)), odd = times(-1.0f / 4.5f, PLUS(ADD(d1, d5), -4.25f, d3));
    decem_f32x4 outer_even = times(1.0f / 90, PLUS(PLUS(d6, -1.25f, d4), 0.25f, d2)), outer_odd = times(1.0f / 45, PLUS(PLUS(d5, -1.25f, d3), 0.25f, d1));
    decem_f32x4 inner_even = times(32.0f / 45, PLUS(PLUS(d6, -5, d4), 4, d2)), inner_odd = times(16.0f / 45, PLUS(PLUS(d5, -5, d3), 4, d1));
    d[0] = PLUS(SUB(d0, d6), 5.25f, SUB(d4, d2));
    d[1] = ADD(even, odd);
    d[2] = SUB(even, odd);
    d[3] = ADD(outer_even, outer_odd);
    d[4] = SUB(outer_even, outer_odd);
    d[5] = ADD(inner_even, inner_odd);
    d[6] = SUB(inner_even, inner_odd);
    d[7] = PLUS(SUB(d7, d1), 5.25f, SUB(d3, d5));
}

static DECEM_INLINE void transform_lines(int32_t points, const decem_winograd_lines *of) {
    for (int32_t k = 0; k < of->count; k++) {
        const float *in = of->in + k * of->in_line;
        float *out = of->out + (k < of->count - 1 ? k * of->out_line : of->last_line);
        for (int32_t c = 0; c < of->channels; c += 4) {
            decem_f32x4 d[DECEM_WINOGRAD_SIDE_MOST];
            for (int32_t i = 0; i < points; i++) d[i] = decem_f32x4_load(in + i * of->in_value + c);
            if (points == 4) line_of_4(d);
            else if (points == 6) line_of_6(d);
            else line_of_8(d);
            for (int32_t i = 0; i < points - 1; i++) decem_f32x4_store(out + i * of->out_value + c, d[i]);
            decem_f32x4_store(out + of->last_point + c, d[points - 1]);
        }
    }
}

DECEM_NOINLINE static void transform_lines_of_4(const decem_winograd_lines *of) {
    transform_lines(4, of);
}

DECEM_NOINLINE static void transform_lines_of_6(const decem_winograd_lines *of) {
    transform_lines(6, of);
}

DECEM_NOINLINE static void transform_lines_of_8(const decem_winograd_lines *of) {
    transform_lines(8, of);
}

static void transform(int32_t points, const decem_winograd_lines *of) {
    if (points == 4) transform_lines_of_4(of);
    else if (points == 6) transform_lines_of_6(of);
    else transform_lines_of_8(of);
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
        transform(points.y, &columns);
        decem_winograd_lines rows = {.in = half, .in_value = LINES_CHANNELS, .in_line = LINES_NEXT,
                                     .out = v + c, .out_value = point_stride, .out_line = side * point_stride,
                                     .last_point = (side - 1) * point_stride, .last_line = (side - 1) * side * point_stride,
                                     .count = points.y, .channels = some};
        transform(points.x, &rows);
    }
}
