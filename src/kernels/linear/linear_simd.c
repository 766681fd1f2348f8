#include "kernels/linear/linear.h"

enum {
    STREAMS = 8,                /* rows at once */
    STREAM_ELEMENTS = 8 * 1024  /* of weights that a stream runs through before it jumps, where rows are shorter than that */
};

/* The four lanes, and what is left from k on. */
DECEM_NOINLINE static float whole_sum(decem_f32x4 lanes, const float *input, const float *w, ptrdiff_t k, ptrdiff_t in) {
    float sum = decem_f32x4_sum(lanes);
    for (; k < in; k++) sum += input[k] * w[k];
    return sum;
}

/* Eight outputs at once, four lanes along the input each: the input is read once for the eight, and as many streams of weights
 * come from memory side by side, `apart` elements from each other. */
DECEM_NOINLINE static void eight_rows(const float *input, const float *w, ptrdiff_t in, ptrdiff_t apart, float sums[STREAMS]) {
    const float *w4 = w + 4 * apart;
    decem_f32x4 s0 = decem_f32x4_zero(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    ptrdiff_t k = 0;
    for (; k + 4 <= in; k += 4, w += 4, w4 += 4) {
        decem_f32x4 x = decem_f32x4_load(input + k);
        s0 = decem_f32x4_madd(x, decem_f32x4_load(w), s0);
        s1 = decem_f32x4_madd(x, decem_f32x4_load(w + apart), s1);
        s2 = decem_f32x4_madd(x, decem_f32x4_load(w + 2 * apart), s2);
        s3 = decem_f32x4_madd(x, decem_f32x4_load(w + 3 * apart), s3);
        s4 = decem_f32x4_madd(x, decem_f32x4_load(w4), s4);
        s5 = decem_f32x4_madd(x, decem_f32x4_load(w4 + apart), s5);
        s6 = decem_f32x4_madd(x, decem_f32x4_load(w4 + 2 * apart), s6);
        s7 = decem_f32x4_madd(x, decem_f32x4_load(w4 + 3 * apart), s7);
    }
    decem_f32x4 all[STREAMS] = {s0, s1, s2, s3, s4, s5, s6, s7};
    w -= k;
    for (int32_t j = 0; j < STREAMS; j++) sums[j] = whole_sum(all[j], input, w + j * apart, k, in);
}

/* One output, in the same order of operations as each of eight. */
static float one_row(const float *input, const float *w, ptrdiff_t in) {
    decem_f32x4 s = decem_f32x4_zero();
    ptrdiff_t k = 0;
    for (; k + 4 <= in; k += 4) s = decem_f32x4_madd(decem_f32x4_load(input + k), decem_f32x4_load(w + k), s);
    return whole_sum(s, input, w, k, in);
}

/* Outputs n, n + rows, n + 2 rows and so on together, then their neighbours: each stream goes on where its row ended, and what the
 * processor has begun to fetch ahead of it is of use. */
static void eight_streams(const decem_linear_args *args, int32_t n, int32_t rows) {
    for (int32_t end = n + rows; n < end; n++) {
        float sums[STREAMS];
        eight_rows(args->input, args->weights + (ptrdiff_t)n * args->in, args->in, (ptrdiff_t)rows * args->in, sums);
        for (int32_t j = 0; j < STREAMS; j++)
            args->output[n + j * rows] = decem_clamp_f32(sums[j] + args->bias[n + j * rows], args->clamp);
    }
}

void decem_f32_linear__simd(const decem_linear_args *args, int32_t tile) {
    int32_t n = tile * DECEM_LINEAR_TILE, end = n + DECEM_LINEAR_TILE, most = decem_divide_up(STREAM_ELEMENTS, args->in);
    if (end > args->out) end = args->out;
    while (n + STREAMS <= end) {
        int32_t rows = (end - n) / STREAMS;
        if (rows > most) rows = most;
        eight_streams(args, n, rows);
        n += rows * STREAMS;
    }
    for (; n < end; n++)
        args->output[n] = decem_clamp_f32(one_row(args->input, args->weights + (ptrdiff_t)n * args->in, args->in) + args->bias[n], args->clamp);
}
