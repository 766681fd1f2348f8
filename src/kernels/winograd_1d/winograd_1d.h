/* Convolution by a 7 wide window of stride 2, by Winograd's minimal filtering along rows alone: F(4, 4) in one dimension (Lavin and
 * Gray 2015, as in kernels/winograd). Columns of even and of odd number, taken apart, are convolved with stride 1: by 4 taps and by 3.
 * So with d for 7 pairs of pixels and g for 4 pairs of taps
 *
 *     4 outputs = At sum over pairs, window rows and input channels of (G g) * (Bt d)
 *
 * which takes 7 multiplications where 14 + 14 would be needed directly. The sum is a matrix multiplication at each of the 7 points, done by the
 * same micro-kernel as every other convolution: rows are blocks of 4 outputs, columns output channels, and its depth
 * K = window height * 2 * in runs over [window row][even, odd][channel]. Made for the first layer of a network: two dimensions
 * would save more multiplications, but with 3 channels K would be 12, and the sums cost more to store than to compute.
 *
 *     weights:  [out / 8][7][K][8]                transformed once, when they are packed
 *     scratch:  line [2 * (4 * blocks + 3)][in]   a row of the image, with zeros around it
 *               V [7][blocks][rows][2 * in]       transformed rows: what lies under a window is one run of K
 *               M [7][some blocks][16]            products
 *
 * The input needs no halo. Channels: in 2 or more, out a multiple of 8.
 *
 * Tolerance against the reference, with K = taps * in: |error| <= 16 * K * 2^-23 * max|input| * max over outputs of sum|weight|. */
#ifndef DECEM_KERNELS_WINOGRAD_1D_WINOGRAD_1D_H
#define DECEM_KERNELS_WINOGRAD_1D_WINOGRAD_1D_H

#include "kernels/conv/conv.h"

enum {
    DECEM_WINOGRAD_1D_WIDTH = 7,  /* of the window */
    DECEM_WINOGRAD_1D_STRIDE = 2,
    DECEM_WINOGRAD_1D_BLOCK = 4,  /* outputs */
    DECEM_WINOGRAD_1D_POINTS = 7
};

typedef struct decem_winograd_1d_args {
    int32_t window_height;
    decem_map input;            /* `at` is the first pixel, padding not included */
    int32_t padding_top, padding_left;
    decem_map output;
    const float *weights;
    const float *bias;          /* [out] */
    decem_clamp clamp;
    int32_t tile_rows;          /* of the output */
} decem_winograd_1d_args;

int64_t decem_winograd_1d_weight_elements(const decem_conv_shape *shape);

/* Packs one output channel's [in][window height][7] weights; scales them: batch norm, folded. */
void decem_winograd_1d_pack_row(const decem_conv_shape *shape, int32_t channel, const float *row, float *packed);
void decem_winograd_1d_scale_row(const decem_conv_shape *shape, int32_t channel, float scale, float *packed);

/* Chooses how much a tile does, so that some threads share the work; then how many tiles, and the elements of scratch that one needs. */
void decem_winograd_1d_choose_tiles(decem_winograd_1d_args *args, int32_t threads);
int32_t decem_winograd_1d_tiles(const decem_winograd_1d_args *args);
int64_t decem_winograd_1d_scratch_elements(const decem_winograd_1d_args *args);

void decem_f32_winograd_1d__simd(const decem_winograd_1d_args *args, int32_t tile, float *scratch);

/* ---- the transforms ---- */

/* Some blocks of a line; points of V are `point_stride` elements apart, blocks `block_stride`. */
void decem_winograd_1d_transform_input(const float *line, int32_t channels, int32_t blocks, float *v, ptrdiff_t point_stride, ptrdiff_t block_stride);

/* One block, some channels; points of M are `point_stride` elements apart. At most `width` of the 4 pixels are stored. */
void decem_winograd_1d_transform_output(const float *m, ptrdiff_t point_stride, int32_t channels, const float *bias, decem_clamp clamp, float *output,
                                        ptrdiff_t pixel_stride, int32_t width);

#endif
