#include "image/resample.h"

#include <math.h>

#include "base/vector_i32.h"

/* ---- Weights ------------------------------------------------------------------------------------- */

static double triangle(double x) {
    if (x < 0.0) x = -x;
    return x < 1.0 ? 1.0 - x : 0.0;
}

static double cubic(double x) {
    const double a = -0.5;
    if (x < 0.0) x = -x;
    if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

/* By decem_interpolation. */
static const struct {
    double support; /* to each side */
    double (*weight)(double distance);
} filters[] = {{1.0, triangle}, {2.0, cubic}};

/* Input pixels for one output pixel, at least 1. */
static double stretch(int32_t in_size, int32_t out_size) {
    double scale = (double)in_size / out_size;
    return scale < 1.0 ? 1.0 : scale;
}

static double support(int32_t in_size, int32_t out_size, decem_interpolation interpolation) {
    return filters[interpolation].support * stretch(in_size, out_size);
}

int32_t decem_resample_taps(int32_t in_size, int32_t out_size, decem_interpolation interpolation) {
    if (in_size == out_size) return 1;
    int32_t taps = (int32_t)ceil(support(in_size, out_size, interpolation)) * 2 + 1;
    return taps < in_size ? taps : in_size;
}

static int32_t to_fixed_point(double weight) {
    return (int32_t)((weight < 0 ? -0.5 : 0.5) + weight * (1 << DECEM_RESAMPLE_BITS));
}

static void prepare_pixel(decem_resample_axis *axis, int32_t index, decem_interpolation interpolation) {
    const double scale = (double)axis->in_size / axis->out_size;
    const double inverse = 1.0 / stretch(axis->in_size, axis->out_size);
    const double reach = support(axis->in_size, axis->out_size, interpolation);
    const double center = (axis->first + index + 0.5) * scale;
    int32_t from = (int32_t)(center - reach + 0.5), to = (int32_t)(center + reach + 0.5);
    if (from < 0) from = 0;
    if (to > axis->in_size) to = axis->in_size;

    double (*weight_at)(double) = filters[interpolation].weight;
    double sum = 0.0;
    for (int32_t i = from; i < to; i++) sum += weight_at((i - center + 0.5) * inverse);
    int32_t *weights = axis->weights + (ptrdiff_t)index * axis->taps;
    for (int32_t i = from; i < to; i++) {
        double weight = weight_at((i - center + 0.5) * inverse);
        weights[i - from] = to_fixed_point(sum != 0.0 ? weight / sum : weight);
    }
    axis->from[index] = from;
    axis->used[index] = to - from;
}

void decem_resample_prepare(decem_resample_axis *axis, decem_interpolation interpolation) {
    for (int32_t i = 0; i < axis->count; i++) {
        if (axis->in_size != axis->out_size) {
            prepare_pixel(axis, i, interpolation);
            continue;
        }
        axis->from[i] = axis->first + i;
        axis->used[i] = 1;
        axis->weights[i] = 1 << DECEM_RESAMPLE_BITS;
    }
}

/* ---- Passes -------------------------------------------------------------------------------------- */

/* Sums stay below 2^31: 255 * 2^22 * 1.3 at most. */
static const int32_t half = 1 << (DECEM_RESAMPLE_BITS - 1);

void decem_resample_row(const decem_resample_axis *axis, const uint8_t *restrict in, uint8_t *restrict out) {
    for (int32_t x = 0; x < axis->count; x++) {
        const int32_t *weights = axis->weights + (ptrdiff_t)x * axis->taps;
        const uint8_t *pixel = in + (ptrdiff_t)(axis->from[x] - axis->from[0]) * 4;
        decem_i32x4 sums = decem_i32x4_splat(half);
        for (int32_t i = 0; i < axis->used[x]; i++)
            sums = decem_i32x4_add(sums, decem_i32x4_mul(decem_i32x4_load_u8(pixel + 4 * i), decem_i32x4_splat(weights[i])));
        decem_i32x4_store_u8(out + 4 * x, sums, DECEM_RESAMPLE_BITS);
    }
}

void decem_resample_column(const decem_resample_axis *axis, int32_t index, const uint8_t *restrict ring, int32_t slots,
                           size_t bytes, uint8_t *restrict out) {
    const int32_t *weights = axis->weights + (ptrdiff_t)index * axis->taps;
    const int32_t first_slot = axis->from[index] % slots;
    for (size_t x = 0; x < bytes; x += 4) {
        decem_i32x4 sums = decem_i32x4_splat(half);
        int32_t slot = first_slot;
        for (int32_t i = 0; i < axis->used[index]; i++) {
            const uint8_t *pixel = ring + (size_t)slot * bytes + x;
            sums = decem_i32x4_add(sums, decem_i32x4_mul(decem_i32x4_load_u8(pixel), decem_i32x4_splat(weights[i])));
            if (++slot == slots) slot = 0;
        }
        decem_i32x4_store_u8(out + x, sums, DECEM_RESAMPLE_BITS);
    }
}
