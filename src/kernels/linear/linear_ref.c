#include "kernels/linear/linear.h"

int32_t decem_linear_tiles(const decem_linear_args *args) {
    return decem_divide_up(args->out, DECEM_LINEAR_TILE);
}

void decem_linear_pack_row(int32_t channels, int32_t pixels, const float *row, float *packed) {
    for (int32_t p = 0; p < pixels; p++)
        for (int32_t c = 0; c < channels; c++) packed[(ptrdiff_t)p * channels + c] = row[(ptrdiff_t)c * pixels + p];
}

void decem_f32_linear__ref(const decem_linear_args *args, int32_t tile) {
    int32_t first = tile * DECEM_LINEAR_TILE, end = first + DECEM_LINEAR_TILE;
    for (int32_t n = first; n < end && n < args->out; n++) {
        float sum = args->bias[n];
        for (int32_t k = 0; k < args->in; k++) sum += args->weights[(ptrdiff_t)n * args->in + k] * args->input[k];
        args->output[n] = decem_clamp_f32(sum, args->clamp);
    }
}
