#include "kernels/depthwise/depthwise.h"

enum { PART = 40 /* input pixels of a row at a time: their lines serve sixteen channels while they are in the first-level cache */ };

/* A row of outputs for four channels: the nine weights stay in registers while the window walks along. Three sums, one a window
 * row, keep the chains of additions short. */
DECEM_NOINLINE static void walk_row(int32_t width, ptrdiff_t pixel, ptrdiff_t step, const float *r0, const float *r1, const float *r2,
                                    const float *weights, ptrdiff_t channels, const float *bias, float *out, ptrdiff_t out_pixel, decem_clamp clamp) {
    decem_f32x4 w0 = decem_f32x4_load(weights), w1 = decem_f32x4_load(weights + channels), w2 = decem_f32x4_load(weights + 2 * channels);
    decem_f32x4 w3 = decem_f32x4_load(weights + 3 * channels), w4 = decem_f32x4_load(weights + 4 * channels), w5 = decem_f32x4_load(weights + 5 * channels);
    decem_f32x4 w6 = decem_f32x4_load(weights + 6 * channels), w7 = decem_f32x4_load(weights + 7 * channels), w8 = decem_f32x4_load(weights + 8 * channels);
    decem_f32x4 b = decem_f32x4_load(bias);
    do {
        decem_f32x4 s0 = decem_f32x4_madd(decem_f32x4_load(r0), w0, b);
        decem_f32x4 s1 = decem_f32x4_mul(decem_f32x4_load(r1), w3);
        decem_f32x4 s2 = decem_f32x4_mul(decem_f32x4_load(r2), w6);
        s0 = decem_f32x4_madd(decem_f32x4_load(r0 + pixel), w1, s0);
        s1 = decem_f32x4_madd(decem_f32x4_load(r1 + pixel), w4, s1);
        s2 = decem_f32x4_madd(decem_f32x4_load(r2 + pixel), w7, s2);
        s0 = decem_f32x4_madd(decem_f32x4_load(r0 + 2 * pixel), w2, s0);
        s1 = decem_f32x4_madd(decem_f32x4_load(r1 + 2 * pixel), w5, s1);
        s2 = decem_f32x4_madd(decem_f32x4_load(r2 + 2 * pixel), w8, s2);
        decem_f32x4_store(out, decem_clamp_f32x4(decem_f32x4_add(s0, decem_f32x4_add(s1, s2)), clamp));
        r0 += step, r1 += step, r2 += step;
        out += out_pixel;
    } while (--width > 0);
}

/* The same where windows move by one pixel: each input is loaded once, for the three windows that it is in. Two are begun before the
 * first ends. */
DECEM_NOINLINE static void slide_row(int32_t width, ptrdiff_t pixel, const float *r0, const float *r1, const float *r2, const float *weights,
                                     ptrdiff_t channels, const float *bias, float *out, ptrdiff_t out_pixel, decem_clamp clamp) {
    decem_f32x4 w0 = decem_f32x4_load(weights), w1 = decem_f32x4_load(weights + channels), w2 = decem_f32x4_load(weights + 2 * channels);
    decem_f32x4 w3 = decem_f32x4_load(weights + 3 * channels), w4 = decem_f32x4_load(weights + 4 * channels), w5 = decem_f32x4_load(weights + 5 * channels);
    decem_f32x4 w6 = decem_f32x4_load(weights + 6 * channels), w7 = decem_f32x4_load(weights + 7 * channels), w8 = decem_f32x4_load(weights + 8 * channels);
    decem_f32x4 b = decem_f32x4_load(bias), one_column = b, two_columns = b; /* sums of the windows that are begun */
    for (int32_t x = -2; x < width; x++) {
        decem_f32x4 a0 = decem_f32x4_load(r0), a1 = decem_f32x4_load(r1), a2 = decem_f32x4_load(r2);
        decem_f32x4 sum = decem_f32x4_madd(a2, w8, decem_f32x4_madd(a1, w5, decem_f32x4_madd(a0, w2, two_columns)));
        two_columns = decem_f32x4_madd(a2, w7, decem_f32x4_madd(a1, w4, decem_f32x4_madd(a0, w1, one_column)));
        one_column = decem_f32x4_madd(a2, w6, decem_f32x4_madd(a1, w3, decem_f32x4_madd(a0, w0, b)));
        r0 += pixel, r1 += pixel, r2 += pixel;
        if (x < 0) continue;
        decem_f32x4_store(out, decem_clamp_f32x4(sum, clamp));
        out += out_pixel;
    }
}

/* The same for one channel, for images of fewer than four. */
static void walk_channel(const decem_depthwise_args *args, const float *rows, int32_t c, float *out) {
    const decem_map *in = &args->input;
    ptrdiff_t channels = args->output.channels;
    for (int32_t x = 0; x < args->output.width; x++) {
        float s[3];
        for (int32_t ky = 0; ky < 3; ky++) {
            const float *at = rows + ky * in->row_stride + x * args->stride * in->pixel_stride + c, *w = args->weights + ky * 3 * channels + c;
            s[ky] = ky == 0 ? at[0] * w[0] + args->bias[c] : at[0] * w[0];
            s[ky] = at[in->pixel_stride] * w[channels] + s[ky];
            s[ky] = at[2 * in->pixel_stride] * w[2 * channels] + s[ky];
        }
        out[x * args->output.pixel_stride + c] = decem_clamp_f32(s[0] + (s[1] + s[2]), args->clamp);
    }
}

void decem_f32_depthwise3x3__simd(const decem_depthwise_args *args, int32_t tile) {
    const decem_map *in = &args->input, *out = &args->output;
    const float *rows = in->at + tile * args->stride * in->row_stride;
    float *output = out->at + tile * out->row_stride;
    int32_t channels = out->channels;
    if (channels < 4) {
        for (int32_t c = 0; c < channels; c++) walk_channel(args, rows, c, output);
        return;
    }
    ptrdiff_t step = args->stride * in->pixel_stride;
    int32_t parts = decem_divide_up(out->width * args->stride, PART), part = decem_divide_up(out->width, parts);
    for (int32_t x = 0; x < out->width; x += part) {
        int32_t width = out->width - x < part ? out->width - x : part;
        const float *at = rows + x * step;
        float *to = output + x * out->pixel_stride;
        for (int32_t c = 0; c < channels; c += 4) {
            if (c > channels - 4) c = channels - 4; /* the last four again, in part: the same values */
            const float *r0 = at + c, *r1 = r0 + in->row_stride, *r2 = r1 + in->row_stride, *weights = args->weights + c, *bias = args->bias + c;
            if (args->stride == 1) slide_row(width, in->pixel_stride, r0, r1, r2, weights, channels, bias, to + c, out->pixel_stride, args->clamp);
            else walk_row(width, in->pixel_stride, step, r0, r1, r2, weights, channels, bias, to + c, out->pixel_stride, args->clamp);
        }
    }
}
