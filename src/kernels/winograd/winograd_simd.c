#include <string.h>

#include "kernels/winograd/winograd.h"

enum {
    PANELS_KEPT = 4,           /* whose products are kept together */
    PANELS_MOST = 8,           /* the same where channels come in several runs: V of each passes once for all of them */
    PANELS_LEAST = 2,          /* of a tile, which transforms its input by itself: fewer columns would not be worth that */
    INPUT_BYTES = 1024 * 1024, /* of V, of a depth: so many stay in the second-level cache while one panel after another passes */
    WEIGHT_BYTES = 128 * 1024  /* of U, then; else U is of all panels, so that V is read the fewest times */
};

/* What follows from the arguments. Of the convolution of stride 1, channels come in runs that lie side by side: all of them, or those of a parity of
 * rows and columns. A run is multiplied in parts, the depth at a time. Distances are in elements. */
typedef struct layout {
    int32_t taps, points, channels, panels;
    int32_t gathers;                   /* whether the input's parities are put together first, so that vectors of channels fill */
    int32_t run, depth, depths_in_run; /* channels, and how many depths there are in a run; of few blocks the depth is always the same */
    int32_t stored;                    /* outputs that are stored along a block's side */
    int32_t across, blocks;            /* blocks in a row, and in all */
    int32_t few;                       /* whether blocks are DECEM_WINOGRAD_FEW or fewer, of 36 points */
    int32_t group_panels;              /* whose products are kept together */
    int32_t panels_at_once;            /* of those, whose weights are transformed at once */
    int32_t parts, part_points;
    ptrdiff_t v_point, v_depth, u_point, u_panel, m_row, m_point; /* from one to the next */
} layout;

static layout lay_out_blocks(const decem_winograd_args *args) {
    const decem_map *out = &args->output;
    layout of = {.taps = decem_winograd_taps(args->kernel, args->stride), .points = args->side * args->side};
    int32_t block = decem_winograd_block(of.taps, args->side);
    of.stored = args->pool ? block / 2 : block;
    of.across = decem_divide_up(out->width, of.stored);
    of.blocks = of.across * decem_divide_up(out->height, of.stored);
    of.few = args->side == 6 && of.blocks <= DECEM_WINOGRAD_FEW;
    of.panels = out->channels / DECEM_CONV_COLUMNS;
    return of;
}

/* Whether V of a depth stays in the second-level cache. */
static int stays_near(const layout *in) {
    return in->v_depth <= INPUT_BYTES / (int32_t)sizeof(float);
}

/* Panels whose products are kept together, as many in each group. */
static int32_t panels_together(const layout *in, int32_t panels) {
    int32_t most = in->few ? 1 : in->run < in->channels ? PANELS_MOST : PANELS_KEPT;
    return decem_divide_up(panels, decem_divide_up(panels, most));
}

/* Panels of a group whose weights are transformed at once. */
static int32_t panels_at_once(const layout *in) {
    int32_t panels = WEIGHT_BYTES / (in->part_points * in->depth * DECEM_CONV_COLUMNS * (int32_t)sizeof(float));
    if (panels > in->group_panels || !stays_near(in)) return in->group_panels;
    return panels < 1 ? 1 : panels;
}

static layout lay_out(const decem_winograd_args *args) {
    layout of = lay_out_blocks(args);
    int32_t depth_most = of.few ? DECEM_WINOGRAD_FEW_DEPTH : DECEM_WINOGRAD_DEPTH;
    of.channels = args->stride * args->stride * args->input.channels;
    of.gathers = args->input.channels % 4 != 0;
    of.run = of.gathers ? of.channels : args->input.channels;
    of.depth = of.run < depth_most && !of.few ? of.run : depth_most;
    of.depths_in_run = decem_divide_up(of.run, of.depth);
    of.parts = decem_winograd_parts(args->side);
    of.part_points = of.points / of.parts;
    of.v_point = of.few ? DECEM_WINOGRAD_FEW_V_STRIDE : (ptrdiff_t)args->batch * of.depth + DECEM_WINOGRAD_SPREAD;
    of.v_depth = of.points * of.v_point;
    of.u_point = of.few ? DECEM_WINOGRAD_FEW_U_STRIDE : DECEM_WINOGRAD_U_STRIDE;
    of.u_panel = of.part_points * of.u_point;
    of.group_panels = panels_together(&of, args->tile_panels);
    of.panels_at_once = panels_at_once(&of);
    of.m_row = of.group_panels * DECEM_CONV_COLUMNS;
    of.m_point = of.few ? DECEM_WINOGRAD_FEW_M_STRIDE : args->batch * of.m_row + DECEM_WINOGRAD_SPREAD;
    return of;
}

/* Channels that are multiplied at once, from one of a run on. */
static int32_t depth_from(const layout *in, int32_t channel) {
    int32_t left = in->run - channel;
    return left < in->depth ? left : in->depth;
}

/* Kinds of points along a side, each needed by the same blocks: 0, 1 and -1; 2 and -2; 1/2 and -1/2; and infinity. */
enum { KINDS = 4, KIND_LAST = KINDS - 1 };

static int32_t kind_of(int32_t point, int32_t side) {
    return point == side - 1 ? KIND_LAST : point < 3 ? 0 : (point - 1) / 2;
}

/* What a block needs: how many points along its sides, and a bit for each kind of those down and across. */
typedef struct block_needs {
    decem_winograd_points points;
    int32_t down, across;
} block_needs;

/* Along a side, so many of whose outputs, pooled or not, are left up to the image's edge. Returns the kinds. */
DECEM_NOINLINE static int32_t needs_up_to(const decem_winograd_args *args, const layout *in, int32_t left, int32_t *points) {
    int32_t outputs = (left < in->stored ? left : in->stored) * (args->pool ? 2 : 1);
    *points = decem_winograd_points_for(in->taps, args->side, outputs);
    return ((1 << (*points / 2 - 1)) - 1) | decem_winograd_needs_last(in->taps, args->side, outputs) << KIND_LAST;
}

static void find_needs(const decem_winograd_args *args, const layout *in, int32_t block, block_needs *of) {
    of->down = needs_up_to(args, in, args->output.height - block / in->across * in->stored, &of->points.y);
    of->across = needs_up_to(args, in, args->output.width - block % in->across * in->stored, &of->points.x);
}

void decem_winograd_choose_tiles(decem_winograd_args *args, int32_t threads) {
    layout of = lay_out_blocks(args);
    int32_t batches = decem_winograd_batches(of.blocks, (double)args->stride * args->stride * args->input.channels * args->output.channels);
    /* Threads share blocks, so that each transforms all weights, or else panels, so that each transforms all inputs: whichever is less. */
    if (batches > 1 || 2 * of.blocks > args->output.channels) batches = decem_divide_up(batches, threads) * threads;
    args->batch = decem_divide_up(decem_divide_up(of.blocks, batches), DECEM_GEMM_ROWS_STEP) * DECEM_GEMM_ROWS_STEP;
    if (args->batch < DECEM_WINOGRAD_FEW) args->batch = DECEM_WINOGRAD_FEW;
    batches = decem_divide_up(of.blocks, args->batch);
    int32_t parts = decem_divide_up(threads, batches);
    if (parts > of.panels / PANELS_LEAST) parts = of.panels / PANELS_LEAST;
    args->tile_panels = parts < 1 ? of.panels : decem_divide_up(of.panels, parts);
}

int32_t decem_winograd_tiles(const decem_winograd_args *args) {
    layout of = lay_out_blocks(args);
    return decem_divide_up(of.blocks, args->batch) * decem_divide_up(of.panels, args->tile_panels);
}

/* Rows and columns of the image with all parities side by side that a tile's blocks reach over. */
static int32_t gathered_rows(const decem_winograd_args *args, const layout *in) {
    int32_t rows = decem_divide_up(args->batch + in->across - 1, in->across); /* a batch may begin and end within a row of blocks */
    return rows * in->stored + in->taps - 1;
}

static int32_t gathered_columns(const layout *in) {
    return in->across * in->stored + in->taps - 1;
}

/* What a tile works in. */
typedef struct workspace {
    float *v, *u, *m;
    float *pixels; /* [side][side][in]: a block that reaches beyond the image; or [gathered rows][gathered columns][stride * stride * in] */
    block_needs needs[DECEM_WINOGRAD_BATCH_MAX]; /* of each block */
} workspace;

/* Divides the scratch, if there is any yet, and returns how many elements it takes. */
static int64_t divide(const decem_winograd_args *args, const layout *in, float *scratch, workspace *work) {
    int64_t v = in->channels / in->run * in->depths_in_run * (int64_t)in->v_depth, u = in->panels_at_once * (int64_t)in->u_panel;
    int64_t m = in->points * (int64_t)in->m_point;
    int64_t pixels = in->gathers ? (int64_t)gathered_rows(args, in) * gathered_columns(in) : in->points;
    if (scratch != NULL) {
        work->v = scratch;
        work->u = work->v + v;
        work->m = work->u + u;
        work->pixels = work->m + m;
    }
    return v + u + m + pixels * in->run;
}

int64_t decem_winograd_scratch_elements(const decem_winograd_args *args) {
    layout in = lay_out(args);
    return divide(args, &in, NULL, NULL);
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
static decem_map gather(const decem_winograd_args *args, const layout *in, int32_t first_row, float *pixels) {
    int32_t stride = args->stride, columns = gathered_columns(in);
    decem_map made = {pixels, gathered_rows(args, in), columns, in->channels, (ptrdiff_t)columns * in->channels, in->channels};
    for (int32_t y = 0; y < made.height * stride; y++) {
        float *to = made.at + y / stride * made.row_stride + y % stride * stride * args->input.channels;
        for (int32_t x = 0; x < columns * stride; x += stride, to += in->channels)
            copy_pixels(&args->input, first_row * stride + y - args->padding_top, x - args->padding_left, stride, to);
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

/* A block of every `stride`th pixel from one on, which may be outside the image: a run of channels, whose number is given. */
DECEM_NOINLINE static void transform_block(const layout *of, int32_t side, const decem_map *in, int32_t stride, int32_t y0, int32_t x0, int32_t block,
                                           int32_t run, const workspace *work) {
    decem_winograd_points size = work->needs[block].points;
    const float *at = in->at + y0 * in->row_stride + x0 * in->pixel_stride;
    ptrdiff_t row_stride = stride * in->row_stride, pixel_stride = stride * in->pixel_stride;
    if (y0 < 0 || x0 < 0 || y0 + (size.y - 1) * stride >= in->height || x0 + (size.x - 1) * stride >= in->width) {
        copy_block(in, stride, y0, x0, size, work->pixels);
        at = work->pixels;
        pixel_stride = in->channels;
        row_stride = size.x * pixel_stride;
    }
    float *v = work->v + run * of->depths_in_run * of->v_depth;
    for (int32_t c = 0, depth; c < in->channels; c += depth, v += of->v_depth) {
        depth = depth_from(of, c);
        decem_winograd_transform_input(at + c, row_stride, pixel_stride, depth, side, size, v + (ptrdiff_t)block * of->depth, of->v_point);
    }
}

static void transform_input(const decem_winograd_args *args, const layout *of, int32_t first, int32_t count, const workspace *work) {
    int32_t side = decem_winograd_block(of->taps, args->side), stride = args->stride, first_row = first / of->across * side;
    decem_map gathered;
    if (of->gathers) gathered = gather(args, of, first_row, work->pixels);
    for (int32_t i = 0; i < count; i++) {
        int32_t row = (first + i) / of->across * side, column = (first + i) % of->across * side;
        if (of->gathers) transform_block(of, args->side, &gathered, 1, row - first_row, column, i, 0, work);
        else for (int32_t y = 0; y < stride; y++)
            for (int32_t x = 0; x < stride; x++)
                transform_block(of, args->side, &args->input, stride, row * stride + y - args->padding_top, column * stride + x - args->padding_left, i,
                                y * stride + x, work);
    }
}

/* What is multiplied at once. */
typedef struct group {
    int32_t first_panel, panels;       /* whose products are kept together */
    int32_t panel, panels_at_once;     /* of those, whose weights are transformed */
    int32_t run, first_channel, depth; /* the channel in the run */
    int32_t part;                      /* of the lines of points */
    int32_t adds;                      /* whether there are products of other channels */
    const float *v;
} group;

static const float *weights_of(const decem_winograd_args *args, const layout *in, int32_t panel, int32_t channel) {
    return args->weights + ((ptrdiff_t)panel * in->channels + channel) * in->taps * in->taps * DECEM_CONV_COLUMNS;
}

static void transform_weights(const decem_winograd_args *args, const layout *in, const group *of, const workspace *work) {
    for (int32_t n = 0; n < of->panels_at_once; n++) {
        const float *weights = weights_of(args, in, of->panel + n, of->run * in->run + of->first_channel);
        decem_winograd_transform_weights(weights, in->taps, args->side, of->part, of->depth, work->u + n * in->u_panel, in->u_point);
    }
}

/* The weights that are transformed after a panel's: of panels that follow in the group, or else of its first and the channels that follow, or else
 * of the group that follows. */
static decem_gemm_ahead weights_after(const decem_winograd_args *args, const layout *in, const group *of, int32_t panel) {
    int32_t channel = of->run * in->run + of->first_channel;
    panel += of->panels_at_once;
    if (panel >= of->first_panel + of->panels) {
        channel += of->depth;
        if (channel == in->channels) channel = 0;
        else panel -= of->panels;
    }
    if (panel >= in->panels) return (decem_gemm_ahead){args->weights, args->weights};
    return (decem_gemm_ahead){weights_of(args, in, panel, channel), weights_of(args, in, panel, channel + depth_from(in, channel % in->run))};
}

/* Whether a group's input channels, of rows and columns of a parity, see a tap at infinity down or across. */
static int has_point(const decem_winograd_args *args, const group *of, int32_t y, int32_t x) {
    int32_t last = args->side - 1;
    return (y < last || decem_winograd_has_last(args->kernel, args->stride, of->run / args->stride)) &&
           (x < last || decem_winograd_has_last(args->kernel, args->stride, of->run % args->stride));
}

/* Blocks that have a point, as rows of V and M at the first point. */
typedef struct block_rows {
    const float *inputs[DECEM_WINOGRAD_BATCH_MAX + DECEM_GEMM_ROWS_PAST];
    float *outputs[DECEM_WINOGRAD_BATCH_MAX + DECEM_GEMM_ROWS_PAST];
    int32_t count;
} block_rows;

DECEM_NOINLINE static void find_rows(const layout *in, const workspace *work, int32_t blocks, int32_t y, int32_t x, block_rows *rows) {
    int32_t count = 0;
    for (int32_t i = 0; i < blocks; i++) {
        if (!(work->needs[i].down >> y & work->needs[i].across >> x & 1)) continue;
        rows->inputs[count] = work->v + (ptrdiff_t)i * in->depth;
        rows->outputs[count++] = work->m + (ptrdiff_t)i * in->m_row;
    }
    rows->count = count;
    if (count == 0) return;
    for (int32_t i = count; i < count + DECEM_GEMM_ROWS_PAST; i++) { /* past the last, the last again */
        rows->inputs[i] = rows->inputs[count - 1];
        rows->outputs[i] = rows->outputs[count - 1];
    }
}

/* M = V U at a part of the points, or M + V U after the first channels. */
static void multiply(const decem_winograd_args *args, const layout *in, const group *of, const block_rows (*rows)[KINDS], const workspace *work) {
    int32_t last = of->part == in->parts - 1, column = (of->panel - of->first_panel) * DECEM_CONV_COLUMNS;
    decem_gemm_ahead weights[PANELS_MOST];
    for (int32_t n = 0; last && n < of->panels_at_once; n++) weights[n] = weights_after(args, in, of, of->panel + n);
    for (int32_t i = 0; i < in->part_points; i++) {
        int32_t y = decem_winograd_line(args->side, of->part, i / args->side), x = i % args->side, p = y * args->side + x;
        const block_rows *with = &rows[kind_of(y, args->side)][kind_of(x, args->side)];
        if (with->count == 0 || !has_point(args, of, y, x)) continue;
        decem_gemm_rows all = {with->inputs, of->adds ? (const float *const *)with->outputs : NULL, with->outputs, with->count};
        int32_t v = (int32_t)(of->v - work->v + p * in->v_point), m = (int32_t)(p * in->m_point) + column;
        const float *u = work->u + i * in->u_point, *next = work->v + v + in->v_point;
        decem_gemm_ahead inputs = {next, p + 1 < in->points ? next + with->count * in->depth : next};
        for (int32_t n = 0; n < of->panels_at_once; n++, u += in->u_panel)
            decem_f32_gemm_product(&all, v, m + n * DECEM_CONV_COLUMNS, of->depth, u, last ? &weights[n] : &inputs);
    }
}

/* Whether the four blocks of an image need points at infinity only above and to the left. */
static int is_cut(const layout *in, const workspace *work) {
    const block_needs *last = &work->needs[in->blocks - 1];
    return in->blocks == 4 && in->across == 2 && !((last->down | last->across) >> KIND_LAST);
}

/* The same of few blocks. What else a block at the edge, or one that there is not, lacks is computed as well, and read by nobody. */
static void multiply_few(const decem_winograd_args *args, const layout *in, const group *of, const workspace *work) {
    if (!of->adds) memset(work->m, 0, (size_t)in->points * (size_t)in->m_point * sizeof(float));
    decem_winograd_multiply_few(&(decem_winograd_products){.v = of->v, .u = work->u, .m = work->m, .depth = of->depth, .cut = is_cut(in, work),
                                                           .ahead = weights_after(args, in, of, of->panel)});
}

static void transform_output(const decem_winograd_args *args, const layout *in, int32_t first, int32_t count, const group *of, const workspace *work) {
    const decem_map *out = &args->output;
    const decem_conv_finish *finish = &args->finish;
    int32_t columns = of->panels * DECEM_CONV_COLUMNS, channel = of->first_panel * DECEM_CONV_COLUMNS, side = in->stored;
    for (int32_t i = 0; i < count; i++) {
        int32_t y = (first + i) / in->across * side, x = (first + i) % in->across * side;
        decem_winograd_target target = {
            .at = out->at + y * out->row_stride + x * out->pixel_stride + channel, .pool = args->pool,
            .row_stride = out->row_stride, .pixel_stride = out->pixel_stride,
            .addend_row_stride = finish->addend_row_stride, .addend_pixel_stride = finish->addend_pixel_stride,
            .height = out->height - y < side ? out->height - y : side, .width = out->width - x < side ? out->width - x : side,
            .before = finish->before, .after = finish->after};
        if (finish->addend != NULL) target.addend = finish->addend + y * finish->addend_row_stride + x * finish->addend_pixel_stride + channel;
        decem_winograd_transform_output(work->m + i * in->m_row, in->m_point, columns, args->side, work->needs[i].points, in->taps, args->bias + channel,
                                        &target);
    }
}

void decem_f32_winograd__simd(const decem_winograd_args *args, int32_t tile, float *scratch) {
    layout in = lay_out(args);
    workspace work;
    divide(args, &in, scratch, &work);
    int32_t shares = decem_divide_up(in.panels, args->tile_panels);
    int32_t first = tile / shares * args->batch, count = in.blocks - first;
    if (count > args->batch) count = args->batch;
    int32_t panel = tile % shares * args->tile_panels, panel_end = panel + args->tile_panels;
    if (panel_end > in.panels) panel_end = in.panels;
    for (int32_t i = 0; i < count; i++) find_needs(args, &in, first + i, &work.needs[i]);
    block_rows rows[KINDS][KINDS];
    for (int32_t y = 0; !in.few && y < KINDS; y++)
        for (int32_t x = 0; x < KINDS; x++) find_rows(&in, &work, count, y, x, &rows[y][x]);
    transform_input(args, &in, first, count, &work);
    for (int32_t panels; panel < panel_end; panel += panels) {
        panels = panel_end - panel < in.group_panels ? panel_end - panel : in.group_panels;
        group of = {.first_panel = panel, .panels = panels, .v = work.v};
        for (; of.run * in.run < in.channels; of.run++)
            for (of.first_channel = 0; of.first_channel < in.run; of.first_channel += of.depth, of.v += in.v_depth, of.adds = 1) {
                of.depth = depth_from(&in, of.first_channel);
                for (of.panel = panel; of.panel < panel + panels; of.panel += of.panels_at_once) {
                    of.panels_at_once = panel + panels - of.panel < in.panels_at_once ? panel + panels - of.panel : in.panels_at_once;
                    for (of.part = 0; of.part < in.parts; of.part++) {
                        transform_weights(args, &in, &of, &work);
                        if (in.few) multiply_few(args, &in, &of, &work);
                        else multiply(args, &in, &of, rows, &work);
                    }
                }
            }
        transform_output(args, &in, first, count, &of, &work);
    }
}
