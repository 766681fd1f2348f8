#include <string.h>

#include "kernels/conv/gemm.h"
#include "kernels/winograd/winograd.h"

enum {
    PANELS_MOST = 6,   /* whose weights are transformed at once: they stay in the second-level cache */
    PANELS_LEAST = 2   /* of a tile, which transforms its input by itself: fewer columns would not be worth that */
};

static int32_t point_count(const decem_winograd_args *args) {
    return args->side * args->side;
}

static int32_t taps_of(const decem_winograd_args *args) {
    return decem_winograd_taps(args->kernel, args->stride);
}

/* Of the convolution of stride 1. */
static int32_t channel_count(const decem_winograd_args *args) {
    return args->stride * args->stride * args->input.channels;
}

/* Whether the input's parities are put together first, so that vectors of channels fill. */
static int gathers(const decem_winograd_args *args) {
    return args->input.channels % 4 != 0;
}

/* Channels that lie side by side: all, or those of a parity of rows and columns. */
static int32_t run_channels(const decem_winograd_args *args) {
    return gathers(args) ? channel_count(args) : args->input.channels;
}

/* Outputs that are stored along a block's side. */
static int32_t block_side(const decem_winograd_args *args) {
    int32_t block = decem_winograd_block(taps_of(args), args->side);
    return args->pool ? block / 2 : block;
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

/* Panels whose weights are transformed at once: about as many columns as there are blocks, since then products need the fewest reads. */
static int32_t group_panels(const decem_winograd_args *args) {
    int32_t panels = args->batch / DECEM_CONV_COLUMNS;
    if (panels < 1) panels = 1;
    if (panels > PANELS_MOST) panels = PANELS_MOST;
    return panels < args->tile_panels ? panels : args->tile_panels;
}

/* Channels that are multiplied at once, from one on. */
static int32_t depth_from(const decem_winograd_args *args, int32_t channel) {
    int32_t left = run_channels(args) - channel % run_channels(args);
    return left < DECEM_WINOGRAD_DEPTH ? left : DECEM_WINOGRAD_DEPTH;
}

/* Elements from a point to the next. */
static ptrdiff_t v_stride(const decem_winograd_args *args) {
    return (ptrdiff_t)args->batch * depth_from(args, 0) + DECEM_WINOGRAD_SPREAD;
}

/* Where channels that are multiplied at once are in V, from the first of them on. */
static ptrdiff_t v_offset(const decem_winograd_args *args, int32_t channel) {
    int32_t run = run_channels(args), before = channel / run * decem_divide_up(run, DECEM_WINOGRAD_DEPTH) + channel % run / DECEM_WINOGRAD_DEPTH;
    return before * point_count(args) * v_stride(args);
}

static ptrdiff_t v_elements(const decem_winograd_args *args) {
    return v_offset(args, channel_count(args));
}

static ptrdiff_t m_stride(const decem_winograd_args *args) {
    return (ptrdiff_t)args->batch * group_panels(args) * DECEM_CONV_COLUMNS + DECEM_WINOGRAD_SPREAD;
}

/* Elements from a panel of U to the next. */
static ptrdiff_t u_panel(const decem_winograd_args *args) {
    return (ptrdiff_t)decem_winograd_part_lines(args->side) * args->side * DECEM_WINOGRAD_U_STRIDE;
}

static ptrdiff_t u_elements(const decem_winograd_args *args) {
    return group_panels(args) * u_panel(args);
}

/* Points along a side of a block of which so many outputs, pooled or not, are left up to the image's edge. */
static int32_t points_up_to(const decem_winograd_args *args, int32_t left) {
    int32_t side = block_side(args);
    return left >= side ? args->side : decem_winograd_points_for(taps_of(args), args->side, args->pool ? 2 * left : left);
}

static decem_winograd_points points_of(const decem_winograd_args *args, int32_t block) {
    int32_t side = block_side(args), y = block / blocks_across(args) * side, x = block % blocks_across(args) * side;
    return (decem_winograd_points){points_up_to(args, args->output.height - y), points_up_to(args, args->output.width - x)};
}

void decem_winograd_choose_tiles(decem_winograd_args *args, int32_t threads) {
    int32_t blocks = block_count(args), panels = panel_count(args);
    int32_t batches = decem_winograd_batches(blocks);
    /* Threads share blocks, so that each transforms all weights, or else panels, so that each transforms all inputs: whichever is less. */
    if (batches > 1 || 2 * blocks > args->output.channels) batches = decem_divide_up(batches, threads) * threads;
    args->batch = decem_divide_up(decem_divide_up(blocks, batches), DECEM_GEMM_ROWS_STEP) * DECEM_GEMM_ROWS_STEP;
    batches = decem_divide_up(blocks, args->batch);
    int32_t parts = decem_divide_up(threads, batches);
    if (parts > panels / PANELS_LEAST) parts = panels / PANELS_LEAST;
    args->tile_panels = parts < 1 ? panels : decem_divide_up(panels, parts);
}

int32_t decem_winograd_tiles(const decem_winograd_args *args) {
    return decem_divide_up(block_count(args), args->batch) * decem_divide_up(panel_count(args), args->tile_panels);
}

/* Rows and columns of the image with all parities side by side that a tile's blocks reach over. */
static int32_t gathered_rows(const decem_winograd_args *args) {
    int32_t across = blocks_across(args), rows = decem_divide_up(args->batch + across - 1, across); /* a batch may begin and end within a row of blocks */
    return rows * block_side(args) + taps_of(args) - 1;
}

static int32_t gathered_columns(const decem_winograd_args *args) {
    return blocks_across(args) * block_side(args) + taps_of(args) - 1;
}

/* What a tile works in. */
typedef struct workspace {
    float *v, *u, *m;
    float *pixels; /* [side][side][in]: a block that reaches beyond the image; or [gathered rows][gathered columns][stride * stride * in] */
    decem_winograd_points points[DECEM_WINOGRAD_BATCH_MAX]; /* of each block */
} workspace;

static workspace divide(const decem_winograd_args *args, float *scratch) {
    workspace work = {.v = scratch};
    work.u = work.v + v_elements(args);
    work.m = work.u + u_elements(args);
    work.pixels = work.m + point_count(args) * m_stride(args);
    return work;
}

int64_t decem_winograd_scratch_elements(const decem_winograd_args *args) {
    int64_t pixels = gathers(args) ? (int64_t)gathered_rows(args) * gathered_columns(args) : point_count(args);
    return v_elements(args) + u_elements(args) + point_count(args) * (int64_t)m_stride(args) + pixels * run_channels(args);
}

/* Pixels side by side, `count` of them, with zeros for those outside the image. */
static void copy_pixels(const decem_map *in, int32_t y, int32_t x, int32_t count, float *to) {
    const float *from = in->at + y * in->row_stride + x * in->pixel_stride;
    if (y >= 0 && y < in->height && x >= 0 && x + count <= in->width && in->pixel_stride == in->channels) {
        for (int32_t i = 0; i < count * in->channels; i++) to[i] = from[i];
        return;
    }
    for (int32_t i = 0; i < count; i++, x++, from += in->pixel_stride)
        for (int32_t c = 0; c < in->channels; c++) *to++ = y >= 0 && y < in->height && x >= 0 && x < in->width ? from[c] : 0.0f;
}

/* Pixels of the rows that some blocks reach over, with those of all parities side by side and zeros for those outside the image. */
static decem_map gather(const decem_winograd_args *args, int32_t first_row, float *pixels) {
    const decem_map *in = &args->input;
    int32_t channels = channel_count(args), stride = args->stride;
    decem_map made = {pixels, gathered_rows(args), gathered_columns(args), channels, (ptrdiff_t)gathered_columns(args) * channels, channels};
    for (int32_t y = 0; y < made.height * stride; y++) {
        float *to = made.at + y / stride * made.row_stride + y % stride * stride * in->channels;
        for (int32_t x = 0; x < made.width * stride; x += stride, to += channels)
            copy_pixels(in, first_row * stride + y - args->padding_top, x - args->padding_left, stride, to);
    }
    return made;
}

/* The block's pixels with zeros for those outside the image. */
static void copy_block(const decem_map *in, int32_t stride, int32_t y0, int32_t x0, decem_winograd_points size, float *block) {
    for (int32_t y = y0; y < y0 + size.y * stride; y += stride)
        for (int32_t x = x0; x < x0 + size.x * stride; x += stride, block += in->channels) {
            if (y < 0 || y >= in->height || x < 0 || x >= in->width) memset(block, 0, (size_t)in->channels * sizeof(float));
            else memcpy(block, in->at + y * in->row_stride + x * in->pixel_stride, (size_t)in->channels * sizeof(float));
        }
}

/* A block of every `stride`th pixel from one on, which may be outside the image; its channels follow those before it in V. */
static void transform_block(const decem_winograd_args *args, const decem_map *in, int32_t stride, int32_t y0, int32_t x0, int32_t block, int32_t channels_before,
                            const workspace *work) {
    decem_winograd_points size = work->points[block];
    const float *at = in->at + y0 * in->row_stride + x0 * in->pixel_stride;
    ptrdiff_t row_stride = stride * in->row_stride, pixel_stride = stride * in->pixel_stride;
    if (y0 < 0 || x0 < 0 || y0 + (size.y - 1) * stride >= in->height || x0 + (size.x - 1) * stride >= in->width) {
        copy_block(in, stride, y0, x0, size, work->pixels);
        at = work->pixels;
        pixel_stride = in->channels;
        row_stride = size.x * pixel_stride;
    }
    for (int32_t c = 0, depth; c < in->channels; c += depth) {
        depth = depth_from(args, c);
        float *v = work->v + v_offset(args, channels_before + c) + (ptrdiff_t)block * depth;
        decem_winograd_transform_input(at + c, row_stride, pixel_stride, depth, args->side, size, v, v_stride(args));
    }
}

static void transform_input(const decem_winograd_args *args, int32_t first, int32_t count, const workspace *work) {
    int32_t across = blocks_across(args), side = decem_winograd_block(taps_of(args), args->side), stride = args->stride, first_row = first / across * side;
    decem_map gathered;
    if (gathers(args)) gathered = gather(args, first_row, work->pixels);
    for (int32_t i = 0; i < count; i++) {
        int32_t row = (first + i) / across * side, column = (first + i) % across * side;
        if (gathers(args)) transform_block(args, &gathered, 1, row - first_row, column, i, 0, work);
        else for (int32_t y = 0; y < stride; y++)
            for (int32_t x = 0; x < stride; x++)
                transform_block(args, &args->input, stride, row * stride + y - args->padding_top, column * stride + x - args->padding_left, i,
                                (y * stride + x) * args->input.channels, work);
    }
}

/* Panels and input channels of a tile that are multiplied at once. */
typedef struct group {
    int32_t first_panel, panels;
    int32_t first_channel, depth;
    int32_t part;               /* of the lines of points */
} group;

static const float *weights_of(const decem_winograd_args *args, int32_t panel, int32_t channel) {
    int32_t taps = taps_of(args);
    return args->weights + ((ptrdiff_t)panel * channel_count(args) + channel) * taps * taps * DECEM_CONV_COLUMNS;
}

static void transform_weights(const decem_winograd_args *args, const group *of, const workspace *work) {
    for (int32_t n = 0; n < of->panels; n++) {
        const float *weights = weights_of(args, of->first_panel + n, of->first_channel);
        decem_winograd_transform_weights(weights, taps_of(args), args->side, of->part, of->depth, work->u + n * u_panel(args));
    }
}

/* The weights that are transformed after those of a group's panel: of the channels that follow, or else of a panel of the group that follows. */
static decem_gemm_ahead weights_after(const decem_winograd_args *args, const group *of, int32_t panel) {
    int32_t channel = of->first_channel + of->depth;
    if (channel == channel_count(args)) {
        channel = 0;
        panel += of->panels;
    }
    const float *at = weights_of(args, panel, channel);
    return (decem_gemm_ahead){at, panel < panel_count(args) ? at + depth_from(args, channel) * taps_of(args) * taps_of(args) * DECEM_CONV_COLUMNS : at};
}

/* Whether a group's input channels, of rows and columns of a parity, see a tap at infinity down or across. */
static int has_point(const decem_winograd_args *args, const group *of, int32_t y, int32_t x) {
    int32_t parity = of->first_channel / run_channels(args), last = args->side - 1;
    return (y < last || decem_winograd_has_last(args->kernel, args->stride, parity / args->stride)) &&
           (x < last || decem_winograd_has_last(args->kernel, args->stride, parity % args->stride));
}

/* Blocks that have a point, as rows of V and M at the first point. */
typedef struct block_rows {
    const float *inputs[DECEM_WINOGRAD_BATCH_MAX + DECEM_GEMM_ROWS_PAST];
    float *outputs[DECEM_WINOGRAD_BATCH_MAX + DECEM_GEMM_ROWS_PAST];
    int32_t count;
} block_rows;

/* The least points along a side among which the one at a place is. */
static int32_t least_points(int32_t place, int32_t side) {
    return place == side - 1 || place < 3 ? 4 : (place + 3) / 2 * 2;
}

static void find_rows(const workspace *work, int32_t blocks, const group *of, decem_winograd_points least, block_rows *rows) {
    int32_t count = 0;
    for (int32_t i = 0; i < blocks; i++) {
        if (work->points[i].y < least.y || work->points[i].x < least.x) continue;
        rows->inputs[count] = work->v + (ptrdiff_t)i * of->depth;
        rows->outputs[count++] = work->m + (ptrdiff_t)i * of->panels * DECEM_CONV_COLUMNS;
    }
    rows->count = count;
    if (count == 0) return;
    for (int32_t i = count; i < count + DECEM_GEMM_ROWS_PAST; i++) { /* past the last, the last again */
        rows->inputs[i] = rows->inputs[count - 1];
        rows->outputs[i] = rows->outputs[count - 1];
    }
}

/* M = V U at a part of the points, or M + V U after the first channels. */
static void multiply(const decem_winograd_args *args, int32_t count, const group *of, const workspace *work) {
    block_rows rows[3][3]; /* with 4, 6 and 8 points down and across, at least */
    for (int32_t y = 4; y <= args->side; y += 2)
        for (int32_t x = 4; x <= args->side; x += 2) find_rows(work, count, of, (decem_winograd_points){y, x}, &rows[y / 2 - 2][x / 2 - 2]);
    int32_t parts = decem_winograd_parts(args->side), last = parts > 1 && of->part == parts - 1;
    decem_gemm_ahead weights[PANELS_MOST];
    for (int32_t n = 0; n < of->panels; n++) weights[n] = weights_after(args, of, of->first_panel + n);
    for (int32_t i = 0; i < decem_winograd_part_lines(args->side) * args->side; i++) {
        int32_t y = decem_winograd_line(args->side, of->part, i / args->side), x = i % args->side, p = y * args->side + x;
        const block_rows *with = &rows[least_points(y, args->side) / 2 - 2][least_points(x, args->side) / 2 - 2];
        if (with->count == 0 || !has_point(args, of, y, x)) continue;
        decem_gemm_rows all = {with->inputs, of->first_channel > 0 ? (const float *const *)with->outputs : NULL, with->outputs, with->count};
        int32_t v = (int32_t)(v_offset(args, of->first_channel) + p * v_stride(args)), m = (int32_t)(p * m_stride(args));
        const float *u = work->u + i * DECEM_WINOGRAD_U_STRIDE, *next = work->v + v + v_stride(args);
        decem_gemm_ahead inputs = {next, p + 1 < point_count(args) ? next + with->count * of->depth : next};
        for (int32_t n = 0; n < of->panels; n++, u += u_panel(args))
            decem_f32_gemm_product(&all, v, m + n * DECEM_CONV_COLUMNS, of->depth, u, last ? &weights[n] : &inputs);
    }
}

static void transform_output(const decem_winograd_args *args, int32_t first, int32_t count, const group *of, const workspace *work) {
    const decem_map *out = &args->output;
    const decem_conv_finish *finish = &args->finish;
    int32_t across = blocks_across(args), columns = of->panels * DECEM_CONV_COLUMNS, channel = of->first_panel * DECEM_CONV_COLUMNS;
    int32_t side = block_side(args);
    for (int32_t i = 0; i < count; i++) {
        int32_t y = (first + i) / across * side, x = (first + i) % across * side;
        decem_winograd_target target = {
            .at = out->at + y * out->row_stride + x * out->pixel_stride + channel, .pool = args->pool,
            .row_stride = out->row_stride, .pixel_stride = out->pixel_stride,
            .addend_row_stride = finish->addend_row_stride, .addend_pixel_stride = finish->addend_pixel_stride,
            .height = out->height - y < side ? out->height - y : side, .width = out->width - x < side ? out->width - x : side,
            .before = finish->before, .after = finish->after};
        if (finish->addend != NULL) target.addend = finish->addend + y * finish->addend_row_stride + x * finish->addend_pixel_stride + channel;
        decem_winograd_transform_output(work->m + (ptrdiff_t)i * columns, m_stride(args), columns, args->side, work->points[i], taps_of(args), args->bias + channel, &target);
    }
}

void decem_f32_winograd__simd(const decem_winograd_args *args, int32_t tile, float *scratch) {
    int32_t parts = decem_divide_up(panel_count(args), args->tile_panels);
    int32_t first = tile / parts * args->batch, count = block_count(args) - first;
    if (count > args->batch) count = args->batch;
    int32_t panel = tile % parts * args->tile_panels, panel_end = panel + args->tile_panels;
    if (panel_end > panel_count(args)) panel_end = panel_count(args);
    workspace work = divide(args, scratch);
    for (int32_t i = 0; i < count; i++) work.points[i] = points_of(args, first + i);
    transform_input(args, first, count, &work);
    for (int32_t panels; panel < panel_end; panel += panels) {
        panels = panel_end - panel < group_panels(args) ? panel_end - panel : group_panels(args);
        group of = {.first_panel = panel, .panels = panels};
        for (; of.first_channel < channel_count(args); of.first_channel += of.depth) {
            of.depth = depth_from(args, of.first_channel);
            for (of.part = 0; of.part < decem_winograd_parts(args->side); of.part++) {
                transform_weights(args, &of, &work);
                multiply(args, count, &of, &work);
            }
        }
        transform_output(args, first, count, &of, &work);
    }
}
