/* Which kernel computes a step: estimates of time, in nanoseconds on one core, whose constants were fitted to measurements in WASM over
 * the layers of the ten networks. Only their ratios matter. */
#include <stddef.h>

#include "plan/plan.h"

static const double TRANSFORM_WEIGHT = 0.22; /* Winograd's: of a point of one input and one output channel */
static const double TRANSFORM_BLOCK = 0.45;  /* of one block's point and channel, in or out */
static const double CACHE_BYTES = 512 * 1024;

/* Weights are read once a batch of rows; from memory when they do not stay in the cache. */
static double weight_time(double weights, int32_t batches) {
    double bytes = weights * sizeof(float);
    return bytes > CACHE_BYTES ? bytes * batches / DECEM_MEMORY_BYTES : 0.0;
}

static double direct_time(const decem_window *window, const decem_shape *in, const decem_shape *out) {
    double weights = (double)window->height * window->width * in->channels * out->channels;
    int32_t pixels = out->height * out->width;
    return weights * pixels / DECEM_GEMM_MACS + weight_time(weights, decem_divide_up(pixels, DECEM_CONV_TILE_ROWS));
}

/* Of the blocks along a side of the image: over all parities of the input, with `lacking` without a tap at infinity. */
static int32_t points_along(int32_t size, const decem_window *window, int32_t side, int32_t lacking) {
    int32_t taps = decem_winograd_taps(window->height, window->stride), block = decem_winograd_block(taps, side), rest = size % block;
    int32_t points = size / block * (window->stride * side - lacking);
    if (rest == 0) return points;
    return points + window->stride * decem_winograd_points_for(taps, side, rest) - (decem_winograd_needs_last(taps, side, rest) ? lacking : window->stride);
}

static double winograd_time(const decem_window *window, int32_t side, const decem_shape *in, const decem_shape *out) {
    int32_t taps = decem_winograd_taps(window->height, window->stride), block = decem_winograd_block(taps, side);
    int32_t parities = window->stride * window->stride, blocks = decem_divide_up(out->height, block) * decem_divide_up(out->width, block);
    double channels = (double)in->channels * out->channels;
    int32_t batches = decem_winograd_batches(blocks, parities * channels);
    int32_t lacking = in->channels % 4 == 0 && !decem_winograd_has_last(window->height, window->stride, window->stride - 1);
    int32_t points = points_along(out->height, window, side, lacking) * points_along(out->width, window, side, lacking);
    int32_t least = parities * DECEM_CONV_ROWS * side * side;
    if (points < least) points = least; /* that the micro-kernel computes */
    return channels * points / DECEM_GEMM_MACS + channels * parities * side * side * batches * TRANSFORM_WEIGHT +
           weight_time(channels * parities * taps * taps, batches) +
           (double)blocks * side * side * (parities * in->channels + out->channels) * TRANSFORM_BLOCK;
}

static bool winograd_fits(const decem_step *step, const decem_node *node, const decem_shape *in) {
    const decem_window *window = &node->window;
    bool alone = window->stride == 1 && (window->height == 3 || window->height == 5) && in->channels % 4 == 0;
    bool halved = window->stride == 2 && (window->height == 3 || window->height == 7);
    return (alone || halved) && node->groups == 1 && window->height == window->width && step->shuffle == 1 && !step->interleave &&
           node->shape.channels % DECEM_CONV_COLUMNS == 0;
}

static void choose_fastest(const decem_plan *plan, decem_step *step) {
    const decem_node *node = &plan->graph->nodes[step->node];
    const decem_shape *in = &plan->graph->nodes[node->inputs[0]].shape;
    const decem_window *window = &node->window;
    double best = direct_time(window, in, &node->shape);
    int32_t first = window->height == 3 ? DECEM_WINOGRAD_SIDE_MOST - 2 * window->stride : DECEM_WINOGRAD_SIDE_MOST;
    for (int32_t side = first; winograd_fits(step, node, in) && side <= DECEM_WINOGRAD_SIDE_MOST; side += 2 * window->stride) {
        double time = winograd_time(window, side, in, &node->shape);
        if (time >= best) continue;
        best = time;
        step->kind = DECEM_STEP_WINOGRAD;
        step->winograd_side = side;
    }
}

bool decem_plan_reads_alone(const decem_plan *plan, decem_value reader, decem_value value) {
    const decem_graph *graph = plan->graph;
    int32_t uses = 0;
    for (int32_t i = 0; i < graph->count; i++)
        for (int32_t k = 0; k < graph->nodes[i].input_count; k++) uses += graph->nodes[i].inputs[k] == value;
    return uses == 1 && graph->nodes[reader].inputs[0] == value;
}

/* Whether a step is a 2x2 maximum pool that the Winograd step before it can do on its way. */
static bool pools(const decem_plan *plan, const decem_step *step, const decem_step *pool) {
    const decem_node *node = &plan->graph->nodes[pool->node];
    const decem_padding *p = &node->window.padding;
    return step->kind == DECEM_STEP_WINOGRAD && plan->graph->nodes[step->node].window.stride == 1 && step->addend < 0 &&
           pool->kind == DECEM_STEP_POOL && node->op == DECEM_OP_MAX_POOL &&
           node->window.height == 2 && node->window.width == 2 && node->window.stride == 2 && !node->window.ceil_mode &&
           p->top == 0 && p->left == 0 && p->bottom == 0 && p->right == 0 && pool->input == step->result &&
           plan->inside[step->result] < 0 && decem_plan_reads_alone(plan, pool->node, step->result);
}

static void remove_step(decem_plan *plan, int32_t index) {
    plan->step_count--;
    for (int32_t s = index; s < plan->step_count; s++) plan->steps[s] = plan->steps[s + 1];
    for (int32_t i = 0; i < plan->graph->count; i++)
        if (plan->step_of[i] > index) plan->step_of[i]--;
}

void decem_plan_choose(decem_plan *plan) {
    for (int32_t s = 0; s < plan->step_count; s++) {
        decem_step *step = &plan->steps[s];
        if (step->kind == DECEM_STEP_CONV) choose_fastest(plan, step);
        if (step->kind == DECEM_STEP_LINEAR && step->dtype == DECEM_DTYPE_I8) step->kind = DECEM_STEP_LINEAR_I8;
    }
    for (int32_t s = 0; s + 1 < plan->step_count; s++) {
        if (!pools(plan, &plan->steps[s], &plan->steps[s + 1])) continue;
        plan->steps[s].pools = true;
        plan->steps[s].result = plan->steps[s + 1].result;
        remove_step(plan, s + 1);
    }
}
