#include <stdbool.h>

#include "base/vector_i16.h"
#include "kernels/linear/linear_i8.h"

/* ---- The input ---- */

/* Eight numbers from k on, zeros past the end. */
static void take_eight(const float *input, int32_t in, int32_t k, decem_f32x4 out[2]) {
    float padded[8] = {0};
    const float *at = padded;
    if (k + 8 <= in) at = input + k;
    else for (int32_t i = 0; k + i < in; i++) padded[i] = input[k + i];
    out[0] = decem_f32x4_load(at);
    out[1] = decem_f32x4_load(at + 4);
}

/* The largest number without its sign; infinite or NaN where one is. */
static float largest_of(const float *input, int32_t in) {
    decem_i32x4 most = decem_i32x4_splat(0);
    for (int32_t k = 0; k < in; k += 8) {
        decem_f32x4 x[2];
        take_eight(input, in, k, x);
        most = decem_i32x4_max(most, decem_i32x4_max(decem_f32x4_size_bits(x[0]), decem_f32x4_size_bits(x[1])));
    }
    int32_t bits = decem_i32x4_largest(most);
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    return largest;
}

void decem_linear_i8_round__simd(const decem_linear_i8_args *args) {
    int32_t row = decem_linear_i8_row(args->in);
    float largest = largest_of(args->input, args->in);
    /* Compared so that NaN is not below. */
    bool usable = largest >= 0x1p-100f && largest < INFINITY;
    *args->unit = usable ? largest / 32767.0f : largest < 1.0f ? 0.0f : NAN;
    if (!usable) {
        memset(args->rounded, 0, (size_t)row * sizeof *args->rounded);
        return;
    }
    decem_f32x4 units = decem_f32x4_splat(32767.0f / largest);
    for (int32_t k = 0; k < row; k += 8) {
        decem_f32x4 x[2];
        take_eight(args->input, args->in, k, x);
        decem_i16x8_store(args->rounded + k, decem_i16x8_round(decem_f32x4_mul(x[0], units), decem_f32x4_mul(x[1], units)));
    }
}

/* ---- The outputs ---- */

typedef struct sums {
    decem_f32x4 row[4];
} sums;

/* Adds the products of at most a block of weights, of four rows that are `row` weights apart. */
DECEM_NOINLINE static void four_rows(const int16_t *x, const int8_t *w, ptrdiff_t row, int32_t count, sums *to) {
    const int8_t *w0 = w, *w1 = w + row, *w2 = w1 + row, *w3 = w2 + row;
    decem_i32x4 s0 = decem_i32x4_splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (ptrdiff_t k = 0; k < count; k += DECEM_LINEAR_I8_STEP) {
        decem_i16x8 low = decem_i16x8_load(x + k), high = decem_i16x8_load(x + k + 8);
        s0 = decem_i32x4_add(s0, decem_i16x8_dot(low, decem_i16x8_load_i8(w0 + k)));
        s0 = decem_i32x4_add(s0, decem_i16x8_dot(high, decem_i16x8_load_i8(w0 + k + 8)));
        s1 = decem_i32x4_add(s1, decem_i16x8_dot(low, decem_i16x8_load_i8(w1 + k)));
        s1 = decem_i32x4_add(s1, decem_i16x8_dot(high, decem_i16x8_load_i8(w1 + k + 8)));
        s2 = decem_i32x4_add(s2, decem_i16x8_dot(low, decem_i16x8_load_i8(w2 + k)));
        s2 = decem_i32x4_add(s2, decem_i16x8_dot(high, decem_i16x8_load_i8(w2 + k + 8)));
        s3 = decem_i32x4_add(s3, decem_i16x8_dot(low, decem_i16x8_load_i8(w3 + k)));
        s3 = decem_i32x4_add(s3, decem_i16x8_dot(high, decem_i16x8_load_i8(w3 + k + 8)));
    }
    to->row[0] = decem_f32x4_add(to->row[0], decem_f32x4_from_i32(s0));
    to->row[1] = decem_f32x4_add(to->row[1], decem_f32x4_from_i32(s1));
    to->row[2] = decem_f32x4_add(to->row[2], decem_f32x4_from_i32(s2));
    to->row[3] = decem_f32x4_add(to->row[3], decem_f32x4_from_i32(s3));
}

static void finish(const decem_linear_i8_args *args, int32_t n, decem_f32x4 sum) {
    args->output[n] = decem_clamp_f32(decem_f32x4_sum(sum) * (*args->unit * args->scales[n]) + args->bias[n], args->clamp);
}

static void sum_rows(const decem_linear_i8_args *args, int32_t n, ptrdiff_t stride, sums *sum) {
    int32_t row = decem_linear_i8_row(args->in);
    const int8_t *weights = args->weights + (ptrdiff_t)n * row;
    for (int32_t i = 0; i < 4; i++) sum->row[i] = decem_f32x4_zero();
    for (int32_t k = 0; k < row; k += DECEM_LINEAR_I8_BLOCK)
        four_rows(args->rounded + k, weights + k, stride, row - k < DECEM_LINEAR_I8_BLOCK ? row - k : DECEM_LINEAR_I8_BLOCK, sum);
}

void decem_i8_linear__simd(const decem_linear_i8_args *args, int32_t tile) {
    int32_t n = tile * DECEM_LINEAR_TILE, end = n + DECEM_LINEAR_TILE;
    sums sum;
    if (end > args->out) end = args->out;
    for (; n + 4 <= end; n += 4) {
        sum_rows(args, n, decem_linear_i8_row(args->in), &sum);
        for (int32_t i = 0; i < 4; i++) finish(args, n + i, sum.row[i]);
    }
    for (; n < end; n++) { /* up to three at the very end: the same row four times */
        sum_rows(args, n, 0, &sum);
        finish(args, n, sum.row[0]);
    }
}
