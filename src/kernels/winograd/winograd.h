/* Convolution by Winograd's minimal filtering: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2015),
 * https://arxiv.org/abs/1509.09308. Written with d for a block of inputs, g for a kernel:
 *
 *     outputs = At [ (G g Gt) * (Bt d B) ] A
 *
 *     kernel               3x3   3x3   5x5     3x3, stride 2                7x7, stride 2
 *     inputs of a block    6x6   8x8   8x8     4x4             8x8          8x8
 *     outputs              4x4   6x6   4x4     3x3             7x7          5x5
 *     times fewer products 4     5.1   6.3     1.7 (of 49)     2 (of 225)   3.8
 *
 * The products over input channels at each of the 16, 36 or 64 points are a matrix multiplication, done by the same micro-kernel as every other
 * convolution: rows are blocks of the image, columns output channels.
 *
 * A convolution of stride 2 is one of stride 1 over four times as many channels, by a kernel of half the side: those of the input's even rows and
 * even columns, even rows and odd columns, and so on. 3x3 becomes 2x2 and 7x7 4x4. Odd rows and columns see a tap less, for which there is a
 * zero, and nothing to be multiplied at infinity.
 *
 * A block at the right or lower edge of which few columns or rows are inside the image needs fewer points: as many as F(2, 3), F(4, 3) or
 * F(2, 5), whose points are some of the same, with the same transformed weights. Of 14x14 outputs that leaves 484 of 576 products. Infinity
 * counts for the last output alone, so that 3 outputs of 4 do without: of 7x7 that leaves 121 of 144.
 *
 * Weights are kept as they came, and transformed while they are used: 36 or 64 for 9 would have to be read from memory, which
 * takes longer than to compute them again. So a part of them is transformed, multiplied with all blocks of a batch, and forgotten:
 * of some columns and some input channels, and of 64 points only some lines. Of 4 blocks, as 7x7 pixels are, the products take no longer than
 * the weights: then so few channels at a time that what lies between stays in the first-level cache.
 *
 *     scratch:  V [runs of channels][points][blocks][depth]   transformed input
 *               U [panels][some points][depth][8]             transformed weights, of some panels of 8 columns
 *               M [points][blocks][panels * 8]                products
 *
 * The input needs no halo: blocks at the edge are copied with zeros around them. Channels: in any number, but a multiple of 4 for stride 1;
 * out a multiple of 8.
 *
 * Tolerance against the reference, with K = taps * in: |error| <= 16 * K * 2^-23 * max|input| * max over outputs of sum|weight|: the
 * transforms amplify rounding. */
#ifndef DECEM_KERNELS_WINOGRAD_WINOGRAD_H
#define DECEM_KERNELS_WINOGRAD_WINOGRAD_H

#include "kernels/conv/conv.h"
#include "kernels/conv/gemm.h"

enum {
    DECEM_WINOGRAD_SIDE_MOST = 8,  /* inputs along a block's side, and points */
    DECEM_WINOGRAD_BATCH_MAX = 104, /* blocks at once: 56x56 pixels are 100 of 6x6 */
    DECEM_WINOGRAD_BATCH_OF_MANY = 56, /* blocks at once where all are too many: their inputs stay in the second-level cache */
    DECEM_WINOGRAD_KERNELS_FEW = 64 * 64, /* pairs of an input and an output channel, few enough to be transformed for more batches */
    DECEM_WINOGRAD_DEPTH = 256,    /* input channels whose weights are transformed at once */
    DECEM_WINOGRAD_SPREAD = 16,    /* elements between points that keep them apart: were they a multiple of 4 KiB, as they tend to be, all
                                      would fall into the same few lines of the first-level cache */
    DECEM_WINOGRAD_U_STRIDE = DECEM_WINOGRAD_DEPTH * DECEM_CONV_COLUMNS + DECEM_WINOGRAD_SPREAD, /* elements from a point of U to the next */
    DECEM_WINOGRAD_FEW = 4,        /* blocks, up to so many of 6x6, whose transformed weights stay in the first-level cache */
    DECEM_WINOGRAD_FEW_DEPTH = 16, /* then so many input channels at once */
    DECEM_WINOGRAD_FEW_U_STRIDE = DECEM_WINOGRAD_FEW_DEPTH * DECEM_CONV_COLUMNS + DECEM_WINOGRAD_SPREAD,
    DECEM_WINOGRAD_FEW_V_STRIDE = DECEM_WINOGRAD_FEW * DECEM_WINOGRAD_FEW_DEPTH + DECEM_WINOGRAD_SPREAD, /* the same of V and of M, one panel */
    DECEM_WINOGRAD_FEW_M_STRIDE = DECEM_WINOGRAD_FEW * DECEM_CONV_COLUMNS + DECEM_WINOGRAD_SPREAD
};

typedef struct decem_winograd_args {
    int32_t kernel, stride;     /* along its side: 3 or 5, stride 1; 3 or 7, stride 2 */
    int32_t side;               /* of a block: 8; or, for kernels of 3, 6 with stride 1, 4 with stride 2 */
    decem_map input;            /* `at` is the first pixel, padding not included */
    int32_t padding_top, padding_left;
    decem_map output;           /* of the convolution, or of its pool */
    int32_t pool;               /* 1: each 2x2 of the outputs becomes its maximum; never with an addend or stride 2 */
    const float *weights;       /* [out / 8][stride * stride * in][taps * taps][8] */
    const float *bias;          /* [out] */
    decem_conv_finish finish;   /* interleave is not supported */
    int32_t batch;              /* blocks a tile: DECEM_WINOGRAD_FEW to DECEM_WINOGRAD_BATCH_MAX */
    int32_t tile_panels;        /* columns / 8 a tile */
} decem_winograd_args;

/* Taps along the side of the kernel of stride 1: 2 to 5. */
static inline int32_t decem_winograd_taps(int32_t kernel, int32_t stride) {
    return decem_divide_up(kernel, stride);
}

/* Outputs along a block's side. */
static inline int32_t decem_winograd_block(int32_t taps, int32_t side) {
    return side - taps + 1;
}

/* Points that so many outputs along a block's side need. They are 0, 1, -1, 2, -2, 1/2, -1/2 and infinity; of fewer, the first ones and
 * infinity. With an even number of taps, blocks are never cut. */
static inline int32_t decem_winograd_points_for(int32_t taps, int32_t side, int32_t outputs) {
    return taps % 2 == 0 ? side : (outputs + taps) / 2 * 2;
}

/* Whether they need the one at infinity: it counts for the last output alone of as many as the points allow. */
static inline int decem_winograd_needs_last(int32_t taps, int32_t side, int32_t outputs) {
    return outputs + taps - 1 == decem_winograd_points_for(taps, side, outputs);
}

/* In how many batches so many blocks are computed, by so many kernels of stride 1. */
static inline int32_t decem_winograd_batches(int32_t blocks, double kernels) {
    int32_t most = kernels <= DECEM_WINOGRAD_KERNELS_FEW ? DECEM_WINOGRAD_BATCH_OF_MANY : DECEM_WINOGRAD_BATCH_MAX;
    return blocks <= most ? 1 : decem_divide_up(blocks, DECEM_WINOGRAD_BATCH_OF_MANY);
}

/* Whether rows or columns of a parity see the last tap. */
static inline int decem_winograd_has_last(int32_t kernel, int32_t stride, int32_t parity) {
    return parity + stride * (decem_winograd_taps(kernel, stride) - 1) < kernel;
}

int64_t decem_winograd_weight_elements(const decem_conv_shape *shape);

/* Packs one output channel's [in][kernel][kernel] weights; scales them: batch norm, folded. */
void decem_winograd_pack_row(const decem_conv_shape *shape, int32_t channel, const float *row, float *packed);
void decem_winograd_scale_row(const decem_conv_shape *shape, int32_t channel, float scale, float *packed);

/* Chooses how much a tile does, so that some threads share the work; then how many tiles, and the elements of scratch that one needs. */
void decem_winograd_choose_tiles(decem_winograd_args *args, int32_t threads);
int32_t decem_winograd_tiles(const decem_winograd_args *args);
int64_t decem_winograd_scratch_elements(const decem_winograd_args *args);

void decem_f32_winograd__simd(const decem_winograd_args *args, int32_t tile, float *scratch);

/* M + V U at the 36 points of DECEM_WINOGRAD_FEW blocks and one panel, in one call: with few channels, one for each point would take as
 * long as the products. Points are as far apart as DECEM_WINOGRAD_FEW_V_STRIDE says, and so on; blocks lie side by side. */
typedef struct decem_winograd_products {
    const float *v, *u;
    float *m;
    int32_t depth;
    int32_t cut;            /* whether blocks are 2x2, of which the lower ones need no point at infinity down, those to the right none across */
    decem_gemm_ahead ahead; /* the weights that are transformed next */
} decem_winograd_products;

void decem_winograd_multiply_few(const decem_winograd_products *of);

/* ---- the transforms; points of V and M are `point_stride` elements apart ---- */

/* Of a block, along its sides: 4, 6 or 8. All points have a place, [side][side], but only these are written and read. */
typedef struct decem_winograd_points {
    int32_t y, x;
} decem_winograd_points;

/* One block, all channels. `in`: as many pixels as points, with the strides given. */
void decem_winograd_transform_input(const float *in, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t channels, int32_t side, decem_winograd_points points,
                                    float *v, ptrdiff_t point_stride);

/* Lines of points are transformed at once, all of them or, where their weights would crowd the second-level cache, in parts of two: the first
 * and the last line, then those of a point and of its opposite. */
static inline int32_t decem_winograd_parts(int32_t side) {
    return side == DECEM_WINOGRAD_SIDE_MOST ? 4 : 1;
}

static inline int32_t decem_winograd_part_lines(int32_t side) {
    return side / decem_winograd_parts(side);
}

/* Where a part's line is among all. */
static inline int32_t decem_winograd_line(int32_t side, int32_t part, int32_t line) {
    if (decem_winograd_parts(side) == 1) return line;
    return part == 0 ? line * (side - 1) : 2 * part - 1 + line;
}

/* [depth][taps * taps][8] to a part's [lines][side][depth][8]; points are as far apart as DECEM_WINOGRAD_U_STRIDE says, or, of 36 points, as
 * DECEM_WINOGRAD_FEW_U_STRIDE does. */
void decem_winograd_transform_weights(const float *weights, int32_t taps, int32_t side, int32_t part, int32_t depth, float *u, ptrdiff_t point_stride);

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

/* One block, some channels. */
void decem_winograd_transform_output(const float *m, ptrdiff_t point_stride, int32_t channels, int32_t side, decem_winograd_points points, int32_t taps,
                                     const float *bias, const decem_winograd_target *target);

#endif
