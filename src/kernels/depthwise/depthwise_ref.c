#include "kernels/depthwise/depthwise.h"

void decem_f32_depthwise3x3__ref(const decem_depthwise_args *args, int32_t tile) {
    const decem_map *in = &args->input, *out = &args->output;
    for (int32_t x = 0; x < out->width; x++)
        for (int32_t c = 0; c < out->channels; c++) {
            float sum = args->bias[c];
            for (int32_t ky = 0; ky < 3; ky++)
                for (int32_t kx = 0; kx < 3; kx++)
                    sum += in->at[(tile * args->stride + ky) * in->row_stride + (x * args->stride + kx) * in->pixel_stride + c] *
                           args->weights[(ky * 3 + kx) * out->channels + c];
            out->at[tile * out->row_stride + x * out->pixel_stride + c] = decem_clamp_f32(sum, args->clamp);
        }
}
