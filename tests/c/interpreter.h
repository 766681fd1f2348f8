/* A graph run as it is written: node after node, each into memory of its own, with the scalar reference kernels. Nothing is folded,
 * fused or shared. Slow and obvious: what every plan must agree with. */
#ifndef DECEM_TESTS_INTERPRETER_H
#define DECEM_TESTS_INTERPRETER_H

#include "graph/parameters.h"
#include "kernels/conv/conv.h"
#include "kernels/lrn/lrn.h"
#include "kernels/pool/pool.h"
#include "maps.h"

typedef struct interpretation {
    const decem_graph *graph;
    uint32_t seed;                    /* of the parameters */
    bool quantised;                   /* weights are what I8 can hold */
    float *values[DECEM_GRAPH_NODES]; /* [H][W][C]; of FLATTEN [C][H][W], as PyTorch has it */
} interpretation;

static inline size_t elements_of(const decem_graph *graph, decem_value value) {
    decem_shape s = decem_graph_shape(graph, value);
    return (size_t)s.channels * (size_t)s.height * (size_t)s.width;
}

static inline decem_map dense_map(float *at, decem_shape s) {
    return (decem_map){at, s.height, s.width, s.channels, (ptrdiff_t)s.width * s.channels, s.channels};
}

static inline decem_map value_map(const interpretation *in, decem_value value) {
    return dense_map(in->values[value], decem_graph_shape(in->graph, value));
}

/* The scale of a row of I8 weights: a power of two, so that dividing by it is exact. */
static inline float row_scale(int64_t row) {
    return ldexpf(1.0f, -6 - (int)(row % 3));
}

/* Parameter `index` of a node, whole, seeded by both; zeros where it has none. Sized so that values neither grow nor fade from
 * layer to layer. */
static inline float *parameter_of(const interpretation *in, int32_t node, int32_t index) {
    decem_parameter parameters[DECEM_PARAMETERS_MAX];
    int32_t count = decem_node_parameters(in->graph, node, parameters);
    if (index >= count) return calloc((size_t)in->graph->nodes[node].shape.channels, sizeof(float));
    int64_t elements = decem_parameter_elements(&parameters[index]);
    uint32_t seed = in->seed + (uint32_t)(node * DECEM_PARAMETERS_MAX + index) * 7919u;
    float *values = make_values((size_t)elements, &seed);
    decem_role role = parameters[index].role;
    int64_t columns = elements / parameters[index].shape[0];
    for (int64_t i = 0; i < elements; i++) {
        if (role == DECEM_ROLE_WEIGHT) values[i] *= sqrtf(6.0f / (float)columns);
        if (role == DECEM_ROLE_WEIGHT && in->quantised) values[i] = fminf(fmaxf(roundf(values[i] / row_scale(i / columns)), -128.0f), 127.0f) * row_scale(i / columns);
        if (role == DECEM_ROLE_NORM_WEIGHT || role == DECEM_ROLE_NORM_VARIANCE) values[i] = 1.0f + 0.5f * values[i];
    }
    return values;
}

static inline void interpret_conv(const interpretation *in, int32_t i) {
    const decem_node *node = &in->graph->nodes[i];
    const decem_padding *p = &node->window.padding;
    decem_map from = value_map(in, node->inputs[0]);
    decem_shape size = {from.channels, from.height + p->top + p->bottom, from.width + p->left + p->right};
    decem_map padded = dense_map(calloc((size_t)size.channels * (size_t)size.height * (size_t)size.width, sizeof(float)), size);
    for (int32_t y = 0; y < from.height; y++)
        for (int32_t x = 0; x < from.width; x++)
            for (int32_t c = 0; c < from.channels; c++) *map_at(&padded, y + p->top, x + p->left, c) = *map_at(&from, y, x, c);
    decem_conv_shape shape = {from.channels, node->shape.channels, node->groups, 1, node->window.height, node->window.width, node->window.stride};
    float *weights = parameter_of(in, i, 0), *bias = parameter_of(in, i, 1);
    decem_f32_conv__ref(&shape, padded, weights, bias, value_map(in, i));
    free(padded.at);
    free(weights);
    free(bias);
}

static inline void interpret_norm(const interpretation *in, int32_t i) {
    const decem_node *node = &in->graph->nodes[i];
    float *weight = parameter_of(in, i, 0), *bias = parameter_of(in, i, 1), *mean = parameter_of(in, i, 2), *variance = parameter_of(in, i, 3);
    for (size_t k = 0; k < elements_of(in->graph, i); k++) {
        size_t c = k % (size_t)node->shape.channels;
        double spread = sqrt((double)variance[c] + (double)node->epsilon);
        in->values[i][k] = (float)(((double)in->values[node->inputs[0]][k] - (double)mean[c]) / spread * (double)weight[c] + (double)bias[c]);
    }
    free(weight);
    free(bias);
    free(mean);
    free(variance);
}

static inline void interpret_linear(const interpretation *in, int32_t i) {
    const float *x = in->values[in->graph->nodes[i].inputs[0]];
    size_t features = elements_of(in->graph, in->graph->nodes[i].inputs[0]);
    float *weights = parameter_of(in, i, 0), *bias = parameter_of(in, i, 1);
    for (size_t n = 0; n < elements_of(in->graph, i); n++) {
        double sum = (double)bias[n];
        for (size_t k = 0; k < features; k++) sum += (double)weights[n * features + k] * (double)x[k];
        in->values[i][n] = (float)sum;
    }
    free(weights);
    free(bias);
}

static inline void interpret_pool(const interpretation *in, int32_t i, decem_pool_kind kind) {
    const decem_window *w = &in->graph->nodes[i].window;
    decem_pool_args args = {kind, value_map(in, in->graph->nodes[i].inputs[0]), value_map(in, i), w->height, w->width, w->stride, w->padding.top, w->padding.left, unbounded};
    for (int32_t y = 0; y < args.output.height; y++) decem_f32_pool__ref(&args, y);
}

/* Concat, chunk, shuffle and flatten: where each element comes from. */
static inline void interpret_moves(const interpretation *in, int32_t i) {
    const decem_node *node = &in->graph->nodes[i];
    decem_map to = value_map(in, i), from = value_map(in, node->inputs[0]);
    if (node->op == DECEM_OP_FLATTEN) {
        float *at = to.at;
        for (int32_t c = 0; c < from.channels; c++)
            for (int32_t y = 0; y < from.height; y++)
                for (int32_t x = 0; x < from.width; x++) *at++ = *map_at(&from, y, x, c);
        return;
    }
    for (int32_t y = 0; y < to.height; y++)
        for (int32_t x = 0; x < to.width; x++)
            for (int32_t c = 0; c < to.channels; c++) {
                int32_t source = c, k = 0;
                if (node->op == DECEM_OP_CHUNK) source += node->start;
                if (node->op == DECEM_OP_SHUFFLE) source = c % node->groups * (to.channels / node->groups) + c / node->groups;
                if (node->op == DECEM_OP_CONCAT)
                    for (; source >= decem_graph_shape(in->graph, node->inputs[k]).channels; k++) source -= decem_graph_shape(in->graph, node->inputs[k]).channels;
                from = value_map(in, node->inputs[k]);
                *map_at(&to, y, x, c) = *map_at(&from, y, x, source);
            }
}

static inline void interpret_node(const interpretation *in, int32_t i) {
    const decem_node *node = &in->graph->nodes[i];
    float *out = in->values[i];
    const float *a = in->values[node->inputs[0]], *b = in->values[node->inputs[1]];
    switch (node->op) {
    case DECEM_OP_INPUT: break;
    case DECEM_OP_CONV: interpret_conv(in, i); break;
    case DECEM_OP_NORM: interpret_norm(in, i); break;
    case DECEM_OP_LINEAR: interpret_linear(in, i); break;
    case DECEM_OP_MAX_POOL: interpret_pool(in, i, DECEM_POOL_MAX); break;
    case DECEM_OP_AVG_POOL: interpret_pool(in, i, DECEM_POOL_AVERAGE); break;
    case DECEM_OP_ADAPTIVE_POOL: interpret_pool(in, i, DECEM_POOL_ADAPTIVE); break;
    case DECEM_OP_CONCAT: case DECEM_OP_CHUNK: case DECEM_OP_SHUFFLE: case DECEM_OP_FLATTEN: interpret_moves(in, i); break;
    case DECEM_OP_ADD:
        for (size_t k = 0; k < elements_of(in->graph, i); k++) out[k] = a[k] + b[k];
        break;
    case DECEM_OP_ACTIVATION:
        for (size_t k = 0; k < elements_of(in->graph, i); k++) out[k] = fminf(fmaxf(a[k], 0.0f), node->activation == DECEM_RELU6 ? 6.0f : INFINITY);
        break;
    case DECEM_OP_LRN: {
        decem_lrn_args args = {value_map(in, node->inputs[0]), value_map(in, i), node->size};
        for (int32_t y = 0; y < args.output.height; y++) decem_f32_lrn__ref(&args, y);
        break;
    }
    }
}

/* Runs the whole graph on an input of [H][W][C]; to be freed by free_interpretation. */
static inline void interpret(interpretation *in, const decem_graph *graph, uint32_t seed, const float *input) {
    in->graph = graph;
    in->seed = seed;
    for (int32_t i = 0; i < graph->count; i++) {
        in->values[i] = malloc(elements_of(graph, i) * sizeof(float));
        if (graph->nodes[i].op == DECEM_OP_INPUT) memcpy(in->values[i], input, elements_of(graph, i) * sizeof(float));
        else interpret_node(in, i);
    }
}

static inline void free_interpretation(interpretation *in) {
    for (int32_t i = 0; i < in->graph->count; i++) free(in->values[i]);
}

#endif
