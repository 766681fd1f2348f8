#include <string.h>

#include "kernels/conv/gemm.h"
#include "kernels/winograd/winograd.h"

/* Outputs that are stored along a block's side. */
static int32_t block_side(const decem_winograd_args *args) {
    return args->pool ? args->shape.block / 2 : args->shape.block;
}

static int32_t blocks_across(const decem_winograd_args *args) {
    return decem_divide_up(args->output.width, block_side(args));
}

static int32_t block_count(const decem_winograd_args *args) {
    return blocks_across(args) * decem_divide_up(args->output.height, block_side(args));
}

static int32_t panel_count(const decem_winograd_args *args) {
    return args->output.channels / DECEM_CONV_COLUMNS;
}

/* Elements between the points of V or M. Were it a multiple of 4 KiB, as it tends to be, all points of a block would fall into the
 * same few lines of the first-level cache; a line more spreads them. */
static ptrdiff_t point_stride(const decem_winograd_args *args, int32_t channels) {
    return (ptrdiff_t)args->batch * channels + 16;
}

enum {
    PANELS_LEAST = 8 /* a tile transforms its input by itself: fewer columns would not be worth that */
};

void decem_winograd_choose_tiles(decem_winograd_args *args, int32_t threads) {
    int32_t blocks = block_count(args), panels = panel_count(args);
    int32_t batches = decem_divide_up(blocks, DECEM_WINOGRAD_BATCH_MAX);
    if (batches > 1) batches = decem_divide_up(batches, threads) * threads;
    args->batch = decem_divide_up(decem_divide_up(blocks, batches), DECEM_CONV_ROWS) * DECEM_CONV_ROWS;
    batches = decem_divide_up(blocks, args->batch);
    int32_t parts = decem_divide_up(threads, batches); /* no more, since each transforms all of its batch's input */
    if (parts > panels / PANELS_LEAST) parts = panels / PANELS_LEAST;
    args->tile_panels = parts < 1 ? panels : decem_divide_up(panels, parts);
}

int32_t decem_winograd_tiles(const decem_winograd_args *args) {
    return decem_divide_up(block_count(args), args->batch) * decem_divide_up(panel_count(args), args->tile_panels);
}

/* The elements that a block is copied to, or the rows and the sums of a streamed multiplication. */
static int64_t work_elements(const decem_winograd_args *args) {
    int64_t block = (int64_t)decem_winograd_points(args->shape.block) * args->input.channels;
    int64_t streamed = DECEM_GEMM_STREAMED_ROWS * (args->input.channels + args->tile_panels * DECEM_CONV_COLUMNS);
    return args->shape.streamed && streamed > block ? streamed : block;
}

int64_t decem_winograd_scratch_elements(const decem_winograd_args *args) {
    return decem_winograd_points(args->shape.block) * (int64_t)(point_stride(args, args->input.channels) + point_stride(args, args->tile_panels * DECEM_CONV_COLUMNS)) +
           work_elements(args);
}

/* The block's pixels with zeros for those outside the image. */
static void copy_block(const decem_map *in, int32_t y0, int32_t x0, int32_t side, float *block) {
    for (int32_t y = y0; y < y0 + side; y++)
        for (int32_t x = x0; x < x0 + side; x++, block += in->channels) {
            if (y < 0 || y >= in->height || x < 0 || x >= in->width) memset(block, 0, (size_t)in->channels * sizeof(float));
            else memcpy(block, in->at + y * in->row_stride + x * in->pixel_stride, (size_t)in->channels * sizeof(float));
        }
}

static void transform_input(const decem_winograd_args *args, int32_t first, int32_t count, float *v, float *block) {
    const decem_map *in = &args->input;
    int32_t side = args->shape.block + 2, across = blocks_across(args);
    ptrdiff_t points = point_stride(args, in->channels);
    for (int32_t i = 0; i < count; i++) {
        int32_t y0 = (first + i) / across * args->shape.block - args->padding_top, x0 = (first + i) % across * args->shape.block - args->padding_left;
        const float *at = in->at + y0 * in->row_stride + x0 * in->pixel_stride;
        ptrdiff_t row_stride = in->row_stride, pixel_stride = in->pixel_stride;
        if (y0 < 0 || x0 < 0 || y0 + side > in->height || x0 + side > in->width) {
            copy_block(in, y0, x0, side, block);
            at = block;
            pixel_stride = in->channels;
            row_stride = side * pixel_stride;
        }
        if (args->shape.block == 2) decem_winograd_input_2(at, row_stride, pixel_stride, in->channels, v + (ptrdiff_t)i * in->channels, points);
        else decem_winograd_input_4(at, row_stride, pixel_stride, in->channels, v + (ptrdiff_t)i * in->channels, points);
    }
}

/* M = V U at every point. A panel of U stays in the first-level cache while all blocks pass. */
static void multiply(const decem_winograd_args *args, int32_t count, int32_t first_panel, int32_t panels, const float *v, float *m) {
    static const float no_bias[DECEM_CONV_COLUMNS];
    static const int32_t one_segment[1];
    const decem_clamp none = {0.0f, 0.0f, 0};
    int32_t in = args->input.channels, columns = panels * DECEM_CONV_COLUMNS;
    const float *rows[DECEM_WINOGRAD_BATCH_MAX + DECEM_GEMM_ROWS_PAST];
    float *outputs[DECEM_WINOGRAD_BATCH_MAX + DECEM_GEMM_ROWS_PAST];
    for (int32_t p = 0; p < decem_winograd_points(args->shape.block); p++) {
        const float *u = args->weights + ((ptrdiff_t)p * panel_count(args) + first_panel) * in * DECEM_CONV_COLUMNS;
        for (int32_t i = 0; i < count + DECEM_GEMM_ROWS_PAST; i++) { /* past the last, the last again */
            ptrdiff_t block = i < count ? i : count - 1;
            rows[i] = v + p * point_stride(args, in) + block * in;
            outputs[i] = m + p * point_stride(args, columns) + block * columns;
        }
        decem_gemm_rows all = {rows, NULL, outputs, count};
        for (int32_t n = 0; n < panels; n++, u += (ptrdiff_t)in * DECEM_CONV_COLUMNS) {
            decem_gemm_panel panel = {0, n * DECEM_CONV_COLUMNS, one_segment, 1, in, u, no_bias, none};
            decem_f32_gemm(&all, &panel, DECEM_CONV_COLUMNS);
        }
    }
}

/* [count][columns] to [columns][filled]: past the count the last row again. */
DECEM_NOINLINE static void transpose(const float *rows, int32_t count, int32_t filled, int32_t columns, float *to) {
    for (int32_t i = 0; i < filled; i += 4)
        for (int32_t k = 0; k < columns; k += 4) {
            decem_f32x4 part[4];
            for (int32_t j = 0; j < 4; j++) part[j] = decem_f32x4_load(rows + (i + j < count ? i + j : count - 1) * columns + k);
            decem_f32x4_transpose(part);
            for (int32_t j = 0; j < 4; j++) decem_f32x4_store(to + (k + j) * filled + i, part[j]);
        }
}

/* The same for few blocks: all at once, so that weights stream from memory. */
static void multiply_streamed(const decem_winograd_args *args, int32_t count, int32_t first_panel, int32_t panels, const float *v, float *m, float *work) {
    int32_t in = args->input.channels, columns = panels * DECEM_CONV_COLUMNS, out = args->output.channels;
    float *rows = work, *sums = rows + in * DECEM_GEMM_STREAMED_ROWS;
    const float *u = args->weights;
    for (int32_t p = 0; p < decem_winograd_points(args->shape.block); p++, u += (ptrdiff_t)in * out) {
        transpose(v + p * point_stride(args, in), count, DECEM_GEMM_STREAMED_ROWS, in, rows);
        decem_f32_gemm_16x2__simd(rows, u, in, out, first_panel * DECEM_CONV_COLUMNS, columns, sums);
        transpose(sums, columns, columns, DECEM_GEMM_STREAMED_ROWS, m + p * point_stride(args, columns));
    }
}

static void transform_output(const decem_winograd_args *args, int32_t first, int32_t count, int32_t first_panel, int32_t panels, const float *m) {
    const decem_map *out = &args->output;
    const decem_conv_finish *finish = &args->finish;
    int32_t across = blocks_across(args), columns = panels * DECEM_CONV_COLUMNS, channel = first_panel * DECEM_CONV_COLUMNS;
    int32_t side = block_side(args);
    ptrdiff_t points = point_stride(args, columns);
    for (int32_t i = 0; i < count; i++) {
        int32_t y = (first + i) / across * side, x = (first + i) % across * side;
        decem_winograd_target target = {
            .at = out->at + y * out->row_stride + x * out->pixel_stride + channel, .pool = args->pool,
            .row_stride = out->row_stride, .pixel_stride = out->pixel_stride,
            .addend_row_stride = finish->addend_row_stride, .addend_pixel_stride = finish->addend_pixel_stride,
            .height = out->height - y < side ? out->height - y : side, .width = out->width - x < side ? out->width - x : side,
            .before = finish->before, .after = finish->after};
        if (finish->addend != NULL) target.addend = finish->addend + y * finish->addend_row_stride + x * finish->addend_pixel_stride + channel;
        if (args->shape.block == 2) decem_winograd_output_2(m + (ptrdiff_t)i * columns, points, columns, args->bias + channel, &target);
        else decem_winograd_output_4(m + (ptrdiff_t)i * columns, points, columns, args->bias + channel, &target);
    }
}

void decem_f32_winograd__simd(const decem_winograd_args *args, int32_t tile, float *scratch) {
    int32_t parts = decem_divide_up(panel_count(args), args->tile_panels);
    int32_t first = tile / parts * args->batch, first_panel = tile % parts * args->tile_panels;
    int32_t count = block_count(args) - first, panels = panel_count(args) - first_panel;
    if (count > args->batch) count = args->batch;
    if (panels > args->tile_panels) panels = args->tile_panels;
    float *v = scratch, *m = v + decem_winograd_points(args->shape.block) * point_stride(args, args->input.channels);
    float *work = m + decem_winograd_points(args->shape.block) * point_stride(args, args->tile_panels * DECEM_CONV_COLUMNS);
    transform_input(args, first, count, v, work);
    if (args->shape.streamed) multiply_streamed(args, count, first_panel, panels, v, m, work);
    else multiply(args, count, first_panel, panels, v, m);
    transform_output(args, first, count, first_panel, panels, m);
}
