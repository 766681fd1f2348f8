#include "kernels/linear/linear.h"

/* Eight outputs at once, four lanes along the input each: the input is read once for the eight, and as many streams of weights
 * come from memory side by side. */
DECEM_NOINLINE static void eight_rows(const float *input, const float *w, ptrdiff_t in, float sums[8]) {
    const float *w4 = w + 4 * in;
    decem_f32x4 s0 = decem_f32x4_zero(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    ptrdiff_t k = 0;
    for (; k + 4 <= in; k += 4, w += 4, w4 += 4) {
        decem_f32x4 x = decem_f32x4_load(input + k);
        s0 = decem_f32x4_madd(x, decem_f32x4_load(w), s0);
        s1 = decem_f32x4_madd(x, decem_f32x4_load(w + in), s1);
        s2 = decem_f32x4_madd(x, decem_f32x4_load(w + 2 * in), s2);
        s3 = decem_f32x4_madd(x, decem_f32x4_load(w + 3 * in), s3);
        s4 = decem_f32x4_madd(x, decem_f32x4_load(w4), s4);
        s5 = decem_f32x4_madd(x, decem_f32x4_load(w4 + in), s5);
        s6 = decem_f32x4_madd(x, decem_f32x4_load(w4 + 2 * in), s6);
        s7 = decem_f32x4_madd(x, decem_f32x4_load(w4 + 3 * in), s7);
    }
    decem_f32x4 all[8] = {s0, s1, s2, s3, s4, s5, s6, s7};
    w -= k;
    for (int32_t j = 0; j < 8; j++) {
        sums[j] = decem_f32x4_sum(all[j]);
        for (ptrdiff_t i = k; i < in; i++) sums[j] += input[i] * w[j * in + i];
    }
}

/* One output, in the same order of operations as each of eight. */
static float one_row(const float *input, const float *w, ptrdiff_t in) {
    decem_f32x4 s = decem_f32x4_zero();
    ptrdiff_t k = 0;
    for (; k + 4 <= in; k += 4) s = decem_f32x4_madd(decem_f32x4_load(input + k), decem_f32x4_load(w + k), s);
    float sum = decem_f32x4_sum(s);
    for (; k < in; k++) sum += input[k] * w[k];
    return sum;
}

void decem_f32_linear__simd(const decem_linear_args *args, int32_t tile) {
    int32_t n = tile * DECEM_LINEAR_TILE, end = n + DECEM_LINEAR_TILE;
    if (end > args->out) end = args->out;
    for (; n + 8 <= end; n += 8) {
        float sums[8];
        eight_rows(args->input, args->weights + (ptrdiff_t)n * args->in, args->in, sums);
        for (int32_t j = 0; j < 8; j++) args->output[n + j] = decem_clamp_f32(sums[j] + args->bias[n + j], args->clamp);
    }
    for (; n < end; n++)
        args->output[n] = decem_clamp_f32(one_row(args->input, args->weights + (ptrdiff_t)n * args->in, args->in) + args->bias[n], args->clamp);
}
