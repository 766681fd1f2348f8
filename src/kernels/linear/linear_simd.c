#include "kernels/linear/linear.h"

enum { VECTORS = DECEM_LINEAR_BLOCK / 4 };

void decem_linear_find_terms(const decem_linear_args *args) {
    decem_linear_term *term = args->terms;
    int32_t weights = 0;
    for (int32_t c = 0; c < args->channels; c++) {
        const float *x = args->input + c;
        for (int32_t p = 0; p < args->pixels; p++, x += args->channels, weights += DECEM_LINEAR_BLOCK) {
            *term = (decem_linear_term){*x, weights};
            term += *x != 0.0f; /* no branch: it could not be predicted */
        }
    }
    *args->term_count = (int32_t)(term - args->terms);
}

/* The blocks come from memory side by side: of several streams more lines are under way at once than of one. */
DECEM_NOINLINE static void sum_terms(const decem_linear_term *term, const decem_linear_term *end, const float *const blocks[DECEM_LINEAR_BLOCKS],
                                     float to[DECEM_LINEAR_TILE]) {
    decem_f32x4 sums[DECEM_LINEAR_BLOCKS][VECTORS];
    for (int32_t b = 0; b < DECEM_LINEAR_BLOCKS; b++)
        for (int32_t v = 0; v < VECTORS; v++) sums[b][v] = decem_f32x4_zero();
    for (; term < end; term++) {
        decem_f32x4 x = decem_f32x4_splat_load(&term->value);
        for (int32_t b = 0; b < DECEM_LINEAR_BLOCKS; b++) {
            const float *w = blocks[b] + term->weights;
            for (int32_t v = 0; v < VECTORS; v++) sums[b][v] = decem_f32x4_madd(x, decem_f32x4_load(w + 4 * v), sums[b][v]);
        }
    }
    for (int32_t b = 0; b < DECEM_LINEAR_BLOCKS; b++)
        for (int32_t v = 0; v < VECTORS; v++) decem_f32x4_store(to + b * DECEM_LINEAR_BLOCK + 4 * v, sums[b][v]);
}

void decem_f32_linear__simd(const decem_linear_args *args, int32_t tile) {
    int32_t first = tile * DECEM_LINEAR_TILE, last_block = decem_divide_up(args->out, DECEM_LINEAR_BLOCK) - 1;
    ptrdiff_t block_elements = (ptrdiff_t)decem_linear_block_elements(args->channels * args->pixels);
    const float *blocks[DECEM_LINEAR_BLOCKS];
    for (int32_t b = 0; b < DECEM_LINEAR_BLOCKS; b++) { /* past the last, the last again */
        int32_t block = tile * DECEM_LINEAR_BLOCKS + b;
        if (block > last_block) block = last_block;
        blocks[b] = args->weights + block * block_elements;
    }
    float sums[DECEM_LINEAR_TILE];
    sum_terms(args->terms, args->terms + *args->term_count, blocks, sums);
    for (int32_t n = first; n < args->out && n < first + DECEM_LINEAR_TILE; n++)
        args->output[n] = decem_clamp_f32(sums[n - first] + args->bias[n], args->clamp);
}
