/* Which kernel computes a step: estimates of time, in nanoseconds on one core, whose constants were fitted to measurements in WASM over
 * the layers of the ten networks. Only their ratios matter. */
#include <stddef.h>

#include "plan/plan.h"

static const double GEMM_MACS = 22.0;            /* multiply-accumulates a nanosecond */
static const double WEIGHT_BYTES = 12.0;         /* of weights beyond the cache, a nanosecond */
static const double TRANSFORM_2 = 3.5;           /* of one block and channel, in and out */
static const double TRANSFORM_4 = 9.0;
static const double CACHE_BYTES = 512 * 1024;

/* Up to here networks get the fastest kernels; past it, time is traded for memory: Winograd's weights are 1.8 or 4 times
 * the tensor's. It leaves VGG16 within 1.25 times the size of its file. */
static const double COMFORTABLE_BYTES = 640.0 * 1024 * 1024;

/* Weights are read once a batch of rows; from memory when they do not stay in the cache. */
static double weight_time(double bytes, double passes) {
    return bytes > CACHE_BYTES ? bytes * passes / WEIGHT_BYTES : 0.0;
}

static double direct_time(const decem_shape *in, const decem_shape *out) {
    double weights = 9.0 * in->channels * out->channels;
    return weights * out->height * out->width / GEMM_MACS + weight_time(weights * 4, decem_divide_up(out->height * out->width, DECEM_CONV_TILE_ROWS));
}

static double winograd_time(int32_t block, const decem_shape *in, const decem_shape *out) {
    int32_t blocks = decem_divide_up(out->height, block) * decem_divide_up(out->width, block), rows = decem_divide_up(blocks, DECEM_CONV_ROWS) * DECEM_CONV_ROWS;
    double weights = (double)decem_winograd_points(block) * in->channels * out->channels;
    return weights * rows / GEMM_MACS + weight_time(weights * 4, decem_divide_up(blocks, DECEM_WINOGRAD_BATCH_MAX)) +
           (double)blocks * (in->channels + out->channels) / 2 * (block == 2 ? TRANSFORM_2 : TRANSFORM_4);
}

static bool winograd_fits(const decem_step *step, const decem_node *node, const decem_shape *in) {
    return node->groups == 1 && node->window.height == 3 && node->window.width == 3 && node->window.stride == 1 && step->shuffle == 1 &&
           !step->interleave && in->channels % 4 == 0 && node->shape.channels % DECEM_CONV_COLUMNS == 0;
}

static double time_of(const decem_plan *plan, const decem_step *step, int32_t block) {
    const decem_node *node = &plan->graph->nodes[step->node];
    const decem_shape *in = &plan->graph->nodes[node->inputs[0]].shape;
    return block == 0 ? direct_time(in, &node->shape) : winograd_time(block, in, &node->shape);
}

/* 0 is the direct kernel. */
static void set_block(decem_step *step, int32_t block) {
    step->kind = block == 0 ? DECEM_STEP_CONV : DECEM_STEP_WINOGRAD;
    step->winograd_block = block;
}

static void choose_fastest(const decem_plan *plan, decem_step *step) {
    const decem_node *node = &plan->graph->nodes[step->node];
    if (!winograd_fits(step, node, &plan->graph->nodes[node->inputs[0]].shape)) return;
    for (int32_t block = 2; block <= 4; block += 2)
        if (time_of(plan, step, block) < time_of(plan, step, step->winograd_block)) set_block(step, block);
}

/* Bytes of a step's weights as its kernel wants them. */
static double bytes_of(const decem_plan *plan, const decem_step *step) {
    const decem_node *node = &plan->graph->nodes[step->node];
    if (node->op != DECEM_OP_CONV && node->op != DECEM_OP_LINEAR) return 0.0;
    double in = plan->graph->nodes[node->inputs[0]].shape.channels, out = node->shape.channels;
    if (node->op == DECEM_OP_LINEAR) return (step->kind == DECEM_STEP_LINEAR_I8 ? 1.0 : 4.0) * in * out;
    int32_t points = step->winograd_block == 0 ? node->window.height * node->window.width : decem_winograd_points(step->winograd_block);
    return 4.0 * points * in / node->groups * out;
}

/* Makes the least costly exchange of time for memory: one step from F(4x4) to F(2x2). False when there is none. */
static bool save_memory(decem_plan *plan) {
    decem_step *cheapest = NULL;
    double least = 0.0;
    for (int32_t s = 0; s < plan->step_count; s++) {
        decem_step *step = &plan->steps[s];
        if (step->kind != DECEM_STEP_WINOGRAD || step->winograd_block != 4) continue;
        double price = (time_of(plan, step, 2) - time_of(plan, step, 4)) / bytes_of(plan, step);
        if (cheapest != NULL && price >= least) continue;
        cheapest = step;
        least = price;
    }
    if (cheapest != NULL) set_block(cheapest, 2);
    return cheapest != NULL;
}

static double total_bytes(const decem_plan *plan) {
    double bytes = 0.0;
    for (int32_t s = 0; s < plan->step_count; s++) bytes += bytes_of(plan, &plan->steps[s]);
    return bytes;
}

/* The value that the layer makes of another value alone, when no other layer reads that. */
static bool reads_alone(const decem_graph *graph, decem_value reader, decem_value value) {
    int32_t uses = 0;
    for (int32_t i = 0; i < graph->count; i++)
        for (int32_t k = 0; k < graph->nodes[i].input_count; k++) uses += graph->nodes[i].inputs[k] == value;
    return uses == 1 && graph->nodes[reader].inputs[0] == value;
}

/* Whether a step is a 2x2 maximum pool that the Winograd step before it can do on its way. */
static bool pools(const decem_plan *plan, const decem_step *step, const decem_step *pool) {
    const decem_node *node = &plan->graph->nodes[pool->node];
    const decem_padding *p = &node->window.padding;
    return step->kind == DECEM_STEP_WINOGRAD && pool->kind == DECEM_STEP_POOL && node->op == DECEM_OP_MAX_POOL && step->addend < 0 &&
           node->window.height == 2 && node->window.width == 2 && node->window.stride == 2 && !node->window.ceil_mode &&
           p->top == 0 && p->left == 0 && p->bottom == 0 && p->right == 0 && pool->input == step->result &&
           plan->inside[step->result] < 0 && reads_alone(plan->graph, pool->node, step->result);
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
    while (total_bytes(plan) > COMFORTABLE_BYTES && save_memory(plan)) {}
    for (int32_t s = 0; s + 1 < plan->step_count; s++) {
        if (!pools(plan, &plan->steps[s], &plan->steps[s + 1])) continue;
        plan->steps[s].pools = true;
        plan->steps[s].result = plan->steps[s + 1].result;
        remove_step(plan, s + 1);
    }
}
