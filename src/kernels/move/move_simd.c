#include "kernels/move/move.h"

static void move_pixel(const float *in, const float *addend, int32_t channels, float *out, int32_t step, decem_clamp clamp) {
    int32_t c = 0;
    if (step == 1)
        for (; c + 4 <= channels; c += 4) {
            decem_f32x4 value = decem_f32x4_load(in + c);
            if (addend != NULL) value = decem_f32x4_add(value, decem_f32x4_load(addend + c));
            decem_f32x4_store(out + c, decem_clamp_f32x4(value, clamp));
        }
    for (; c < channels; c++) out[c * step] = decem_clamp_f32(addend != NULL ? in[c] + addend[c] : in[c], clamp);
}

void decem_f32_move__simd(const decem_move_args *args, int32_t tile) {
    const decem_map *in = &args->input, *add = &args->addend, *out = &args->output;
    for (int32_t x = 0; x < in->width; x++)
        move_pixel(in->at + tile * in->row_stride + x * in->pixel_stride,
                   add->at == NULL ? NULL : add->at + tile * add->row_stride + x * add->pixel_stride, in->channels,
                   out->at + tile * out->row_stride + x * out->pixel_stride, args->output_step, args->clamp);
}
