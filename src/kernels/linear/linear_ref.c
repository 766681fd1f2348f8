#include "kernels/linear/linear.h"

int32_t decem_linear_tiles(const decem_linear_args *args) {
    return decem_divide_up(args->out, DECEM_LINEAR_TILE);
}

int64_t decem_linear_block_elements(int32_t in) {
    return (int64_t)in * DECEM_LINEAR_BLOCK + DECEM_LINEAR_SPREAD;
}

int64_t decem_linear_weight_elements(int32_t in, int32_t out) {
    return decem_linear_block_elements(in) * decem_divide_up(out, DECEM_LINEAR_BLOCK);
}

static ptrdiff_t weight_index(int32_t in, int32_t n, int32_t k) {
    return (ptrdiff_t)(n / DECEM_LINEAR_BLOCK * decem_linear_block_elements(in)) + k * DECEM_LINEAR_BLOCK + n % DECEM_LINEAR_BLOCK;
}

void decem_linear_pack_row(int32_t in, int32_t n, const float *row, float *weights) {
    float *to = weights + weight_index(in, n, 0);
    for (int32_t k = 0; k < in; k++, to += DECEM_LINEAR_BLOCK) *to = row[k];
}

void decem_f32_linear__ref(const decem_linear_args *args, int32_t tile) {
    int32_t first = tile * DECEM_LINEAR_TILE, end = first + DECEM_LINEAR_TILE, in = args->channels * args->pixels;
    for (int32_t n = first; n < end && n < args->out; n++) {
        float sum = args->bias[n];
        for (int32_t k = 0; k < in; k++)
            sum += args->weights[weight_index(in, n, k)] * args->input[k % args->pixels * args->channels + k / args->pixels];
        args->output[n] = decem_clamp_f32(sum, args->clamp);
    }
}
