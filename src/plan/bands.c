/* Bands: where the result of a convolution is larger than a cache and only a depthwise convolution or a Winograd's reads it, the two are computed
 * together. A few rows are made in the scratch of a thread, the second convolution reads them there, and the last ones are kept for the next few:
 *
 *     band:   rows 0 .. 5   ->  outputs 0 .. 3
 *             rows 4 .. 9   ->  outputs 4 .. 7        rows 4 and 5 are moved to the top
 *
 * So the result is nowhere as a whole: nothing of it goes to memory and back. A tile is some rows of the second one's output; at its
 * first it computes again what the tile before had kept. */
#include <string.h>

#include "plan/plan.h"

enum {
    RESULT_LEAST = 1024 * 1024, /* bytes: smaller results stay near */
    BAND_BYTES = 128 * 1024     /* and those of a band in the second-level cache */
};

/* What the second convolution slides. */
static const decem_window *window_of(const decem_plan *plan, const decem_step *step) {
    return &plan->graph->nodes[step[1].node].window;
}

static const decem_shape *shape_of(const decem_plan *plan, decem_value value) {
    return &plan->graph->nodes[value].shape;
}

/* Rows that it reads for an output, those to the next output, and outputs that it makes at once. A pool behind it counts as a part of it. */
typedef struct slide {
    int32_t window, stride, outputs;
} slide;

static slide slide_of(const decem_plan *plan, const decem_step *step) {
    const decem_window *window = window_of(plan, step);
    if (step[1].kind == DECEM_STEP_DEPTHWISE) return (slide){window->height, window->stride, 1};
    int32_t pooled = step[1].pools ? 2 : 1;
    return (slide){window->height + pooled - 1, pooled, decem_winograd_block(window->height, step[1].winograd_side) / pooled};
}

/* Rows that so many outputs need. */
static int32_t rows_for(slide of, int32_t outputs) {
    return (outputs - 1) * of.stride + of.window;
}

/* Outputs that so many rows are enough for. */
static int32_t outputs_of(const decem_plan *plan, const decem_step *step) {
    slide of = slide_of(plan, step);
    int32_t outputs = (step->band_rows - of.window) / of.stride + 1;
    return outputs / of.outputs * of.outputs;
}

static bool fits(const decem_plan *plan, const decem_step *step) {
    const decem_step *next = step + 1;
    const decem_window *window = window_of(plan, step);
    bool depthwise = next->kind == DECEM_STEP_DEPTHWISE && window->stride < window->height;
    bool winograd = next->kind == DECEM_STEP_WINOGRAD && window->stride == 1 && next->addend < 0;
    return step->kind == DECEM_STEP_CONV && step->addend < 0 && (depthwise || winograd) && next->input == step->result &&
           plan->inside[step->result] < 0 && decem_plan_reads_alone(plan, next->node, step->result);
}

/* Whether what is saved, a write and a read of the result, would take at least half as long as the products: rows computed again at the
 * ends of tiles cost a few percent of those. */
static bool pays(const decem_plan *plan, const decem_step *step, double bytes) {
    double products = (double)decem_node_macs(plan->graph, &plan->graph->nodes[step->node]) / DECEM_GEMM_MACS;
    return bytes >= RESULT_LEAST && 2 * bytes / DECEM_MEMORY_BYTES >= products / 2;
}

void decem_plan_find_bands(decem_plan *plan) {
    for (int32_t s = 0; s + 1 < plan->step_count; s++) {
        decem_step *step = &plan->steps[s];
        const decem_shape *shape = shape_of(plan, step->result);
        double row_bytes = (double)shape->width * shape->channels * sizeof(float);
        if (!fits(plan, step) || !pays(plan, step, row_bytes * shape->height)) continue;
        slide of = slide_of(plan, step);
        int32_t least = rows_for(of, of.outputs > 1 ? of.outputs : 2), rows = (int32_t)(BAND_BYTES / row_bytes);
        step->band_rows = rows < least ? least : rows;
    }
}

bool decem_step_is_in_bands(const decem_plan *plan, const decem_step *step) {
    return step > plan->steps && step[-1].band_rows > 0;
}

decem_map decem_plan_band(const decem_plan *plan, const decem_step *step) {
    const decem_shape *shape = shape_of(plan, step->result);
    const decem_padding *padding = &window_of(plan, step)->padding;
    decem_map band = {NULL, step->band_rows, shape->width, shape->channels, 0, decem_plan_pixel_stride(shape->channels)};
    band.row_stride = (padding->left + shape->width + padding->right) * band.pixel_stride;
    return band;
}

void decem_plan_choose_winograd_tiles(const decem_plan *plan, const decem_step *step, decem_winograd_args *args) {
    bool in_bands = decem_step_is_in_bands(plan, step);
    if (in_bands) {
        const decem_padding *padding = &window_of(plan, step - 1)->padding;
        args->input = decem_plan_band(plan, step - 1);
        args->input.width += padding->left + padding->right;
        args->padding_top = args->padding_left = 0;
        args->output.height = outputs_of(plan, step - 1);
    }
    decem_winograd_choose_tiles(args, in_bands ? 1 : plan->threads); /* a band is computed by one thread */
}

/* Two tiles a thread, so that threads finish together. */
static int32_t tile_rows(const decem_plan *plan, const decem_step *step) {
    int32_t rows = decem_divide_up(shape_of(plan, step[1].result)->height, plan->threads == 1 ? 1 : 2 * plan->threads), outputs = slide_of(plan, step).outputs;
    return decem_divide_up(rows, outputs) * outputs;
}

int32_t decem_plan_band_tiles(const decem_plan *plan, const decem_step *step) {
    return decem_divide_up(shape_of(plan, step[1].result)->height, tile_rows(plan, step));
}

/* Computes `count` rows of the result from row y on; those outside the image, and the padding beside it, are zeros. `at`: in the band. */
static void compute_rows(const decem_plan *plan, const decem_step *step, int32_t y, int32_t count, float *at) {
    const decem_padding *padding = &window_of(plan, step)->padding;
    int32_t height = shape_of(plan, step->result)->height, first = y < 0 ? 0 : y, end = y + count < height ? y + count : height;
    decem_conv_args args = step->args.conv;
    decem_map *rows = &args.output;
    size_t pixel = (size_t)rows->pixel_stride * sizeof(float);
    for (int32_t i = 0; i < count; i++) {
        float *row = at + i * rows->row_stride;
        if (y + i < 0 || y + i >= height) {
            memset(row, 0, (size_t)rows->row_stride * sizeof(float));
        } else {
            memset(row, 0, (size_t)padding->left * pixel);
            memset(row + (padding->left + rows->width) * rows->pixel_stride, 0, (size_t)padding->right * pixel);
        }
    }
    if (first >= end) return;
    args.input.at += first * args.stride * args.input.row_stride;
    rows->at = at + (first - y) * rows->row_stride + padding->left * rows->pixel_stride;
    rows->height = end - first;
    for (int32_t t = 0; t < decem_conv_tiles(&args); t++) decem_f32_conv__simd(&args, t);
}

/* The second convolution: some outputs from row y on, of rows in the band. */
static void compute_outputs(const decem_step *step, int32_t y, int32_t count, float *band) {
    if (step[1].kind == DECEM_STEP_DEPTHWISE) {
        decem_depthwise_args args = step[1].args.depthwise;
        args.input.at = band;
        args.output.at += y * args.output.row_stride;
        for (int32_t i = 0; i < count; i++) decem_f32_depthwise3x3__simd(&args, i);
        return;
    }
    decem_winograd_args args = step[1].args.winograd;
    args.input.at = band;
    args.output.at += y * args.output.row_stride;
    args.output.height = count;
    for (int32_t t = 0; t < decem_winograd_tiles(&args); t++) decem_f32_winograd__simd(&args, t, band + step->band_rows * args.input.row_stride);
}

void decem_plan_run_bands(const decem_plan *plan, const decem_step *step, int32_t tile, float *band) {
    slide of = slide_of(plan, step);
    int32_t height = shape_of(plan, step[1].result)->height, rows = tile_rows(plan, step), y = tile * rows, end = y + rows < height ? y + rows : height;
    int32_t at_once = outputs_of(plan, step), kept = 0;
    ptrdiff_t row_stride = decem_plan_band(plan, step).row_stride;
    for (int32_t count; y < end; y += count) {
        count = end - y < at_once ? end - y : at_once;
        int32_t needed = rows_for(of, count), from = y * of.stride - window_of(plan, step)->padding.top;
        compute_rows(plan, step, from + kept, needed - kept, band + kept * row_stride);
        compute_outputs(step, y, count, band);
        kept = of.window - of.stride; /* of the rows needed, those that the next window begins with */
        memmove(band, band + (needed - kept) * row_stride, (size_t)(kept * row_stride) * sizeof(float));
    }
}
