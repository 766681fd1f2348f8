/* Convolution as matrix multiplication, without im2col.
 *
 * Output pixels are the rows, output channels the columns. For one pixel, the inputs under the window are a few
 * contiguous runs ("segments") of the padded input: with all channels in use, one a window row, of window width x channels
 * elements. So each row of the matrix is a pointer to the pixel's window, and the segments are the same offsets
 * for every pixel. Padding is memory around the map that holds zeros (its "halo"), which the caller provides.
 *
 * Weights are packed in panels of 8 columns; K = (channels / groups) * window height * window width:
 *
 *     panel 0:  k = 0: w0 w1 w2 w3 w4 w5 w6 w7    8 output channels
 *               k = 1: w0 w1 ...                  k runs over [window row][window column][channel]
 *               ...
 *     panel 1:  ...
 *
 * A panel belongs to one group (or block of a shuffle) and holds up to 8 of its channels (the rest are zeros). Each panel says where its input
 * starts and where its outputs go; a step of more than 1 between outputs folds a channel shuffle into the convolution. Then the first panels
 * of all blocks come first, next the second ones: of up to three blocks, outputs that become neighbours are stored together ("woven").
 *
 * Tolerance against the reference: |error| <= K * 2^-23 * sum(|input * weight|) + |bias| * 2^-22. */
#ifndef DECEM_KERNELS_CONV_CONV_H
#define DECEM_KERNELS_CONV_CONV_H

#include "kernels/map.h"

enum {
    DECEM_CONV_COLUMNS = 8,       /* of a panel */
    DECEM_CONV_ROWS = 4,          /* of the micro-kernel */
    DECEM_CONV_TILE_ROWS = 256,   /* the most rows in a tile */
    DECEM_CONV_SEGMENTS = 128,    /* the most segments of a window */
    DECEM_CONV_WOVEN = 3          /* the most blocks of a shuffle that are stored together */
};

/* What a convolution computes, apart from where things lie. */
typedef struct decem_conv_shape {
    int32_t in_channels, out_channels, groups;
    int32_t shuffle;            /* blocks of a channel shuffle of the outputs, 1 for none; a multiple of groups */
    int32_t window_height, window_width, stride;
} decem_conv_shape;

typedef struct decem_conv_panel {
    int32_t input_offset;   /* elements from a pixel's first channel to the group's */
    int32_t output_offset;  /* elements from a pixel's first channel to the panel's first */
    int32_t columns;        /* 1 to 8 */
} decem_conv_panel;

/* What happens to a sum before it is stored. */
typedef struct decem_conv_finish {
    decem_clamp before;         /* the activation of the convolution itself */
    const float *addend;        /* NULL, or a value of the output's height and width: added, or interleaved */
    ptrdiff_t addend_row_stride, addend_pixel_stride;
    int32_t interleave;         /* 1: output channel 2n is the addend's n, 2n + 1 the convolution's n */
    decem_clamp after;          /* the activation of the sum with the addend */
} decem_conv_finish;

typedef struct decem_conv_args {
    decem_map input;            /* `at` is the top left of the first window: padding included */
    decem_map output;           /* height and width count windows */
    int32_t stride;
    const int32_t *segments;    /* [segment_count] offsets in elements from a window's first element */
    int32_t segment_count, segment_length;
    const float *weights;       /* packed, [panel_count][K][8] */
    const float *bias;          /* [panel_count][8] */
    const decem_conv_panel *panels;
    int32_t panel_count;
    int32_t output_step;        /* elements between the outputs of neighbouring columns; 1 but for shuffles */
    decem_conv_finish finish;
    int32_t tile_rows;          /* pixels a tile, a multiple of 4, at most DECEM_CONV_TILE_ROWS / decem_conv_woven */
    int32_t tile_panels;        /* a multiple of decem_conv_woven */
} decem_conv_args;

/* Elements of K, panels, packed weights and packed bias. */
int32_t decem_conv_depth(const decem_conv_shape *shape);
int32_t decem_conv_panel_count(const decem_conv_shape *shape);
int64_t decem_conv_weight_elements(const decem_conv_shape *shape);

/* Fills the panels. Shuffled, channel i of block b goes to element i * shuffle + b of a pixel: the output step is
 * shape->shuffle. */
void decem_conv_panels(const decem_conv_shape *shape, decem_conv_panel *panels);

/* Writes the segments of a window and returns how many; *length gets the elements of each. */
int32_t decem_conv_segments(const decem_conv_shape *shape, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t *segments, int32_t *length);

/* Where an output channel's bias lies in the packed bias. */
int32_t decem_conv_bias_index(const decem_conv_shape *shape, int32_t channel);

/* Packs output channel `channel`: row is [channels / groups][window height][window width], PyTorch's order. The packed
 * weights must have been set to zero before the first row. */
void decem_conv_pack_row(const decem_conv_shape *shape, int32_t channel, const float *row, float *packed);

/* Multiplies the packed weights of an output channel: batch norm, folded. */
void decem_conv_scale_row(const decem_conv_shape *shape, int32_t channel, float scale, float *packed);

/* How many panels are stored together: the blocks of a shuffle where they are few, else 1. */
static inline int32_t decem_conv_woven(const decem_conv_args *args) {
    return args->output_step <= DECEM_CONV_WOVEN ? args->output_step : 1;
}

/* Chooses how large tiles are: rows of the input in the second-level cache, and enough tiles for some threads. */
void decem_conv_choose_tiles(decem_conv_args *args, const decem_conv_shape *shape, int32_t threads);
int32_t decem_conv_tiles(const decem_conv_args *args);

/* Computes one tile. */
void decem_f32_conv__simd(const decem_conv_args *args, int32_t tile);

/* The definition: one output after another, from weights in PyTorch's order. `input` as in the arguments (its `at` at the first
 * window), weights [out][in / groups][height][width], bias [out] or NULL. */
void decem_f32_conv__ref(const decem_conv_shape *shape, decem_map input, const float *weights, const float *bias, decem_map output);

#endif
