#include "kernels/lrn/lrn.h"

/* d^0.75 is sqrt(d) * sqrt(sqrt(d)): two exactly rounded instructions instead of powf. */
DECEM_NOINLINE static void normalise_pixel(const float *in, int32_t channels, int32_t size, const float *squares, float *out) {
    decem_f32x4 alpha = decem_f32x4_splat(1e-4f / (float)size), one = decem_f32x4_splat(1.0f);
    int32_t c = 0;
    for (; c + 4 <= channels; c += 4) {
        decem_f32x4 sum = decem_f32x4_load(squares + c);
        for (int32_t i = 1; i < size; i++) sum = decem_f32x4_add(sum, decem_f32x4_load(squares + c + i));
        decem_f32x4 root = decem_f32x4_sqrt(decem_f32x4_madd(sum, alpha, one));
        decem_f32x4_store(out + c, decem_f32x4_div(decem_f32x4_load(in + c), decem_f32x4_mul(root, decem_f32x4_sqrt(root))));
    }
    for (; c < channels; c++) {
        float sum = squares[c];
        for (int32_t i = 1; i < size; i++) sum += squares[c + i];
        float root = sqrtf(sum * (1e-4f / (float)size) + 1.0f);
        out[c] = in[c] / (root * sqrtf(root));
    }
}

void decem_f32_lrn__simd(const decem_lrn_args *args, int32_t tile) {
    const decem_map *in = &args->input, *out = &args->output;
    float squares[DECEM_LRN_CHANNELS_MAX + DECEM_LRN_SIZE_MAX]; /* of one pixel, with zeros before and after */
    int32_t before = args->size / 2, after = args->size - 1 - before;
    for (int32_t i = 0; i < before; i++) squares[i] = 0.0f;
    for (int32_t i = 0; i < after; i++) squares[before + in->channels + i] = 0.0f;
    for (int32_t x = 0; x < out->width; x++) {
        const float *pixel = in->at + tile * in->row_stride + x * in->pixel_stride;
        int32_t c = 0;
        for (; c + 4 <= in->channels; c += 4) decem_f32x4_store(squares + before + c, decem_f32x4_mul(decem_f32x4_load(pixel + c), decem_f32x4_load(pixel + c)));
        for (; c < in->channels; c++) squares[before + c] = pixel[c] * pixel[c];
        normalise_pixel(pixel, in->channels, args->size, squares, out->at + tile * out->row_stride + x * out->pixel_stride);
    }
}
