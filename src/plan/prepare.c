#include <string.h>

#include "plan/plan.h"

static decem_clamp clamp_of(decem_activation activation) {
    switch (activation) {
        case DECEM_NO_ACTIVATION: break;
        case DECEM_RELU: return (decem_clamp){.low = 0.0f, .bounds = 1};
        case DECEM_RELU6: return (decem_clamp){.low = 0.0f, .high = 6.0f, .bounds = 2};
    }
    return (decem_clamp){.bounds = 0};
}

decem_map decem_plan_map(const decem_plan *plan, decem_value value) {
    decem_place place = plan->places[value];
    decem_map map = {NULL, 0, 0, 0, 0, 0};
    if (place.buffer < 0) return map;
    const decem_buffer *buffer = &plan->buffers[place.buffer];
    const decem_shape *shape = &plan->graph->nodes[value].shape;
    map.height = shape->height;
    map.width = shape->width;
    map.channels = shape->channels;
    map.pixel_stride = buffer->pixel_stride;
    map.row_stride = (ptrdiff_t)(buffer->width + 2 * buffer->halo) * buffer->pixel_stride;
    map.at = plan->arena + buffer->offset + buffer->halo * (map.row_stride + map.pixel_stride) + place.channel;
    return map;
}

/* The input of a window: its `at` moved up and left by the padding. */
static decem_map padded(decem_map map, const decem_window *window) {
    map.at -= window->padding.top * map.row_stride + window->padding.left * map.pixel_stride;
    return map;
}

decem_conv_shape decem_step_conv_shape(const decem_plan *plan, const decem_step *step) {
    const decem_node *node = &plan->graph->nodes[step->node];
    return (decem_conv_shape){plan->graph->nodes[node->inputs[0]].shape.channels, node->shape.channels, node->groups, step->shuffle,
                              node->window.height, node->window.width, node->window.stride};
}

static decem_conv_finish finish_of(const decem_plan *plan, const decem_step *step) {
    decem_conv_finish finish = {clamp_of(step->before), NULL, 0, 0, step->interleave, clamp_of(step->after)};
    if (step->addend >= 0) {
        decem_map addend = decem_plan_map(plan, step->addend);
        finish.addend = addend.at;
        finish.addend_row_stride = addend.row_stride;
        finish.addend_pixel_stride = addend.pixel_stride;
    }
    return finish;
}

static void prepare_conv(decem_plan *plan, decem_step *step) {
    const decem_node *node = &plan->graph->nodes[step->node];
    decem_conv_shape shape = decem_step_conv_shape(plan, step);
    decem_conv_args *args = &step->args.conv;
    decem_conv_panel *panels = (decem_conv_panel *)(plan->constants + step->tables);
    int32_t *segments = (int32_t *)(panels + decem_conv_panel_count(&shape));
    args->input = padded(decem_plan_map(plan, step->input), &node->window);
    args->output = step->band_rows > 0 ? decem_plan_band(plan, step) : decem_plan_map(plan, step->result);
    args->stride = node->window.stride;
    args->segment_count = decem_conv_segments(&shape, args->input.row_stride, args->input.pixel_stride, segments, &args->segment_length);
    args->segments = segments;
    args->weights = plan->constants + step->weights;
    args->bias = plan->constants + step->bias;
    decem_conv_panels(&shape, panels);
    args->panels = panels;
    args->panel_count = decem_conv_panel_count(&shape);
    args->output_step = step->shuffle;
    args->finish = finish_of(plan, step);
    decem_conv_choose_tiles(args, &shape, step->band_rows > 0 ? 1 : plan->threads); /* a band is computed by one thread */
    step->tiles = decem_conv_tiles(args);
}

static void prepare_winograd(decem_plan *plan, decem_step *step) {
    const decem_node *node = &plan->graph->nodes[step->node];
    decem_winograd_args *args = &step->args.winograd;
    args->kernel = node->window.height;
    args->stride = node->window.stride;
    args->side = step->winograd_side;
    args->input = decem_plan_map(plan, step->input);
    args->padding_top = node->window.padding.top;
    args->padding_left = node->window.padding.left;
    args->output = decem_plan_map(plan, step->result);
    args->pool = step->pools;
    args->weights = plan->constants + step->weights;
    args->bias = plan->constants + step->bias;
    args->finish = finish_of(plan, step);
    decem_plan_choose_winograd_tiles(plan, step, args);
    step->tiles = decem_winograd_tiles(args);
}

static void prepare_depthwise(decem_plan *plan, decem_step *step) {
    const decem_node *node = &plan->graph->nodes[step->node];
    decem_map input = decem_step_is_in_bands(plan, step) ? decem_plan_band(plan, step - 1) : padded(decem_plan_map(plan, step->input), &node->window);
    step->args.depthwise = (decem_depthwise_args){input, decem_plan_map(plan, step->result), node->window.stride,
                                                  plan->constants + step->weights, plan->constants + step->bias, clamp_of(step->before)};
    step->tiles = node->shape.height;
}

decem_shape decem_step_linear_shape(const decem_plan *plan, const decem_step *step) {
    const decem_node *input = &plan->graph->nodes[plan->graph->nodes[step->node].inputs[0]];
    return input->op == DECEM_OP_FLATTEN ? plan->graph->nodes[input->inputs[0]].shape : input->shape;
}

static void prepare_linear(decem_plan *plan, decem_step *step) {
    decem_map in = decem_plan_map(plan, step->input), out = decem_plan_map(plan, step->result);
    decem_shape shape = decem_step_linear_shape(plan, step);
    decem_linear_term *terms = (decem_linear_term *)(plan->arena + plan->linear_input);
    step->args.linear = (decem_linear_args){in.at, out.at, shape.channels, shape.height * shape.width, out.channels, plan->constants + step->weights,
                                            plan->constants + step->bias, clamp_of(step->before), terms, (int32_t *)(terms + in.channels)};
    step->tiles = decem_linear_tiles(&step->args.linear);
}

static void prepare_linear_i8(decem_plan *plan, decem_step *step) {
    decem_map in = decem_plan_map(plan, step->input), out = decem_plan_map(plan, step->result);
    int16_t *rounded = (int16_t *)(plan->arena + plan->linear_input);
    float *unit = (float *)(rounded + decem_linear_i8_row(in.channels));
    step->args.linear_i8 = (decem_linear_i8_args){in.at, out.at, in.channels, out.channels, (const int8_t *)(plan->constants + step->weights),
                                                  decem_step_scales(plan, step), plan->constants + step->bias, clamp_of(step->before), rounded, unit};
    step->tiles = decem_linear_i8_tiles(&step->args.linear_i8);
}

static void prepare_pool(decem_plan *plan, decem_step *step) {
    const decem_node *node = &plan->graph->nodes[step->node];
    decem_pool_kind kind = node->op == DECEM_OP_MAX_POOL ? DECEM_POOL_MAX : node->op == DECEM_OP_AVG_POOL ? DECEM_POOL_AVERAGE : DECEM_POOL_ADAPTIVE;
    step->args.pool = (decem_pool_args){kind, decem_plan_map(plan, step->input), decem_plan_map(plan, step->result), node->window.height,
                                        node->window.width, node->window.stride, node->window.padding.top, node->window.padding.left, clamp_of(step->before)};
    step->tiles = node->shape.height;
}

static void prepare_move(decem_plan *plan, decem_step *step) {
    decem_move_args *args = &step->args.move;
    args->input = decem_plan_map(plan, step->input);
    if (step->channel_step > 1) { /* one block of a shuffle */
        args->input.channels /= step->channel_step;
        args->input.at += (ptrdiff_t)step->first_channel * args->input.channels;
    }
    if (step->addend >= 0) args->addend = decem_plan_map(plan, step->addend);
    args->output = decem_plan_map(plan, step->result);
    args->output.at += step->first_channel;
    args->output_step = step->channel_step;
    args->clamp = clamp_of(step->before);
    step->tiles = args->input.height;
}

/* How many tensors a step waits for; weights of convolutions start as zeros, since panels may be wider than channels. */
static void await_tensors(decem_plan *plan, decem_step *step) {
    decem_parameter parameters[DECEM_PARAMETERS_MAX];
    step->tensors_missing = decem_node_parameters(plan->graph, step->node, parameters);
    if (step->norm >= 0) step->tensors_missing += decem_node_parameters(plan->graph, step->norm, parameters);
    if (step->dtype == DECEM_DTYPE_I8) step->tensors_missing++; /* the scales */
    if (step->kind == DECEM_STEP_CONV) memset(plan->constants + step->weights, 0, (size_t)(step->bias - step->weights) * sizeof(float));
    memset(plan->constants + step->bias, 0, (size_t)(step->tables - step->bias) * sizeof(float));
}

void decem_plan_prepare(decem_plan *plan, float *arena, float *constants) {
    plan->arena = arena;
    plan->constants = constants;
    memset(arena, 0, (size_t)plan->arena_elements * sizeof(float));
    for (int32_t s = 0; s < plan->step_count; s++) {
        decem_step *step = &plan->steps[s];
        switch (step->kind) {
            case DECEM_STEP_CONV: prepare_conv(plan, step); await_tensors(plan, step); break;
            case DECEM_STEP_WINOGRAD: prepare_winograd(plan, step); await_tensors(plan, step); break;
            case DECEM_STEP_DEPTHWISE: prepare_depthwise(plan, step); await_tensors(plan, step); break;
            case DECEM_STEP_LINEAR: prepare_linear(plan, step); await_tensors(plan, step); break;
            case DECEM_STEP_LINEAR_I8: prepare_linear_i8(plan, step); await_tensors(plan, step); break;
            case DECEM_STEP_POOL: prepare_pool(plan, step); break;
            case DECEM_STEP_LRN:
                step->args.lrn = (decem_lrn_args){decem_plan_map(plan, step->input), decem_plan_map(plan, step->result), plan->graph->nodes[step->node].size};
                step->tiles = plan->graph->nodes[step->node].shape.height;
                break;
            case DECEM_STEP_MOVE: prepare_move(plan, step); break;
        }
        if (step->band_rows > 0) step->tiles = decem_plan_band_tiles(plan, step);
        if (decem_step_is_in_bands(plan, step)) step->tiles = 0;
    }
}
