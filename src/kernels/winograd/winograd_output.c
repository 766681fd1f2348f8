/* At [ M ] A: values of polynomials' products at the points become outputs. */
#include <math.h>

#include "kernels/winograd/winograd_lines.h"

/* Powers of the points, from the first on. */
typedef struct powers {
    decem_f32x4 twos[6], halves[6];
} powers;

static const volatile float TWOS[] = {2, 4, 8, 16, 32, 64}, HALVES[] = {1.0f / 2, 1.0f / 4, 1.0f / 8, 1.0f / 16, 1.0f / 32, 1.0f / 64};

/* out[i]: the sum over points p of p^i m; infinity counts for the last alone. */
static DECEM_INLINE void output_line(int32_t points, int32_t outputs, const decem_f32x4 *m, decem_f32x4 *out, const powers *of) {
    decem_f32x4 sum = ADD(m[1], m[2]), difference = SUB(m[1], m[2]);
    out[0] = ADD(m[0], sum);
    for (int32_t i = 1; i < outputs; i++) out[i] = i % 2 ? difference : sum;
    for (int32_t p = 3; p < points - 1; p += 2) {
        decem_f32x4 both[] = {ADD(m[p], m[p + 1]), SUB(m[p], m[p + 1])};
        out[0] = ADD(out[0], both[0]);
        for (int32_t i = 1; i < outputs; i++) out[i] = MADD(p == 3 ? of->twos[i - 1] : of->halves[i - 1], both[i % 2], out[i]);
    }
    out[outputs - 1] = ADD(out[outputs - 1], m[points - 1]);
}

static DECEM_INLINE void transform_lines(int32_t points, int32_t outputs, decem_winograd_lines lines) {
    powers at;
    for (int32_t i = 0; i < outputs - 1; i++) {
        if (points > 4) at.twos[i] = decem_f32x4_kept(&TWOS[i]);
        if (points > 6) at.halves[i] = decem_f32x4_kept(&HALVES[i]);
    }
    for (int32_t k = 0; k < lines.count; k++) {
        const float *in = lines.in + (k < lines.count - 1 ? k * lines.in_line : lines.last_line);
        float *out = lines.out + k * lines.out_line;
        for (int32_t c = 0; c < lines.channels; c += 4, in += 4, out += 4) {
            decem_f32x4 m[DECEM_WINOGRAD_SIDE_MOST], values[DECEM_WINOGRAD_SIDE_MOST];
            const float *from = in;
            for (int32_t i = 0; i < points - 1; i++, from += lines.in_value) m[i] = decem_f32x4_load(from);
            m[points - 1] = decem_f32x4_load(in + lines.last_point);
            output_line(points, outputs, m, values, &at);
            float *to = out;
            for (int32_t i = 0; i < outputs; i++, to += lines.out_value) decem_f32x4_store(to, values[i]);
        }
    }
}

DECEM_NOINLINE static void transform_lines_of_4_to_2(const decem_winograd_lines *of) {
    transform_lines(4, 2, *of);
}

DECEM_NOINLINE static void transform_lines_of_4_to_3(const decem_winograd_lines *of) {
    transform_lines(4, 3, *of);
}

DECEM_NOINLINE static void transform_lines_of_6_to_4(const decem_winograd_lines *of) {
    transform_lines(6, 4, *of);
}

DECEM_NOINLINE static void transform_lines_of_6_to_2(const decem_winograd_lines *of) {
    transform_lines(6, 2, *of);
}

DECEM_NOINLINE static void transform_columns_of_8_to_6(const decem_winograd_lines *of) {
    transform_lines(8, 6, decem_winograd_columns(of));
}

DECEM_NOINLINE static void transform_rows_of_8_to_6(const decem_winograd_lines *of) {
    transform_lines(8, 6, decem_winograd_rows(of));
}

DECEM_NOINLINE static void transform_lines_of_8_to_4(const decem_winograd_lines *of) {
    transform_lines(8, 4, *of);
}

DECEM_NOINLINE static void transform_columns_of_8_to_5(const decem_winograd_lines *of) {
    transform_lines(8, 5, decem_winograd_columns(of));
}

DECEM_NOINLINE static void transform_rows_of_8_to_5(const decem_winograd_lines *of) {
    transform_lines(8, 5, decem_winograd_rows(of));
}

DECEM_NOINLINE static void transform_lines_of_8_to_7(const decem_winograd_lines *of) {
    transform_lines(8, 7, *of);
}

static void transform(int32_t points, int32_t taps, int32_t columns, const decem_winograd_lines *of) {
    if (points == 4) taps == 2 ? transform_lines_of_4_to_3(of) : transform_lines_of_4_to_2(of);
    else if (points == 6 && taps == 3) transform_lines_of_6_to_4(of);
    else if (points == 6) transform_lines_of_6_to_2(of);
    else if (taps == 2) transform_lines_of_8_to_7(of);
    else if (taps == 3) columns ? transform_columns_of_8_to_6(of) : transform_rows_of_8_to_6(of);
    else if (taps == 4) columns ? transform_columns_of_8_to_5(of) : transform_rows_of_8_to_5(of);
    else transform_lines_of_8_to_4(of);
}

static inline decem_f32x4 largest_of_4(const float *at) {
    return decem_f32x4_max(decem_f32x4_max(decem_f32x4_load(at), decem_f32x4_load(at + LINES_CHANNELS)),
                           decem_f32x4_max(decem_f32x4_load(at + LINES_NEXT), decem_f32x4_load(at + LINES_NEXT + LINES_CHANNELS)));
}

/* Those of a clamp, to be kept without a question asked: infinite where there are none. */
typedef struct bounds {
    decem_f32x4 low, high;
} bounds;

static bounds bounds_of(decem_clamp clamp) {
    return (bounds){decem_f32x4_splat(clamp.bounds > 0 ? clamp.low : -INFINITY), decem_f32x4_splat(clamp.bounds > 1 ? clamp.high : INFINITY)};
}

static inline decem_f32x4 bounded(decem_f32x4 value, const bounds *by) {
    return decem_f32x4_min(decem_f32x4_max(value, by->low), by->high);
}

/* A block's outputs, [row][column][channel], go to memory: pooled, added to, or as they are. Some channels from `first` on. */
static void store_block(const float *values, const float *bias, const decem_winograd_target *target, int32_t first, int32_t channels) {
    bounds before = bounds_of(target->before), after = bounds_of(target->after);
    ptrdiff_t each = target->pool ? 2 : 1;
    for (int32_t y = 0; y < target->height; y++)
        for (int32_t x = 0; x < target->width; x++) {
            const float *from = values + y * each * LINES_NEXT + x * each * LINES_CHANNELS;
            float *to = target->at + y * target->row_stride + x * target->pixel_stride + first;
            const float *addend = target->addend == NULL ? NULL : target->addend + y * target->addend_row_stride + x * target->addend_pixel_stride + first;
            for (int32_t c = 0; c < channels; c += 4) {
                decem_f32x4 value = target->pool ? largest_of_4(from + c) : decem_f32x4_load(from + c);
                value = bounded(ADD(value, decem_f32x4_load(bias + first + c)), &before);
                if (addend != NULL) value = bounded(ADD(value, decem_f32x4_load(addend + c)), &after);
                decem_f32x4_store(to + c, value);
            }
        }
}

/* Reads a channel of each pixel: what is stored beside it finds its line near, where stores would wait for theirs one after another. */
static void fetch_target(const decem_winograd_target *target, int32_t channel) {
    for (int32_t y = 0; y < target->height; y++)
        for (int32_t x = 0; x < target->width; x++) decem_gemm_fetch(target->at + y * target->row_stride + x * target->pixel_stride + channel, 1);
}

void decem_winograd_transform_output(const float *m, ptrdiff_t point_stride, int32_t channels, int32_t side, decem_winograd_points points, int32_t taps,
                                     const float *bias, const decem_winograd_target *target) {
    float half[DECEM_WINOGRAD_SIDE_MOST * LINES_NEXT], values[DECEM_WINOGRAD_SIDE_MOST * LINES_NEXT]; /* [row][column][channel] */
    fetch_target(target, 0);
    for (int32_t c = 0; c < channels; c += LINES_CHANNELS) {
        if (c + LINES_CHANNELS < channels) fetch_target(target, c + LINES_CHANNELS);
        int32_t some = channels - c < LINES_CHANNELS ? channels - c : LINES_CHANNELS;
        decem_winograd_lines columns = {.in = m + c, .in_value = side * point_stride, .in_line = point_stride,
                                        .last_point = (side - 1) * side * point_stride, .last_line = (side - 1) * point_stride,
                                        .out = half, .out_value = LINES_NEXT, .out_line = LINES_CHANNELS,
                                        .count = points.x, .channels = some};
        transform(points.y, taps, 1, &columns);
        decem_winograd_lines rows = {.in = half, .in_value = LINES_CHANNELS, .in_line = LINES_NEXT,
                                     .last_point = (points.x - 1) * LINES_CHANNELS, .last_line = (points.y - taps) * LINES_NEXT,
                                     .out = values, .out_value = LINES_CHANNELS, .out_line = LINES_NEXT,
                                     .count = points.y - taps + 1, .channels = some};
        transform(points.x, taps, 0, &rows);
        store_block(values, bias, target, c, some);
    }
}
