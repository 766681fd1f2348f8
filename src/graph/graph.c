#include "graph/graph.h"

#include <stdarg.h>
#include <string.h>

void decem_graph_reset(decem_graph *graph, decem_message *message) {
    memset(graph, 0, sizeof *graph);
    graph->message = message;
    graph->norm_gain = 1.0;
    graph->logit_gain = 1.0;
}

decem_status decem_graph_status(const decem_graph *graph) {
    return graph->status;
}

const char *decem_graph_name(decem_graph *graph, const char *format, ...) {
    char *out = graph->names + graph->names_used;
    size_t room = sizeof graph->names - (size_t)graph->names_used;
    va_list arguments;
    va_start(arguments, format);
    size_t length = decem_format(out, room, format, arguments);
    va_end(arguments);
    if (length + 1 >= room) {
        if (graph->status == DECEM_OK)
            graph->status = decem_fail(graph->message, DECEM_INVALID_OPTION, "these options make a network with too many layers; choose smaller ones");
        return "";
    }
    graph->names_used += (int32_t)length + 1;
    return out;
}

void decem_graph_refuse(decem_graph *graph, const char *sentence) {
    if (graph->status == DECEM_OK) graph->status = decem_fail(graph->message, DECEM_INVALID_OPTION, "%s", sentence);
}

decem_shape decem_graph_shape(const decem_graph *graph, decem_value value) {
    return value < 0 ? (decem_shape){0, 0, 0} : graph->nodes[value].shape;
}

/* Adds a node when all is well so far and its shape is possible; -1 otherwise. */
static decem_value append(decem_graph *graph, decem_node node) {
    if (graph->status != DECEM_OK) return -1;
    for (int32_t i = 0; i < node.input_count; i++)
        if (node.inputs[i] < 0 || node.inputs[i] >= graph->count) return -1;
    if (graph->count == DECEM_GRAPH_NODES) {
        graph->status = decem_fail(graph->message, DECEM_INVALID_OPTION, "these options make a network of more than %d layers; choose smaller ones", DECEM_GRAPH_NODES);
        return -1;
    }
    decem_shape s = node.shape;
    if (s.height < 1 || s.width < 1 || s.channels < 1) {
        graph->status = decem_fail(graph->message, DECEM_INVALID_OPTION, "layer %s would have an output of %d x %d pixels and %d channels; choose a larger input size or other options",
                                   node.name, s.width, s.height, s.channels);
        return -1;
    }
    if (s.height > DECEM_GRAPH_SIDE_MAX || s.width > DECEM_GRAPH_SIDE_MAX || s.channels > DECEM_GRAPH_CHANNELS_MAX) {
        graph->status = decem_fail(graph->message, DECEM_INVALID_OPTION, "layer %s would be too large: %d x %d pixels and %d channels",
                                   node.name, s.width, s.height, s.channels);
        return -1;
    }
    graph->nodes[graph->count] = node;
    return graph->count++;
}

static decem_node node_of(decem_op op, const char *name, decem_value input, decem_shape shape) {
    decem_node node;
    memset(&node, 0, sizeof node);
    node.op = op;
    node.name = name;
    node.inputs[0] = input;
    node.input_count = 1;
    node.shape = shape;
    return node;
}

/* How many places a window has along one side: PyTorch's rule, where with ceil_mode the last window must start
 * inside the image or its leading padding. */
static int32_t places(int32_t size, int32_t before, int32_t after, int32_t window, int32_t stride, bool ceil_mode) {
    int32_t room = size + before + after - window + (ceil_mode ? stride - 1 : 0);
    if (room < 0) return 0;
    int32_t count = room / stride + 1;
    return ceil_mode && (count - 1) * stride >= size + before ? count - 1 : count;
}

static decem_shape slide(decem_shape input, decem_window window, int32_t channels) {
    const decem_padding *p = &window.padding;
    return (decem_shape){channels, places(input.height, p->top, p->bottom, window.height, window.stride, window.ceil_mode),
                         places(input.width, p->left, p->right, window.width, window.stride, window.ceil_mode)};
}

decem_value decem_graph_input(decem_graph *graph, int32_t channels, int32_t height, int32_t width) {
    decem_node node = node_of(DECEM_OP_INPUT, "input", 0, (decem_shape){channels, height, width});
    node.input_count = 0;
    return append(graph, node);
}

decem_value decem_graph_conv(decem_graph *graph, decem_value input, const char *name, int32_t channels,
                             decem_window window, int32_t groups, bool bias) {
    decem_shape in = decem_graph_shape(graph, input);
    if (graph->status != DECEM_OK) return -1;
    bool full = groups == 1;
    bool grouped_pointwise = groups > 1 && window.height == 1 && window.width == 1;
    bool depthwise = groups > 1 && groups == in.channels && groups == channels && window.height == 3 && window.width == 3;
    if (groups < 1 || in.channels % groups != 0 || channels % groups != 0 || !(full || grouped_pointwise || depthwise)) {
        graph->status = decem_fail(graph->message, DECEM_INVALID_OPTION, "layer %s: %d channels to %d in %d groups is not supported",
                                   name, in.channels, channels, groups);
        return -1;
    }
    decem_node node = node_of(DECEM_OP_CONV, name, input, slide(in, window, channels));
    node.window = window;
    node.groups = groups;
    node.bias = bias;
    return append(graph, node);
}

decem_value decem_graph_norm(decem_graph *graph, decem_value input, const char *name, float epsilon) {
    decem_node node = node_of(DECEM_OP_NORM, name, input, decem_graph_shape(graph, input));
    node.epsilon = epsilon;
    return append(graph, node);
}

decem_value decem_graph_activation(decem_graph *graph, decem_value input, const char *name,
                                   decem_activation activation) {
    decem_node node = node_of(DECEM_OP_ACTIVATION, name, input, decem_graph_shape(graph, input));
    node.activation = activation;
    return append(graph, node);
}

decem_value decem_graph_lrn(decem_graph *graph, decem_value input, const char *name, int32_t size) {
    decem_node node = node_of(DECEM_OP_LRN, name, input, decem_graph_shape(graph, input));
    node.size = size;
    return append(graph, node);
}

decem_value decem_graph_max_pool(decem_graph *graph, decem_value input, const char *name, decem_window window) {
    decem_shape in = decem_graph_shape(graph, input);
    decem_node node = node_of(DECEM_OP_MAX_POOL, name, input, slide(in, window, in.channels));
    node.window = window;
    return append(graph, node);
}

decem_value decem_graph_avg_pool(decem_graph *graph, decem_value input, const char *name, decem_window window) {
    decem_shape in = decem_graph_shape(graph, input);
    decem_node node = node_of(DECEM_OP_AVG_POOL, name, input, slide(in, window, in.channels));
    node.window = window;
    return append(graph, node);
}

decem_value decem_graph_adaptive_pool(decem_graph *graph, decem_value input, const char *name, int32_t height,
                                      int32_t width) {
    decem_shape in = decem_graph_shape(graph, input);
    return append(graph, node_of(DECEM_OP_ADAPTIVE_POOL, name, input, (decem_shape){in.channels, height, width}));
}

decem_value decem_graph_concat(decem_graph *graph, const decem_value *inputs, int32_t count, const char *name) {
    decem_shape shape = decem_graph_shape(graph, inputs[0]);
    decem_node node = node_of(DECEM_OP_CONCAT, name, inputs[0], shape);
    node.input_count = count;
    for (int32_t i = 1; i < count; i++) {
        decem_shape other = decem_graph_shape(graph, inputs[i]);
        if (other.height != shape.height || other.width != shape.width) {
            decem_graph_refuse(graph, "branches of different sizes cannot be concatenated; choose another input size");
            return -1;
        }
        node.inputs[i] = inputs[i];
        node.shape.channels += other.channels;
    }
    return append(graph, node);
}

decem_value decem_graph_chunk(decem_graph *graph, decem_value input, int32_t start, int32_t channels) {
    decem_shape shape = decem_graph_shape(graph, input);
    if (start < 0 || channels > shape.channels - start) channels = 0;
    shape.channels = channels;
    decem_node node = node_of(DECEM_OP_CHUNK, "", input, shape);
    node.start = start;
    return append(graph, node);
}

decem_value decem_graph_shuffle(decem_graph *graph, decem_value input, const char *name, int32_t groups) {
    decem_shape shape = decem_graph_shape(graph, input);
    if (groups < 1 || shape.channels % groups != 0) {
        decem_graph_refuse(graph, "channels cannot be shuffled in groups of unequal size; choose other widths or groups");
        return -1;
    }
    decem_node node = node_of(DECEM_OP_SHUFFLE, name, input, shape);
    node.groups = groups;
    return append(graph, node);
}

decem_value decem_graph_add(decem_graph *graph, decem_value a, decem_value b, const char *name) {
    decem_shape left = decem_graph_shape(graph, a), right = decem_graph_shape(graph, b);
    if (left.channels != right.channels || left.height != right.height || left.width != right.width) {
        decem_graph_refuse(graph, "values of different shapes cannot be added; choose other options");
        return -1;
    }
    decem_node node = node_of(DECEM_OP_ADD, name, a, left);
    node.inputs[1] = b;
    node.input_count = 2;
    return append(graph, node);
}

decem_value decem_graph_flatten(decem_graph *graph, decem_value input, const char *name) {
    decem_shape in = decem_graph_shape(graph, input);
    int64_t features = (int64_t)in.channels * in.height * in.width;
    if (features > DECEM_GRAPH_CHANNELS_MAX) features = 0;
    return append(graph, node_of(DECEM_OP_FLATTEN, name, input, (decem_shape){(int32_t)features, 1, 1}));
}

decem_value decem_graph_linear(decem_graph *graph, decem_value input, const char *name, int32_t features) {
    decem_shape in = decem_graph_shape(graph, input);
    if (graph->status == DECEM_OK && (in.height != 1 || in.width != 1)) {
        graph->status = decem_fail(graph->message, DECEM_INVALID_OPTION, "layer %s reads a map of %d x %d pixels; flatten it first", name, in.width, in.height);
        return -1;
    }
    decem_node node = node_of(DECEM_OP_LINEAR, name, input, (decem_shape){features, 1, 1});
    node.bias = true;
    return append(graph, node);
}

void decem_graph_output_logits(decem_graph *graph, decem_value logits, const char *name) {
    if (graph->status != DECEM_OK || logits < 0 || graph->output_count == DECEM_GRAPH_OUTPUTS) return;
    graph->nodes[logits].classifier = true;
    graph->outputs[graph->output_count++] = (decem_graph_output){name, logits};
}

void decem_graph_synthetic_gains(decem_graph *graph, double norm, double logit) {
    graph->norm_gain = norm;
    graph->logit_gain = logit;
}

bool decem_node_is_depthwise(const decem_graph *graph, const decem_node *node) {
    return node->op == DECEM_OP_CONV && node->groups > 1 && node->groups == node->shape.channels &&
           node->groups == graph->nodes[node->inputs[0]].shape.channels && node->window.height == 3;
}

int64_t decem_node_macs(const decem_graph *graph, const decem_node *node) {
    int64_t outputs = (int64_t)node->shape.channels * node->shape.height * node->shape.width;
    int32_t in_channels = node->input_count > 0 ? graph->nodes[node->inputs[0]].shape.channels : 0;
    if (node->op == DECEM_OP_CONV) return outputs * (in_channels / node->groups) * node->window.height * node->window.width;
    if (node->op == DECEM_OP_LINEAR) return outputs * in_channels;
    return 0;
}

const char *decem_node_type(const decem_node *node) {
    switch (node->op) {
        case DECEM_OP_INPUT: return "Input";
        case DECEM_OP_CONV: return "Conv2d";
        case DECEM_OP_NORM: return "BatchNorm2d";
        case DECEM_OP_ACTIVATION: return node->activation == DECEM_RELU6 ? "ReLU6" : "ReLU";
        case DECEM_OP_LRN: return "LocalResponseNorm";
        case DECEM_OP_MAX_POOL: return "MaxPool2d";
        case DECEM_OP_AVG_POOL: return "AvgPool2d";
        case DECEM_OP_ADAPTIVE_POOL: return "AdaptiveAvgPool2d";
        case DECEM_OP_CONCAT: return "Concat";
        case DECEM_OP_CHUNK: return "Chunk";
        case DECEM_OP_SHUFFLE: return "ChannelShuffle";
        case DECEM_OP_ADD: return "Add";
        case DECEM_OP_FLATTEN: return "Flatten";
        case DECEM_OP_LINEAR: return "Linear";
    }
    return "";
}
