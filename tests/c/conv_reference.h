/* What a convolution with its tail must give: the scalar reference, then activation, shuffle, addition or interleaving,
 * one value after another. Shared by the tests of every kernel that convolves. */
#ifndef DECEM_TESTS_CONV_REFERENCE_H
#define DECEM_TESTS_CONV_REFERENCE_H

#include "kernels/conv/conv.h"
#include "maps.h"

typedef enum tail { PLAIN, ADDED, INTERLEAVED } tail;

/* input: with its padding; addend: of the output's size, unused for PLAIN. `wanted` has twice the channels for INTERLEAVED. */
static inline void define_conv(const decem_conv_shape *shape, decem_map input, const float *weights, const float *bias, tail kind, decem_clamp before,
                               const decem_map *addend, decem_clamp after, const decem_map *wanted) {
    int32_t out = shape->out_channels, block = out / shape->shuffle;
    guarded_map sums = make_map(wanted->height, wanted->width, out, 0);
    decem_f32_conv__ref(shape, input, weights, bias, sums.map);
    for (int32_t y = 0; y < wanted->height; y++)
        for (int32_t x = 0; x < wanted->width; x++)
            for (int32_t n = 0; n < out; n++) {
                float value = decem_clamp_f32(*map_at(&sums.map, y, x, n), before);
                if (kind == ADDED) value = decem_clamp_f32(value + *map_at(addend, y, x, n), after);
                if (kind == INTERLEAVED) *map_at(wanted, y, x, 2 * n) = *map_at(addend, y, x, n);
                *map_at(wanted, y, x, kind == INTERLEAVED ? 2 * n + 1 : n % block * shape->shuffle + n / block) = value;
            }
    free_map(&sums);
}

/* The finish of a kernel's arguments for the same tail. */
static inline decem_conv_finish finish_of(tail kind, decem_clamp before, const decem_map *addend, decem_clamp after) {
    decem_conv_finish finish = {.before = before, .after = after, .interleave = kind == INTERLEAVED};
    if (kind == PLAIN) return finish;
    finish.addend = addend->at;
    finish.addend_row_stride = addend->row_stride;
    finish.addend_pixel_stride = addend->pixel_stride;
    return finish;
}

/* The bound that the headers of Winograd's kernels give, of `depth` products an output: the same for every output, as the transforms mix
 * neighbours; for an addition also its own rounding. `input` with its padding; weights: [channels of the bound][depth]. */
static inline void define_winograd_bound(const decem_map *input, const float *weights, int32_t depth, tail kind, const decem_map *bound) {
    float largest = 0.0f, heaviest = 0.0f;
    for (int32_t y = 0; y < input->height; y++)
        for (int32_t x = 0; x < input->width; x++)
            for (int32_t c = 0; c < input->channels; c++) largest = fmaxf(largest, fabsf(*map_at(input, y, x, c)));
    for (int32_t n = 0; n < bound->channels; n++) {
        float weight = 0.0f;
        for (int32_t k = 0; k < depth; k++) weight += fabsf(weights[n * depth + k]);
        heaviest = fmaxf(heaviest, weight);
    }
    float error = 16.0f * (float)depth * 0x1p-23f * largest * heaviest + (kind == ADDED ? 0x1p-23f : 0.0f);
    for (int32_t y = 0; y < bound->height; y++)
        for (int32_t x = 0; x < bound->width; x++)
            for (int32_t n = 0; n < bound->channels; n++) *map_at(bound, y, x, n) = error;
}

#endif
