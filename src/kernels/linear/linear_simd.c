#include "kernels/linear/linear.h"

/* Four outputs at once, four lanes along the input each, so that the input is read once for the four. */
DECEM_NOINLINE static void four_rows(const float *input, const float *w, ptrdiff_t in, float sums[4]) {
    const float *w0 = w, *w1 = w + in, *w2 = w1 + in, *w3 = w2 + in;
    decem_f32x4 s0 = decem_f32x4_zero(), s1 = s0, s2 = s0, s3 = s0;
    ptrdiff_t k = 0;
    for (; k + 4 <= in; k += 4) {
        decem_f32x4 x = decem_f32x4_load(input + k);
        s0 = decem_f32x4_madd(x, decem_f32x4_load(w0 + k), s0);
        s1 = decem_f32x4_madd(x, decem_f32x4_load(w1 + k), s1);
        s2 = decem_f32x4_madd(x, decem_f32x4_load(w2 + k), s2);
        s3 = decem_f32x4_madd(x, decem_f32x4_load(w3 + k), s3);
    }
    sums[0] = decem_f32x4_sum(s0);
    sums[1] = decem_f32x4_sum(s1);
    sums[2] = decem_f32x4_sum(s2);
    sums[3] = decem_f32x4_sum(s3);
    for (; k < in; k++) {
        sums[0] += input[k] * w0[k];
        sums[1] += input[k] * w1[k];
        sums[2] += input[k] * w2[k];
        sums[3] += input[k] * w3[k];
    }
}

/* One output, in the same order of operations as each of four. */
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
    for (; n + 4 <= end; n += 4) {
        float sums[4];
        four_rows(args->input, args->weights + (ptrdiff_t)n * args->in, args->in, sums);
        for (int32_t j = 0; j < 4; j++) args->output[n + j] = decem_clamp_f32(sums[j] + args->bias[n + j], args->clamp);
    }
    for (; n < end; n++)
        args->output[n] = decem_clamp_f32(one_row(args->input, args->weights + (ptrdiff_t)n * args->in, args->in) + args->bias[n], args->clamp);
}
