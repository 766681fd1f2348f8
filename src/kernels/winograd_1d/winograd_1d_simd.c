#include <string.h>

#include "kernels/conv/gemm.h"
#include "kernels/winograd_1d/winograd_1d.h"

enum {
    POINTS = DECEM_WINOGRAD_1D_POINTS,
    BLOCK = DECEM_WINOGRAD_1D_BLOCK,
    CHUNK = 16,         /* blocks that are multiplied at once: few, so that their outputs go to memory while the next ones are computed */
    COLUMNS_MOST = 2 * DECEM_CONV_COLUMNS, /* channels, likewise: a line of the cache */
    TILE_ROWS_MOST = 16, /* V stays in the second-level cache; neighbouring tiles both transform window_height - 2 rows */
    ROWS = CHUNK + DECEM_GEMM_ROWS_PAST
};

static int32_t blocks_across(const decem_winograd_1d_args *args) {
    return decem_divide_up(args->output.width, BLOCK);
}

/* Pairs of pixels in a line: each block has 4 of its own and needs the next 3. */
static int32_t line_pairs(const decem_winograd_1d_args *args) {
    return blocks_across(args) * BLOCK + POINTS - BLOCK;
}

static int32_t pair_elements(const decem_winograd_1d_args *args) {
    return DECEM_WINOGRAD_1D_STRIDE * args->input.channels;
}

/* Rows of the input that so many of the output need. */
static int32_t input_rows(const decem_winograd_1d_args *args, int32_t rows) {
    return (rows - 1) * DECEM_WINOGRAD_1D_STRIDE + args->window_height;
}

static ptrdiff_t block_stride(const decem_winograd_1d_args *args) {
    return (ptrdiff_t)input_rows(args, args->tile_rows) * pair_elements(args);
}

static ptrdiff_t point_stride(const decem_winograd_1d_args *args) {
    return blocks_across(args) * block_stride(args);
}

void decem_winograd_1d_choose_tiles(decem_winograd_1d_args *args, int32_t threads) {
    int32_t tiles = decem_divide_up(args->output.height, TILE_ROWS_MOST);
    args->tile_rows = decem_divide_up(args->output.height, decem_divide_up(tiles, threads) * threads);
}

int32_t decem_winograd_1d_tiles(const decem_winograd_1d_args *args) {
    return decem_divide_up(args->output.height, args->tile_rows);
}

/* What a tile works in. */
typedef struct workspace {
    float *line, *v, *m;
} workspace;

static workspace divide(const decem_winograd_1d_args *args, float *scratch) {
    workspace work = {.line = scratch};
    work.v = work.line + (ptrdiff_t)line_pairs(args) * pair_elements(args);
    work.m = work.v + POINTS * point_stride(args);
    return work;
}

int64_t decem_winograd_1d_scratch_elements(const decem_winograd_1d_args *args) {
    return (int64_t)line_pairs(args) * pair_elements(args) + POINTS * (int64_t)point_stride(args) + POINTS * CHUNK * COLUMNS_MOST;
}

/* A row of the image from its left padding on, with zeros for what is outside. */
static void copy_line(const decem_winograd_1d_args *args, int32_t y, float *line) {
    const decem_map *in = &args->input;
    int32_t pixels = line_pairs(args) * DECEM_WINOGRAD_1D_STRIDE, before = args->padding_left, inside = in->width;
    if (inside > pixels - before) inside = pixels - before;
    if (y < 0 || y >= in->height) inside = before = 0;
    memset(line, 0, (size_t)before * (size_t)in->channels * sizeof(float));
    line += (ptrdiff_t)before * in->channels;
    const float *from = in->at + y * in->row_stride;
    if (in->pixel_stride == in->channels) memcpy(line, from, (size_t)inside * (size_t)in->channels * sizeof(float));
    else for (int32_t x = 0; x < inside; x++)
        for (int32_t c = 0; c < in->channels; c++) line[x * in->channels + c] = from[x * in->pixel_stride + c];
    line += (ptrdiff_t)inside * in->channels;
    memset(line, 0, (size_t)(pixels - before - inside) * (size_t)in->channels * sizeof(float));
}

static void transform_input(const decem_winograd_1d_args *args, int32_t first, int32_t rows, const workspace *work) {
    for (int32_t i = 0; i < input_rows(args, rows); i++) {
        copy_line(args, first * DECEM_WINOGRAD_1D_STRIDE - args->padding_top + i, work->line);
        decem_winograd_1d_transform_input(work->line, args->input.channels, blocks_across(args), work->v + i * pair_elements(args), point_stride(args), block_stride(args));
    }
}

/* Blocks of one row of the output: pointers to their windows, and to their products. */
typedef struct chunk_rows {
    const float *inputs[POINTS][ROWS];
    float *products[POINTS][ROWS];
} chunk_rows;

static void find_rows(const decem_winograd_1d_args *args, int32_t row, int32_t block, int32_t count, const workspace *work, chunk_rows *rows) {
    const float *window = work->v + row * DECEM_WINOGRAD_1D_STRIDE * pair_elements(args);
    for (int32_t p = 0; p < POINTS; p++, window += point_stride(args))
        for (int32_t i = 0; i < count + DECEM_GEMM_ROWS_PAST; i++) { /* past the last, the last again */
            int32_t at = i < count ? i : count - 1;
            rows->inputs[p][i] = window + (block + at) * block_stride(args);
            rows->products[p][i] = work->m + (p * CHUNK + at) * COLUMNS_MOST;
        }
}

/* All channels of some blocks of a row: M = V U at every point, and its transform. */
static void compute_blocks(const decem_winograd_1d_args *args, const chunk_rows *rows, int32_t count, const workspace *work, float *output, int32_t width) {
    int32_t depth = args->window_height * pair_elements(args);
    const float *u = args->weights;
    for (int32_t n = 0, columns; n < args->output.channels; n += columns) {
        columns = args->output.channels - n < COLUMNS_MOST ? args->output.channels - n : COLUMNS_MOST;
        for (int32_t column = 0; column < columns; column += DECEM_CONV_COLUMNS)
            for (int32_t p = 0; p < POINTS; p++, u += (ptrdiff_t)depth * DECEM_CONV_COLUMNS)
                decem_f32_gemm_product(&(decem_gemm_rows){rows->inputs[p], NULL, rows->products[p], count}, 0, column, depth, u, &(decem_gemm_ahead){u, u});
        for (int32_t i = 0; i < count; i++)
            decem_winograd_1d_transform_output(work->m + i * COLUMNS_MOST, CHUNK * COLUMNS_MOST, columns, args->bias + n, args->clamp,
                                               output + n + i * BLOCK * args->output.pixel_stride, args->output.pixel_stride, width - i * BLOCK);
    }
}

void decem_f32_winograd_1d__simd(const decem_winograd_1d_args *args, int32_t tile, float *scratch) {
    const decem_map *out = &args->output;
    int32_t first = tile * args->tile_rows, rows = out->height - first;
    if (rows > args->tile_rows) rows = args->tile_rows;
    workspace work = divide(args, scratch);
    transform_input(args, first, rows, &work);
    for (int32_t y = 0; y < rows; y++)
        for (int32_t block = 0; block < blocks_across(args); block += CHUNK) {
            int32_t count = blocks_across(args) - block, width = out->width - block * BLOCK;
            if (count > CHUNK) count = CHUNK;
            if (width > CHUNK * BLOCK) width = CHUNK * BLOCK;
            chunk_rows found;
            find_rows(args, y, block, count, &work, &found);
            compute_blocks(args, &found, count, &work, out->at + (first + y) * out->row_stride + block * BLOCK * out->pixel_stride, width);
        }
}
