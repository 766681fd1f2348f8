/* Which kernel computes a step: estimates of time, in nanoseconds on one core, whose constants were fitted to measurements in WASM over
 * the layers of the ten networks. Only their ratios matter. */
#include "plan/plan.h"

static const double GEMM_MACS = 22.0;            /* multiply-accumulates a nanosecond */
static const double WEIGHT_BYTES = 16.0;         /* of weights beyond the cache, a nanosecond */
static const double TRANSFORM_2 = 3.5;           /* of one block and channel, in and out */
static const double TRANSFORM_4 = 9.0;
static const double CACHE_BYTES = 512 * 1024;

static int32_t divide_up(int32_t a, int32_t by) {
    return (a + by - 1) / by;
}

/* Weights are read once a batch of rows; from memory when they do not stay in the cache. */
static double weight_time(double bytes, double passes) {
    return bytes > CACHE_BYTES ? bytes * passes / WEIGHT_BYTES : 0.0;
}

static double direct_time(const decem_shape *in, const decem_shape *out) {
    double weights = 9.0 * in->channels * out->channels;
    return weights * out->height * out->width / GEMM_MACS + weight_time(weights * 4, divide_up(out->height * out->width, DECEM_CONV_TILE_ROWS));
}

static double winograd_time(int32_t block, const decem_shape *in, const decem_shape *out) {
    int32_t blocks = divide_up(out->height, block) * divide_up(out->width, block), rows = divide_up(blocks, DECEM_CONV_ROWS) * DECEM_CONV_ROWS;
    double weights = (double)decem_winograd_points(block) * in->channels * out->channels;
    return weights * rows / GEMM_MACS + weight_time(weights * 4, divide_up(blocks, DECEM_WINOGRAD_BATCH_MAX)) +
           (double)blocks * (in->channels + out->channels) / 2 * (block == 2 ? TRANSFORM_2 : TRANSFORM_4);
}

static bool winograd_fits(const decem_step *step, const decem_node *node, const decem_shape *in) {
    return node->groups == 1 && node->window.height == 3 && node->window.width == 3 && node->window.stride == 1 && step->shuffle == 1 &&
           !step->interleave && in->channels % 4 == 0 && node->shape.channels % DECEM_CONV_COLUMNS == 0;
}

void decem_plan_choose(decem_plan *plan) {
    for (int32_t s = 0; s < plan->step_count; s++) {
        decem_step *step = &plan->steps[s];
        const decem_node *node = &plan->graph->nodes[step->node];
        if (step->kind != DECEM_STEP_CONV) continue;
        const decem_shape *in = &plan->graph->nodes[node->inputs[0]].shape;
        if (!winograd_fits(step, node, in)) continue;
        double best = direct_time(in, &node->shape);
        for (int32_t block = 2; block <= 4; block += 2) {
            double time = winograd_time(block, in, &node->shape);
            if (time >= best) continue;
            best = time;
            step->kind = DECEM_STEP_WINOGRAD;
            step->winograd_block = block;
        }
    }
}
