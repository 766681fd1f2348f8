#include <string.h>

#include "kernels/linear/linear_i8.h"

int32_t decem_linear_i8_row(int32_t in) {
    return decem_divide_up(in, DECEM_LINEAR_I8_STEP) * DECEM_LINEAR_I8_STEP;
}

int32_t decem_linear_i8_tiles(const decem_linear_i8_args *args) {
    return decem_divide_up(args->out, DECEM_LINEAR_TILE);
}

void decem_linear_i8_pack_row(int32_t channels, int32_t pixels, const float *row, int8_t *packed) {
    int32_t in = channels * pixels;
    for (int32_t p = 0; p < pixels; p++)
        for (int32_t c = 0; c < channels; c++) packed[(ptrdiff_t)p * channels + c] = (int8_t)row[(ptrdiff_t)c * pixels + p];
    memset(packed + in, 0, (size_t)(decem_linear_i8_row(in) - in));
}

void decem_i8_linear__ref(const decem_linear_i8_args *args, int32_t tile) {
    int32_t first = tile * DECEM_LINEAR_TILE, end = first + DECEM_LINEAR_TILE;
    for (int32_t n = first; n < end && n < args->out; n++) {
        const int8_t *weights = args->weights + (ptrdiff_t)n * decem_linear_i8_row(args->in);
        double sum = 0.0;
        for (int32_t k = 0; k < args->in; k++) sum += (double)weights[k] * (double)args->input[k];
        args->output[n] = decem_clamp_f32((float)(sum * (double)args->scales[n] + (double)args->bias[n]), args->clamp);
    }
}
