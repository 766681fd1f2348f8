#include "base/checked.h"
#include "plan/plan.h"

enum {
    ALIGNMENT = DECEM_PLAN_LINE / (int32_t)sizeof(float),
    CLASHING = 128      /* pixels a multiple of so many elements apart share a few sets of a first-level cache */
};

static int64_t aligned(int64_t elements) {
    return (elements + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static int32_t largest(int32_t a, int32_t b) {
    return a > b ? a : b;
}

static int32_t new_buffer(decem_plan *plan, decem_shape shape) {
    decem_buffer *buffer = &plan->buffers[plan->buffer_count];
    *buffer = (decem_buffer){shape.height, shape.width, shape.channels, shape.channels, 0, DECEM_GRAPH_NODES, -1, 0, 0};
    return plan->buffer_count++;
}

/* Gives every value that exists a place: its own buffer, or a part of another's. */
static void place_values(decem_plan *plan) {
    const decem_graph *graph = plan->graph;
    bool made[DECEM_GRAPH_NODES] = {false};
    for (int32_t s = 0; s < plan->step_count; s++) made[plan->steps[s].result] = plan->steps[s].band_rows == 0;
    for (int32_t i = 0; i < graph->count; i++) plan->places[i] = (decem_place){-1, 0};
    for (int32_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].op == DECEM_OP_CONCAT && !plan->absorbed[i]) plan->places[i].buffer = new_buffer(plan, graph->nodes[i].shape);
    for (int32_t i = 0; i < graph->count; i++) {
        const decem_node *node = &graph->nodes[i];
        decem_place *place = &plan->places[i];
        if (plan->same_as[i] != i) {
            *place = plan->places[plan->same_as[i]];
        } else if (node->op == DECEM_OP_CHUNK || node->op == DECEM_OP_FLATTEN) {
            *place = plan->places[node->inputs[0]];
            place->channel += node->start;
        } else if (plan->inside[i] >= 0) {
            const decem_node *concat = &graph->nodes[plan->inside[i]];
            place->buffer = plan->places[plan->inside[i]].buffer;
            for (int32_t k = 0; concat->inputs[k] != i; k++) place->channel += graph->nodes[concat->inputs[k]].shape.channels;
        } else if (place->buffer < 0 && (made[i] || node->op == DECEM_OP_INPUT)) {
            place->buffer = new_buffer(plan, node->shape);
        }
    }
}

/* The input, all logits, and the embedding, which the first logits are made of. */
static bool outlives_the_run(const decem_plan *plan, int32_t buffer) {
    const decem_graph *graph = plan->graph;
    for (int32_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].op == DECEM_OP_INPUT && plan->places[i].buffer == buffer) return true;
    for (int32_t k = 0; k < graph->output_count; k++)
        if (plan->places[graph->outputs[k].logits].buffer == buffer) return true;
    return plan->places[graph->nodes[graph->outputs[0].logits].inputs[0]].buffer == buffer;
}

static bool is_read_from(const decem_plan *plan, int32_t buffer, int32_t step) {
    for (int32_t s = step; s < plan->step_count; s++)
        for (int32_t k = 0; k < 2; k++) {
            decem_value value = k == 0 ? plan->steps[s].input : plan->steps[s].addend;
            if (value >= 0 && plan->places[value].buffer == buffer) return true;
        }
    return false;
}

static bool fills_its_buffer(const decem_plan *plan, decem_value value) {
    decem_place place = plan->places[value];
    return place.channel == 0 && plan->buffers[place.buffer].channels == plan->graph->nodes[value].shape.channels;
}

/* Values of one buffer go to another, and nothing is left of it. */
static void merge_buffers(decem_plan *plan, int32_t from, int32_t into) {
    int32_t last = --plan->buffer_count;
    plan->buffers[from] = plan->buffers[last];
    for (int32_t i = 0; i < plan->graph->count; i++) {
        int32_t *buffer = &plan->places[i].buffer;
        if (*buffer == from) *buffer = into;
        if (*buffer == last) *buffer = from;
    }
}

/* A sum is written over its addend where nobody wants that any more: kernels read what they add to an output just before they write it,
 * and its lines are in the cache then. */
static void add_in_place(decem_plan *plan) {
    for (int32_t s = 0; s < plan->step_count; s++) {
        const decem_step *step = &plan->steps[s];
        if (step->addend < 0 || step->interleave || (step->kind != DECEM_STEP_CONV && step->kind != DECEM_STEP_WINOGRAD)) continue;
        int32_t read = plan->places[step->addend].buffer, written = plan->places[step->result].buffer;
        if (read == written || read == plan->places[step->input].buffer || !fills_its_buffer(plan, step->addend) ||
            !fills_its_buffer(plan, step->result) || outlives_the_run(plan, read) || is_read_from(plan, read, s + 1)) continue;
        merge_buffers(plan, written, read);
    }
}

/* Widens the buffers that convolutions read by the padding these need. */
static void find_halos(decem_plan *plan) {
    for (int32_t s = 0; s < plan->step_count; s++) {
        const decem_step *step = &plan->steps[s];
        if ((step->kind != DECEM_STEP_CONV && step->kind != DECEM_STEP_DEPTHWISE) || decem_step_is_in_bands(plan, step)) continue;
        const decem_padding *p = &plan->graph->nodes[step->node].window.padding;
        decem_buffer *buffer = &plan->buffers[plan->places[step->input].buffer];
        buffer->halo = largest(buffer->halo, largest(largest(p->top, p->bottom), largest(p->left, p->right)));
    }
}

/* Pixels a multiple of 512 bytes apart evict each other from the cache while a window walks over them: a line between them keeps
 * them apart. */
int32_t decem_plan_pixel_stride(int32_t channels) {
    return channels % CLASHING == 0 ? channels + ALIGNMENT : channels;
}

/* Not where a flattened map must be one run of memory. */
static void spread_pixels(decem_plan *plan) {
    for (int32_t b = 0; b < plan->buffer_count; b++) {
        decem_buffer *buffer = &plan->buffers[b];
        if (buffer->height * buffer->width > 1) buffer->pixel_stride = decem_plan_pixel_stride(buffer->channels);
    }
    for (int32_t i = 0; i < plan->graph->count; i++)
        if (plan->graph->nodes[i].op == DECEM_OP_FLATTEN) {
            decem_buffer *buffer = &plan->buffers[plan->places[i].buffer];
            buffer->pixel_stride = buffer->channels;
        }
}

/* A Linear reads a flattened map as one run of memory: its buffer must hold that map and nothing else. */
static decem_status check_flattened(const decem_plan *plan, decem_message *message) {
    for (int32_t i = 0; i < plan->graph->count; i++) {
        const decem_node *node = &plan->graph->nodes[i];
        if (node->op != DECEM_OP_FLATTEN) continue;
        const decem_shape *map = &plan->graph->nodes[node->inputs[0]].shape;
        const decem_buffer *buffer = &plan->buffers[plan->places[i].buffer];
        if (map->height * map->width > 1 && (buffer->halo > 0 || buffer->channels != map->channels))
            return decem_fail(message, DECEM_INVALID_OPTION, "layer %s: a map of several pixels can be flattened only where no other layer reads it", node->name);
    }
    return DECEM_OK;
}

static void reads(decem_plan *plan, decem_value value, int32_t step) {
    if (value < 0 || plan->places[value].buffer < 0) return;
    decem_buffer *buffer = &plan->buffers[plan->places[value].buffer];
    buffer->last = largest(buffer->last, step);
}

/* Whether a step is the first to write a buffer. */
static bool begins(decem_plan *plan, int32_t buffer, int32_t step) {
    if (buffer < 0 || plan->buffers[buffer].first <= step) return false;
    plan->buffers[buffer].first = step;
    return true;
}

static void find_lifetimes(decem_plan *plan) {
    const decem_graph *graph = plan->graph;
    for (int32_t s = 0; s < plan->step_count; s++) {
        decem_step *step = &plan->steps[s];
        decem_value result = step->band_rows > 0 ? step[1].result : step->result;
        int32_t written = plan->places[result].buffer;
        step->clears_buffer = begins(plan, written, s) && plan->buffers[written].halo > 0 ? written : -1;
        reads(plan, result, s);
        reads(plan, step->input, s);
        reads(plan, step->addend, s);
    }
    for (int32_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].op == DECEM_OP_INPUT) plan->buffers[plan->places[i].buffer].first = -1;
    for (int32_t b = 0; b < plan->buffer_count; b++)
        if (plan->keeps_all || outlives_the_run(plan, b)) plan->buffers[b].last = plan->step_count;
}

static bool alive_together(const decem_buffer *a, const decem_buffer *b) {
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest offset at which a buffer touches none of those placed before it that are alive with it. */
static int64_t lowest_offset(const decem_plan *plan, const int32_t *placed, int32_t count, const decem_buffer *buffer) {
    int64_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int32_t i = 0; i < count; i++) {
            const decem_buffer *other = &plan->buffers[placed[i]];
            if (!alive_together(buffer, other) || offset + buffer->elements <= other->offset || other->offset + other->elements <= offset) continue;
            offset = other->offset + other->elements;
            moved = true;
        }
    }
    return offset;
}

/* Largest first, each at the lowest offset that is free during its life (as XNNPACK's and TFLite's planners do). */
static decem_status lay_out_arena(decem_plan *plan, decem_message *message) {
    int32_t order[DECEM_GRAPH_NODES];
    for (int32_t i = 0; i < plan->buffer_count; i++) {
        decem_buffer *buffer = &plan->buffers[i];
        uint64_t elements = decem_multiply(decem_multiply((uint64_t)(buffer->height + 2 * buffer->halo), (uint64_t)(buffer->width + 2 * buffer->halo)),
                                           (uint64_t)buffer->pixel_stride);
        if (elements > DECEM_SIZE_MAX / sizeof(float))
            return decem_fail(message, DECEM_INVALID_OPTION, "these options make layers too large for memory; choose a smaller input size");
        buffer->elements = aligned((int64_t)elements);
        int32_t at = i;
        for (; at > 0 && plan->buffers[order[at - 1]].elements < buffer->elements; at--) order[at] = order[at - 1];
        order[at] = i;
    }
    for (int32_t i = 0; i < plan->buffer_count; i++) {
        decem_buffer *buffer = &plan->buffers[order[i]];
        buffer->offset = lowest_offset(plan, order, i, buffer);
        if (buffer->offset + buffer->elements > plan->arena_elements) plan->arena_elements = buffer->offset + buffer->elements;
    }
    return DECEM_OK;
}

/* Elements that hold `count` structs of `bytes`. */
static int64_t table_elements(int64_t count, size_t bytes) {
    return (count * (int64_t)bytes + (int64_t)sizeof(float) - 1) / (int64_t)sizeof(float);
}

static void lay_out_constants(decem_plan *plan) {
    int64_t at = 0;
    for (int32_t s = 0; s < plan->step_count; s++) {
        decem_step *step = &plan->steps[s];
        const decem_node *node = &plan->graph->nodes[step->node];
        int64_t channels = node->shape.channels, weights = 0, bias = channels, tables = 0;
        if (step->kind == DECEM_STEP_WINOGRAD) {
            decem_conv_shape shape = decem_step_conv_shape(plan, step);
            weights = decem_winograd_weight_elements(&shape);
        } else if (step->kind == DECEM_STEP_CONV) {
            decem_conv_shape shape = decem_step_conv_shape(plan, step);
            weights = decem_conv_weight_elements(&shape);
            bias = (int64_t)decem_conv_panel_count(&shape) * DECEM_CONV_COLUMNS;
            tables = table_elements(decem_conv_panel_count(&shape), sizeof(decem_conv_panel)) + table_elements(DECEM_CONV_SEGMENTS, sizeof(int32_t));
        } else if (step->kind == DECEM_STEP_DEPTHWISE) {
            weights = 9 * channels;
        } else if (step->kind == DECEM_STEP_LINEAR) {
            weights = decem_linear_weight_elements(plan->graph->nodes[node->inputs[0]].shape.channels, node->shape.channels);
        } else if (step->kind == DECEM_STEP_LINEAR_I8) {
            weights = table_elements(channels, (size_t)decem_linear_i8_row(plan->graph->nodes[node->inputs[0]].shape.channels));
        } else {
            continue;
        }
        step->weights = at;
        step->bias = step->weights + aligned(weights);
        step->vectors = step->bias + aligned(bias);
        step->tables = step->vectors + aligned(DECEM_STEP_VECTORS * channels);
        at = step->tables + aligned(tables);
    }
    plan->constant_elements = at;
}

/* One at a time: a step is done before the next begins. */
static void lay_out_linear_input(decem_plan *plan) {
    int64_t most = 0;
    for (int32_t s = 0; s < plan->step_count; s++) {
        const decem_step *step = &plan->steps[s];
        int64_t elements = 0;
        int32_t in = plan->graph->nodes[step->input].shape.channels;
        if (step->kind == DECEM_STEP_LINEAR) elements = table_elements(in, sizeof(decem_linear_term)) + 1;
        if (step->kind == DECEM_STEP_LINEAR_I8) elements = table_elements(decem_linear_i8_row(in), sizeof(int16_t)) + 1;
        if (elements > most) most = elements;
    }
    plan->linear_input = plan->arena_elements;
    plan->arena_elements += aligned(most);
}

static decem_map map_of_shape(const decem_shape *shape) {
    return (decem_map){NULL, shape->height, shape->width, shape->channels, 0, 0};
}

/* Tiles depend on shapes alone, so their scratch is known before any memory is. */
static int64_t step_scratch_elements(const decem_plan *plan, const decem_step *step) {
    decem_map in = map_of_shape(&plan->graph->nodes[step->input].shape), out = map_of_shape(&plan->graph->nodes[step->result].shape);
    const decem_window *window = &plan->graph->nodes[step->node].window;
    if (step->band_rows > 0) return step->band_rows * decem_plan_band(plan, step).row_stride + step_scratch_elements(plan, step + 1);
    if (step->kind != DECEM_STEP_WINOGRAD) return 0;
    decem_winograd_args args = {.kernel = window->height, .stride = window->stride, .side = step->winograd_side, .pool = step->pools, .input = in, .output = out};
    decem_plan_choose_winograd_tiles(plan, step, &args);
    return decem_winograd_scratch_elements(&args);
}

static void lay_out_scratch(decem_plan *plan) {
    for (int32_t s = 0; s < plan->step_count; s++) {
        int64_t elements = aligned(step_scratch_elements(plan, &plan->steps[s]));
        if (elements > plan->scratch_elements) plan->scratch_elements = elements;
    }
    plan->arena_elements += plan->scratch_elements * plan->threads;
}

decem_status decem_plan_layout(decem_plan *plan, bool keeps_all, int32_t threads, decem_message *message) {
    plan->keeps_all = keeps_all;
    plan->threads = threads;
    if (!keeps_all) decem_plan_find_bands(plan);
    place_values(plan);
    if (!keeps_all) add_in_place(plan);
    find_halos(plan);
    spread_pixels(plan);
    find_lifetimes(plan);
    decem_status status = check_flattened(plan, message);
    if (status == DECEM_OK) status = lay_out_arena(plan, message);
    if (status != DECEM_OK) return status;
    lay_out_linear_input(plan);
    lay_out_scratch(plan);
    lay_out_constants(plan);
    uint64_t most = DECEM_SIZE_MAX / sizeof(float);
    if ((uint64_t)plan->arena_elements > most || (uint64_t)plan->constant_elements > most)
        return decem_fail(message, DECEM_INVALID_OPTION, "these options make a network too large for memory; choose smaller ones");
    return DECEM_OK;
}
