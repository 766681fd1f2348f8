/* 3x3 convolution of stride 1 by Winograd's minimal filtering, F(2x2, 3x3) and F(4x4, 3x3): Lavin and Gray, "Fast algorithms
 * for convolutional neural networks" (2015), https://arxiv.org/abs/1509.09308. Written with d for a block of the input, g
 * for a kernel:
 *
 *     output block [m][m] = At [ (G g Gt) * (Bt d B) ] A      m = 2 or 4, p = (m + 2)^2 points
 *
 * The products over input channels at each point are a matrix multiplication, done by the same micro-kernel as every other
 * convolution: rows are blocks of the image, columns output channels. 2.25 or 4 times fewer multiplications than directly,
 * against p / 9 times the memory for weights.
 *
 *     scratch:  V [p][blocks][in]   transformed input      M [p][blocks][columns]   products
 *     weights:  U [p][panels][in][8], or where an image has few blocks ("streamed") [p] as gemm.h says for 16 rows
 *
 * The input needs no halo: blocks at the edge are copied with zeros around them. Channels: in a multiple of 4, out of 8.
 *
 * Tolerance against the reference, with K = 9 * in: |error| <= c * K * 2^-23 * max|input| * max over outputs of sum|weight|, c = 2 for
 * F(2x2), 16 for F(4x4): its transforms amplify rounding. */
#ifndef DECEM_KERNELS_WINOGRAD_WINOGRAD_H
#define DECEM_KERNELS_WINOGRAD_WINOGRAD_H

#include "kernels/conv/conv.h"

enum { DECEM_WINOGRAD_BATCH_MAX = 48 /* blocks at once */ };

/* What its weights are packed for. */
typedef struct decem_winograd_shape {
    int32_t block;              /* m: outputs along a block's side, 2 or 4 */
    int32_t in, out;            /* channels */
    int32_t streamed;           /* 1: weights lie as the kernel for few blocks wants them */
} decem_winograd_shape;

typedef struct decem_winograd_args {
    decem_winograd_shape shape;
    decem_map input;            /* `at` is the first pixel, padding not included */
    int32_t padding_top, padding_left;
    decem_map output;           /* of the convolution, or of its pool */
    int32_t pool;               /* 1: each 2x2 of the outputs becomes its maximum (never with an addend) */
    const float *weights;       /* U */
    const float *bias;          /* [out] */
    decem_conv_finish finish;   /* interleave is not supported */
    int32_t batch;              /* blocks a tile, at most DECEM_WINOGRAD_BATCH_MAX */
    int32_t tile_panels;        /* columns / 8 a tile */
} decem_winograd_args;

/* Points of F(block x block, 3x3). */
static inline int32_t decem_winograd_points(int32_t block) {
    return (block + 2) * (block + 2);
}

/* The shape of F(block x block, 3x3) for an output of height x width. */
decem_winograd_shape decem_winograd_shape_of(int32_t block, int32_t in, int32_t out, int32_t height, int32_t width);

int64_t decem_winograd_weight_elements(const decem_winograd_shape *shape);

/* Transforms and packs one output channel's [in][3][3] weights; scales them: batch norm, folded. */
void decem_winograd_pack_row(const decem_winograd_shape *shape, int32_t channel, const float *row, float *packed);
void decem_winograd_scale_row(const decem_winograd_shape *shape, int32_t channel, float scale, float *packed);

/* Chooses how much a tile does, so that some threads share the work; then how many tiles, and the elements of scratch that one needs. */
void decem_winograd_choose_tiles(decem_winograd_args *args, int32_t threads);
int32_t decem_winograd_tiles(const decem_winograd_args *args);
int64_t decem_winograd_scratch_elements(const decem_winograd_args *args);

void decem_f32_winograd__simd(const decem_winograd_args *args, int32_t tile, float *scratch);

/* The transforms of one block, all channels. `in`: (block + 2)^2 pixels with the strides given; V and M: points are `point_stride`
 * elements apart. */
void decem_winograd_input_2(const float *in, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t channels, float *v, ptrdiff_t point_stride);
void decem_winograd_input_4(const float *in, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t channels, float *v, ptrdiff_t point_stride);

/* Where a block's outputs go: height x width of them are inside the image, after pooling if there is any; addend as in
 * decem_conv_finish. */
typedef struct decem_winograd_target {
    float *at;
    int32_t pool;
    const float *addend;
    ptrdiff_t row_stride, pixel_stride, addend_row_stride, addend_pixel_stride;
    int32_t height, width;
    decem_clamp before, after;
} decem_winograd_target;

void decem_winograd_output_2(const float *m, ptrdiff_t point_stride, int32_t channels, const float *bias, const decem_winograd_target *target);
void decem_winograd_output_4(const float *m, ptrdiff_t point_stride, int32_t channels, const float *bias, const decem_winograd_target *target);

#endif
