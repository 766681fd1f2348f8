#include <string.h>

#include "kernels/conv/gemm.h"
#include "kernels/winograd/winograd.h"

enum {
    PANELS_MOST = 4,   /* whose weights are transformed at once: they stay in the second-level cache */
    PANELS_LEAST = 2   /* of a tile, which transforms its input by itself: fewer columns would not be worth that */
};

static int32_t point_count(const decem_winograd_args *args) {
    return args->side * args->side;
}

/* Outputs that are stored along a block's side. */
static int32_t block_side(const decem_winograd_args *args) {
    int32_t block = decem_winograd_block(args->kernel, args->side);
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

static int32_t depth_from(const decem_winograd_args *args, int32_t channel) {
    int32_t left = args->input.channels - channel;
    return left < DECEM_WINOGRAD_DEPTH ? left : DECEM_WINOGRAD_DEPTH;
}

/* Elements from a point to the next. */
static ptrdiff_t v_stride(const decem_winograd_args *args) {
    return (ptrdiff_t)args->batch * depth_from(args, 0) + DECEM_WINOGRAD_SPREAD;
}

/* Where the channels from one on, a multiple of the depth, are in V. */
static ptrdiff_t v_offset(const decem_winograd_args *args, int32_t channel) {
    return channel / DECEM_WINOGRAD_DEPTH * point_count(args) * v_stride(args);
}

static ptrdiff_t v_elements(const decem_winograd_args *args) {
    return v_offset(args, args->input.channels + DECEM_WINOGRAD_DEPTH - 1);
}

static ptrdiff_t m_stride(const decem_winograd_args *args) {
    return (ptrdiff_t)args->batch * group_panels(args) * DECEM_CONV_COLUMNS + DECEM_WINOGRAD_SPREAD;
}

/* Elements from a panel of U to the next. */
static ptrdiff_t u_panel(const decem_winograd_args *args) {
    return (ptrdiff_t)decem_winograd_part_lines(args->kernel, args->side) * args->side * DECEM_WINOGRAD_U_STRIDE;
}

static ptrdiff_t u_elements(const decem_winograd_args *args) {
    return group_panels(args) * u_panel(args);
}

/* Points along a side of a block of which so many outputs, pooled or not, are left up to the image's edge. */
static int32_t points_up_to(const decem_winograd_args *args, int32_t left) {
    int32_t side = block_side(args);
    return left >= side ? args->side : decem_winograd_points_for(args->kernel, args->pool ? 2 * left : left);
}

static decem_winograd_points points_of(const decem_winograd_args *args, int32_t block) {
    int32_t side = block_side(args), y = block / blocks_across(args) * side, x = block % blocks_across(args) * side;
    return (decem_winograd_points){points_up_to(args, args->output.height - y), points_up_to(args, args->output.width - x)};
}

void decem_winograd_choose_tiles(decem_winograd_args *args, int32_t threads) {
    int32_t blocks = block_count(args), panels = panel_count(args);
    int32_t batches = decem_divide_up(blocks, DECEM_WINOGRAD_BATCH_MAX);
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

/* What a tile works in. */
typedef struct workspace {
    float *v, *u, *m;
    float *block; /* [side][side][in]: one that reaches beyond the image */
    decem_winograd_points points[DECEM_WINOGRAD_BATCH_MAX]; /* of each block */
} workspace;

static workspace divide(const decem_winograd_args *args, float *scratch) {
    workspace work = {.v = scratch};
    work.u = work.v + v_elements(args);
    work.m = work.u + u_elements(args);
    work.block = work.m + point_count(args) * m_stride(args);
    return work;
}

int64_t decem_winograd_scratch_elements(const decem_winograd_args *args) {
    return v_elements(args) + u_elements(args) + point_count(args) * (int64_t)(m_stride(args) + args->input.channels);
}

/* The block's pixels with zeros for those outside the image. */
static void copy_block(const decem_map *in, int32_t y0, int32_t x0, decem_winograd_points size, float *block) {
    for (int32_t y = y0; y < y0 + size.y; y++)
        for (int32_t x = x0; x < x0 + size.x; x++, block += in->channels) {
            if (y < 0 || y >= in->height || x < 0 || x >= in->width) memset(block, 0, (size_t)in->channels * sizeof(float));
            else memcpy(block, in->at + y * in->row_stride + x * in->pixel_stride, (size_t)in->channels * sizeof(float));
        }
}

static void transform_input(const decem_winograd_args *args, int32_t first, int32_t count, const workspace *work) {
    const decem_map *in = &args->input;
    int32_t across = blocks_across(args), block = decem_winograd_block(args->kernel, args->side);
    for (int32_t i = 0; i < count; i++) {
        int32_t y0 = (first + i) / across * block - args->padding_top, x0 = (first + i) % across * block - args->padding_left;
        decem_winograd_points size = work->points[i];
        const float *at = in->at + y0 * in->row_stride + x0 * in->pixel_stride;
        ptrdiff_t row_stride = in->row_stride, pixel_stride = in->pixel_stride;
        if (y0 < 0 || x0 < 0 || y0 + size.y > in->height || x0 + size.x > in->width) {
            copy_block(in, y0, x0, size, work->block);
            at = work->block;
            pixel_stride = in->channels;
            row_stride = size.x * pixel_stride;
        }
        for (int32_t c = 0, depth; c < in->channels; c += depth) {
            depth = depth_from(args, c);
            decem_winograd_transform_input(at + c, row_stride, pixel_stride, depth, args->side, size, work->v + v_offset(args, c) + (ptrdiff_t)i * depth, v_stride(args));
        }
    }
}

/* Panels and input channels of a tile that are multiplied at once. */
typedef struct group {
    int32_t first_panel, panels;
    int32_t first_channel, depth;
    int32_t part;               /* of the lines of points */
} group;

static const float *weights_of(const decem_winograd_args *args, int32_t panel, int32_t channel) {
    return args->weights + decem_winograd_weight_elements(args->kernel, args->input.channels, panel * DECEM_CONV_COLUMNS) +
           decem_winograd_weight_elements(args->kernel, channel, DECEM_CONV_COLUMNS);
}

static void transform_weights(const decem_winograd_args *args, const group *of, const workspace *work) {
    for (int32_t n = 0; n < of->panels; n++) {
        const float *weights = weights_of(args, of->first_panel + n, of->first_channel);
        decem_winograd_transform_weights(weights, args->kernel, args->side, of->part, of->depth, work->u + n * u_panel(args));
    }
}

/* The weights that are transformed after those of a group's panel: of the channels that follow, or else of a panel of the group that follows. */
static decem_gemm_ahead weights_after(const decem_winograd_args *args, const group *of, int32_t panel) {
    int32_t channel = of->first_channel + of->depth;
    if (channel == args->input.channels) {
        channel = 0;
        panel += of->panels;
    }
    const float *at = weights_of(args, panel, channel);
    return (decem_gemm_ahead){at, panel < panel_count(args) ? at + decem_winograd_weight_elements(args->kernel, depth_from(args, channel), DECEM_CONV_COLUMNS) : at};
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
    int32_t parts = decem_winograd_parts(args->kernel, args->side), last = parts > 1 && of->part == parts - 1;
    decem_gemm_ahead weights[PANELS_MOST];
    for (int32_t n = 0; n < of->panels; n++) weights[n] = weights_after(args, of, of->first_panel + n);
    for (int32_t i = 0; i < decem_winograd_part_lines(args->kernel, args->side) * args->side; i++) {
        int32_t y = decem_winograd_line(args->kernel, args->side, of->part, i / args->side), x = i % args->side, p = y * args->side + x;
        const block_rows *with = &rows[least_points(y, args->side) / 2 - 2][least_points(x, args->side) / 2 - 2];
        if (with->count == 0) continue;
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
        decem_winograd_transform_output(work->m + (ptrdiff_t)i * columns, m_stride(args), columns, args->side, work->points[i], args->kernel, args->bias + channel, &target);
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
        for (; of.first_channel < args->input.channels; of.first_channel += of.depth) {
            of.depth = depth_from(args, of.first_channel);
            for (of.part = 0; of.part < decem_winograd_parts(args->kernel, args->side); of.part++) {
                transform_weights(args, &of, &work);
                multiply(args, count, &of, &work);
            }
        }
        transform_output(args, first, count, &of, &work);
    }
}
