#include <string.h>

#include "plan/plan.h"

/* Sets the border around a buffer's pixels to zero. Buffers share memory, so it is done in every run. */
static void clear_halo(const decem_plan *plan, const decem_buffer *buffer) {
    int32_t halo = buffer->halo, height = buffer->height + 2 * halo;
    size_t row = (size_t)(buffer->width + 2 * halo) * (size_t)buffer->pixel_stride, side = (size_t)halo * (size_t)buffer->pixel_stride;
    float *at = plan->arena + buffer->offset;
    for (int32_t y = 0; y < height; y++, at += row) {
        if (y < halo || y >= height - halo) {
            memset(at, 0, row * sizeof(float));
        } else {
            memset(at, 0, side * sizeof(float));
            memset(at + row - side, 0, side * sizeof(float));
        }
    }
}

void decem_plan_run_tile(const decem_plan *plan, int32_t index, int32_t tile, int32_t thread) {
    const decem_step *step = &plan->steps[index];
    float *scratch = plan->arena + plan->arena_elements - plan->scratch_elements * (thread + 1);
    if (step->band_rows > 0) {
        decem_plan_run_bands(plan, step, tile, scratch);
        return;
    }
    switch (step->kind) {
        case DECEM_STEP_CONV: decem_f32_conv__simd(&step->args.conv, tile); break;
        case DECEM_STEP_WINOGRAD: decem_f32_winograd__simd(&step->args.winograd, tile, scratch); break;
        case DECEM_STEP_DEPTHWISE: decem_f32_depthwise3x3__simd(&step->args.depthwise, tile); break;
        case DECEM_STEP_LINEAR: decem_f32_linear__simd(&step->args.linear, tile); break;
        case DECEM_STEP_LINEAR_I8: decem_i8_linear__simd(&step->args.linear_i8, tile); break;
        case DECEM_STEP_POOL: decem_f32_pool__simd(&step->args.pool, tile); break;
        case DECEM_STEP_LRN: decem_f32_lrn__simd(&step->args.lrn, tile); break;
        case DECEM_STEP_MOVE: decem_f32_move__simd(&step->args.move, tile); break;
    }
}

void decem_plan_begin_step(const decem_plan *plan, int32_t index) {
    const decem_step *step = &plan->steps[index];
    if (step->clears_buffer >= 0) clear_halo(plan, &plan->buffers[step->clears_buffer]);
    if (step->kind == DECEM_STEP_LINEAR) decem_linear_find_terms(&step->args.linear);
    if (step->kind == DECEM_STEP_LINEAR_I8) decem_linear_i8_round__simd(&step->args.linear_i8);
}

int32_t decem_plan_ready_steps(const decem_plan *plan) {
    int32_t ready = 0;
    while (ready < plan->step_count && plan->steps[ready].tensors_missing == 0) ready++;
    if (ready > 0 && plan->steps[ready - 1].band_rows > 0) ready--; /* it computes the next one as well */
    return ready;
}

/* Named by its blocks. */
static const char *winograd_kernel(const decem_window *window, int32_t side) {
    static const char *const names[] = {[3] = "winograd 3x3", [4] = "winograd 4x4", [5] = "winograd 5x5", [6] = "winograd 6x6", [7] = "winograd 7x7"};
    return names[decem_winograd_block(decem_winograd_taps(window->height, window->stride), side)];
}

const char *decem_step_kernel(const decem_plan *plan, const decem_step *step) {
    if (decem_step_is_in_bands(plan, step)) return "with the layer before";
    switch (step->kind) {
        case DECEM_STEP_CONV:
            if (step->band_rows > 0 && step[1].kind == DECEM_STEP_WINOGRAD) return DECEM_FUSED_MADD ? "conv 6x8, winograd" : "conv 4x8, winograd";
            if (step->band_rows > 0) return DECEM_FUSED_MADD ? "conv 6x8, depthwise" : "conv 4x8, depthwise";
            return DECEM_FUSED_MADD ? "conv 6x8" : "conv 4x8";
        case DECEM_STEP_WINOGRAD: return winograd_kernel(&plan->graph->nodes[step->node].window, step->winograd_side);
        case DECEM_STEP_DEPTHWISE: return "depthwise 3x3";
        case DECEM_STEP_LINEAR: return "linear";
        case DECEM_STEP_LINEAR_I8: return "linear i8";
        case DECEM_STEP_POOL: return "pool";
        case DECEM_STEP_LRN: return "lrn";
        case DECEM_STEP_MOVE: return "move";
    }
    return "";
}
