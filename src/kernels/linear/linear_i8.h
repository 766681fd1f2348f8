/* Fully connected layer with weights of 8 bits: outputs[n] = scales[n] * (weights[n] x) + bias[n]. They are a quarter of the
 * bytes, and a layer that is used once an image waits for little else.
 *
 * The input is rounded once a layer, to whole multiples of its largest number / 32767, so that products and their sums are
 * exact integers; these become f32 before they can overflow, every DECEM_LINEAR_I8_BLOCK weights. All operations are the same
 * in the strict and the relaxed build.
 * Tolerance against the reference, which rounds no input, with |w| = |weight * scale|:
 *     |error| <= 1.02 * 2^-16 * max|x| * sum(|w|) + (in / 1024 + 8) * 2^-24 * sum(|x * w|) + |bias| * 2^-22
 * Where the input's largest number is not finite every output is NaN; where it is below 2^-100, the input counts as 0. */
#ifndef DECEM_KERNELS_LINEAR_LINEAR_I8_H
#define DECEM_KERNELS_LINEAR_LINEAR_I8_H

#include "kernels/linear/linear.h"

enum {
    DECEM_LINEAR_I8_STEP = 16,   /* rows of weights, and the rounded input, are filled up with zeros to a multiple of this */
    DECEM_LINEAR_I8_BLOCK = 2032 /* weights: 254 sums of two products, each at most 2^22, in a lane: below 2^31 */
};

typedef struct decem_linear_i8_args {
    const float *input;   /* [in] */
    float *output;        /* [out] */
    int32_t in, out;
    const int8_t *weights; /* [out][row], row = decem_linear_i8_row(in) */
    const float *scales;  /* [out] */
    const float *bias;    /* [out] */
    decem_clamp clamp;
    int16_t *rounded;     /* [row] the input as multiples of *unit; written by round */
    float *unit;
} decem_linear_i8_args;

/* Weights that a row takes. */
int32_t decem_linear_i8_row(int32_t in);

/* To be called once, before the tiles, which read what it writes. */
void decem_linear_i8_round__simd(const decem_linear_i8_args *args);

/* Tiles are those of decem_linear_tiles: DECEM_LINEAR_TILE outputs. */
int32_t decem_linear_i8_tiles(const decem_linear_i8_args *args);
void decem_i8_linear__simd(const decem_linear_i8_args *args, int32_t tile);
void decem_i8_linear__ref(const decem_linear_i8_args *args, int32_t tile);

/* PyTorch flattens [C][H][W]; here maps are [H][W][C]: one row of whole numbers in PyTorch's order, reordered and filled up. */
void decem_linear_i8_pack_row(int32_t channels, int32_t pixels, const float *row, int8_t *packed);

#endif
