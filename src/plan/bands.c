/* Bands: where the result of a convolution is larger than a cache and only a depthwise convolution reads it, the two are computed together. A few
 * rows are made in the scratch of a thread, the second convolution reads them there, and the last ones are kept for the next few:
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
    BAND_BYTES = 128 * 1024,    /* and those of a band in the second-level cache */
    WINDOW = 3
};

/* What the depthwise convolution slides. */
static const decem_window *window_of(const decem_plan *plan, const decem_step *step) {
    return &plan->graph->nodes[step[1].node].window;
}

static const decem_shape *shape_of(const decem_plan *plan, decem_value value) {
    return &plan->graph->nodes[value].shape;
}

static bool fits(const decem_plan *plan, const decem_step *step) {
    const decem_step *next = step + 1;
    return step->kind == DECEM_STEP_CONV && step->addend < 0 && next->kind == DECEM_STEP_DEPTHWISE && next->input == step->result &&
           window_of(plan, step)->stride < WINDOW && plan->inside[step->result] < 0 && decem_plan_reads_alone(plan, next->node, step->result);
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
        int32_t least = WINDOW + window_of(plan, step)->stride, rows = (int32_t)(BAND_BYTES / row_bytes);
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

/* Two tiles a thread, so that threads finish together. */
static int32_t tile_rows(const decem_plan *plan, const decem_step *step) {
    return decem_divide_up(shape_of(plan, step[1].result)->height, plan->threads == 1 ? 1 : 2 * plan->threads);
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

void decem_plan_run_bands(const decem_plan *plan, const decem_step *step, int32_t tile, float *band) {
    decem_depthwise_args args = step[1].args.depthwise;
    ptrdiff_t row_stride = args.input.row_stride;
    int32_t rows = tile_rows(plan, step), y = tile * rows, end = y + rows < args.output.height ? y + rows : args.output.height;
    int32_t at_once = (step->band_rows - WINDOW) / args.stride + 1, kept = 0;
    args.input.at = band;
    args.output.at += y * args.output.row_stride;
    for (int32_t count; y < end; y += count) {
        count = end - y < at_once ? end - y : at_once;
        int32_t needed = (count - 1) * args.stride + WINDOW, from = y * args.stride - window_of(plan, step)->padding.top;
        compute_rows(plan, step, from + kept, needed - kept, band + kept * row_stride);
        for (int32_t i = 0; i < count; i++) decem_f32_depthwise3x3__simd(&args, i);
        args.output.at += count * args.output.row_stride;
        kept = WINDOW - args.stride; /* of the rows needed, those that the next window begins with */
        memmove(band, band + (needed - kept) * row_stride, (size_t)(kept * row_stride) * sizeof(float));
    }
}
