#include <math.h>

#include "kernels/lrn/lrn.h"

void decem_f32_lrn__ref(const decem_lrn_args *args, int32_t tile) {
    const decem_map *in = &args->input, *out = &args->output;
    for (int32_t x = 0; x < out->width; x++) {
        const float *pixel = in->at + tile * in->row_stride + x * in->pixel_stride;
        for (int32_t c = 0; c < in->channels; c++) {
            double sum = 0;
            for (int32_t i = c - args->size / 2; i <= c + (args->size - 1) / 2; i++)
                if (i >= 0 && i < in->channels) sum += (double)pixel[i] * pixel[i];
            out->at[tile * out->row_stride + x * out->pixel_stride + c] = (float)(pixel[c] / pow(1.0 + 1e-4 / args->size * sum, 0.75));
        }
    }
}
