/* ShuffleNetV1: Zhang et al. (2017), https://arxiv.org/abs/1707.01083.
 * ShuffleNetV2: Ma et al. (2018), https://arxiv.org/abs/1807.11164; torchvision's has the same names and repeats 4, 8, 4. */
#include "graph/blocks.h"
#include "networks/network.h"

/* ---- ShuffleNetV1 ---- */

enum { GROUPS };

static const decem_option_spec v1_specs[] = {[GROUPS] = {"groups", DECEM_OPTION_INTEGER, {3, {0}}, 1, 8, NULL, 0}};

/* Channels of stage 2 by the number of groups; each later stage doubles them. */
static const struct { int32_t groups, channels; } v1_widths[5] = {{1, 144}, {2, 200}, {3, 240}, {4, 272}, {8, 384}};
static const int32_t v1_units[3] = {4, 8, 4};

/* A grouped 1x1 convolution and its norm. */
static decem_value grouped(decem_graph *graph, decem_value x, const char *name, int32_t channels, int32_t groups, decem_activation activation) {
    return decem_block_conv(graph, x, (decem_conv_spec){
        .channels = channels, .window = decem_square(1, 1, 0), .groups = groups, .bias = true, .activation = activation,
        .conv = decem_graph_name(graph, "%s.conv1x1", name), .norm = decem_graph_name(graph, "%s.batch_norm", name),
        .activation_name = decem_graph_name(graph, "%s.relu", name)});
}

/* A unit that changes the width halves the map and concatenates its pooled input; any other adds its input. */
static decem_value shuffle_unit(decem_graph *graph, decem_value input, const char *unit, int32_t channels, int32_t groups, int32_t first_groups) {
    int32_t inputs = decem_graph_shape(graph, input).channels, inner = channels / 4;
    bool halves = inputs != channels;
    decem_value x = grouped(graph, input, decem_graph_name(graph, "%s.g_conv_1x1_compress", unit), inner, first_groups, DECEM_RELU);
    x = decem_graph_shuffle(graph, x, "", groups);
    x = decem_block_conv(graph, x, (decem_conv_spec){
        .channels = inner, .window = decem_square(3, halves ? 2 : 1, 1), .groups = inner, .bias = true,
        .conv = decem_graph_name(graph, "%s.depthwise_conv3x3", unit), .norm = decem_graph_name(graph, "%s.bn_after_depthwise", unit)});
    x = grouped(graph, x, decem_graph_name(graph, "%s.g_conv_1x1_expand", unit), halves ? channels - inputs : channels, groups, DECEM_NO_ACTIVATION);
    if (halves) {
        decem_value pooled = decem_graph_avg_pool(graph, input, "", decem_square(3, 2, 1));
        x = decem_graph_concat(graph, (decem_value[]){pooled, x}, 2, "");
    } else {
        x = decem_graph_add(graph, input, x, "");
    }
    return decem_graph_activation(graph, x, unit, DECEM_RELU);
}

static void v1_build(decem_graph *graph, const decem_options *options) {
    int32_t groups = (int32_t)options->value[GROUPS].number, channels = 0;
    for (int32_t i = 0; i < 5; i++)
        if (v1_widths[i].groups == groups) channels = v1_widths[i].channels;
    if (channels == 0) decem_graph_refuse(graph, "shufflenetv1: groups must be 1, 2, 3, 4 or 8");
    decem_value x = decem_graph_input(graph, 3, options->input_size, options->input_size);
    x = decem_graph_conv(graph, x, "conv1", 24, decem_square(3, 2, 1), 1, true);
    x = decem_graph_max_pool(graph, x, "maxpool", decem_square(3, 2, 1));
    for (int32_t stage = 0; stage < 3; stage++, channels *= 2)
        for (int32_t i = 0; i < v1_units[stage]; i++)
            x = shuffle_unit(graph, x, decem_graph_name(graph, "stage%d.ShuffleUnit_Stage%d_%d", stage + 2, stage + 2, i), channels,
                             groups, stage == 0 && i == 0 ? 1 : groups);
    x = decem_block_head(graph, x, "", "fc", options->num_classes);
    decem_graph_output_logits(graph, x, "main");
    decem_graph_synthetic_gains(graph, 0.8, 2.3);
    graph->final = DECEM_FINAL_LOG_SOFTMAX;
}

static bool v1_recognise(const decem_tensor_shapes *shapes, decem_options *options) {
    if (!decem_shapes_has(shapes, "stage2.ShuffleUnit_Stage2_0.depthwise_conv3x3.weight")) return false;
    int32_t features = decem_shapes_width(shapes, "fc.weight", 1);
    for (int32_t i = 0; i < 5; i++)
        if (features == 4 * v1_widths[i].channels) options->value[GROUPS].number = v1_widths[i].groups;
    return decem_shapes_classes(shapes, "fc.weight", options);
}

/* ---- ShuffleNetV2 ---- */

enum { REPEATS, CHANNELS };

static const decem_option_spec v2_specs[] = {
    [REPEATS] = {"stages_repeats", DECEM_OPTION_LIST_OF_INTEGERS, {0, {3, 7, 3}}, 1, 32, NULL, 3},
    [CHANNELS] = {"stages_out_channels", DECEM_OPTION_LIST_OF_INTEGERS, {0, {24, 116, 232, 464, 1024}}, 2, 8192, NULL, 5},
};

/* 1x1 convolution at `branch`.`child`, norm, ReLU. */
static decem_value pointwise(decem_graph *graph, decem_value x, const char *branch, int32_t child, int32_t channels) {
    return decem_block_conv(graph, x, (decem_conv_spec){
        .channels = channels, .window = decem_square(1, 1, 0), .activation = DECEM_RELU,
        .conv = decem_graph_name(graph, "%s.%d", branch, child), .norm = decem_graph_name(graph, "%s.%d", branch, child + 1),
        .activation_name = decem_graph_name(graph, "%s.%d", branch, child + 2)});
}

/* 3x3 depthwise convolution at `branch`.`child`, norm. */
static decem_value depthwise(decem_graph *graph, decem_value x, const char *branch, int32_t child, int32_t stride) {
    int32_t channels = decem_graph_shape(graph, x).channels;
    return decem_block_conv(graph, x, (decem_conv_spec){
        .channels = channels, .window = decem_square(3, stride, 1), .groups = channels,
        .conv = decem_graph_name(graph, "%s.%d", branch, child), .norm = decem_graph_name(graph, "%s.%d", branch, child + 1)});
}

/* The article's InvertedResidual: at stride 1 half of the channels pass by, at 2 both halves are made from all. */
static decem_value split_unit(decem_graph *graph, decem_value input, const char *unit, int32_t channels, int32_t stride) {
    const char *branch1 = decem_graph_name(graph, "%s.branch1", unit), *branch2 = decem_graph_name(graph, "%s.branch2", unit);
    int32_t half = channels / 2;
    decem_value passed, x = input;
    if (stride == 1) {
        passed = decem_graph_chunk(graph, input, 0, half);
        x = decem_graph_chunk(graph, input, half, half);
    } else {
        passed = depthwise(graph, input, branch1, 0, stride);
        passed = pointwise(graph, passed, branch1, 2, half);
    }
    x = pointwise(graph, x, branch2, 0, half);
    x = depthwise(graph, x, branch2, 3, stride);
    x = pointwise(graph, x, branch2, 5, half);
    x = decem_graph_concat(graph, (decem_value[]){passed, x}, 2, "");
    return decem_graph_shuffle(graph, x, unit, 2);
}

static void v2_build(decem_graph *graph, const decem_options *options) {
    const int32_t *repeats = options->value[REPEATS].list, *channels = options->value[CHANNELS].list;
    decem_value x = decem_graph_input(graph, 3, options->input_size, options->input_size);
    x = decem_block_conv(graph, x, (decem_conv_spec){
        .channels = channels[0], .window = decem_square(3, 2, 1), .activation = DECEM_RELU,
        .conv = "conv1.0", .norm = "conv1.1", .activation_name = "conv1.2"});
    x = decem_graph_max_pool(graph, x, "maxpool", decem_square(3, 2, 1));
    for (int32_t stage = 0; stage < 3; stage++) {
        if (channels[stage + 1] % 2 != 0) decem_graph_refuse(graph, "shufflenetv2: stages_out_channels must be even, as each unit halves them");
        for (int32_t i = 0; i < repeats[stage]; i++)
            x = split_unit(graph, x, decem_graph_name(graph, "stage%d.%d", stage + 2, i), channels[stage + 1], i == 0 ? 2 : 1);
    }
    x = pointwise(graph, x, "conv5", 0, channels[4]);
    x = decem_block_head(graph, x, "", "fc", options->num_classes);
    decem_graph_output_logits(graph, x, "main");
    decem_graph_synthetic_gains(graph, 0.9, 6.3);
}

static bool v2_recognise(const decem_tensor_shapes *shapes, decem_options *options) {
    if (!decem_shapes_has(shapes, "stage2.0.branch1.0.weight") || !decem_shapes_has(shapes, "conv5.0.weight")) return false;
    int32_t *repeats = options->value[REPEATS].list, *channels = options->value[CHANNELS].list;
    char name[] = "stageS.UU.branch2.0.weight";
    channels[0] = decem_shapes_width(shapes, "conv1.0.weight", 0);
    for (int32_t stage = 0; stage < 3; stage++) {
        name[5] = (char)('2' + stage);
        repeats[stage] = 0;
        for (int32_t unit = 0; unit < 32; unit++) {
            char *at = name + 7;
            const char *rest = ".branch2.0.weight";
            if (unit >= 10) *at++ = (char)('0' + unit / 10);
            *at++ = (char)('0' + unit % 10);
            while ((*at++ = *rest++) != '\0') {}
            int32_t half = decem_shapes_width(shapes, name, 0);
            if (half < 1 || half > 4096) break;
            channels[stage + 1] = 2 * half;
            repeats[stage] = unit + 1;
        }
        if (repeats[stage] == 0) return false;
    }
    channels[4] = decem_shapes_width(shapes, "conv5.0.weight", 0);
    return channels[0] > 0 && channels[4] > 0 && decem_shapes_classes(shapes, "fc.weight", options);
}

static const decem_network shufflenetv1 = {"shufflenetv1", v1_specs, 1, v1_build, v1_recognise, NULL};
static const decem_network shufflenetv2 = {"shufflenetv2", v2_specs, 2, v2_build, v2_recognise, NULL};
static const decem_network *const networks[] = {&shufflenetv1, &shufflenetv2};
const decem_network_family decem_family_shufflenet = {networks, 2};
