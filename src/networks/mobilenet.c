/* MobileNetV1: Howard et al. (2017), https://arxiv.org/abs/1704.04861.
 * MobileNetV2: Sandler et al. (2018), https://arxiv.org/abs/1801.04381; torchvision's has the same names. */
#include "graph/blocks.h"
#include "networks/network.h"

/* ---- MobileNetV1 ---- */

enum { PADDING, ACTIVATION, WIDTH };
enum { PADDING_TORCH, PADDING_TF_SAME };

static const char *const padding_words[] = {"torch", "tf_same", NULL};
static const char *const activation_words[] = {"relu", "relu6", NULL};

static const decem_option_spec v1_specs[] = {
    [PADDING] = {"padding", DECEM_OPTION_CHOICE, {PADDING_TORCH, {0}}, 0, 1, padding_words, 0},
    [ACTIVATION] = {"activation", DECEM_OPTION_CHOICE, {0, {0}}, 0, 1, activation_words, 0},
    [WIDTH] = {"width", DECEM_OPTION_NUMBER, {1, {0}}, 0.01, 8, NULL, 0},
};

static const struct { int32_t channels, stride; } v1_blocks[13] = {
    {64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1},
    {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1},
};

static int32_t v1_channels(const decem_options *options, int32_t channels) {
    int32_t scaled = (int32_t)(channels * options->value[WIDTH].number);
    return scaled < 8 ? 8 : scaled;
}

/* 3x3 window. TensorFlow's SAME pads only where needed: at stride 2, even sizes to the right and bottom only. */
static decem_window v1_window(decem_graph *graph, decem_value input, const decem_options *options, int32_t stride) {
    decem_window window = decem_square(3, stride, 1);
    decem_shape in = decem_graph_shape(graph, input);
    if (options->value[PADDING].number == PADDING_TF_SAME && stride == 2)
        window.padding = (decem_padding){in.height % 2, in.width % 2, 1, 1};
    return window;
}

/* Convolution number `conv` of the block model.`index`; its norm and activation follow it there. */
static decem_value v1_conv(decem_graph *graph, decem_value x, const decem_options *options, int32_t index, int32_t conv,
                           int32_t channels, decem_window window, int32_t groups) {
    return decem_block_conv(graph, x, (decem_conv_spec){
        .channels = channels, .window = window, .groups = groups,
        .conv = decem_graph_name(graph, "model.%d.%d", index, conv),
        .norm = decem_graph_name(graph, "model.%d.%d", index, conv + 1),
        .activation = options->value[ACTIVATION].number != 0 ? DECEM_RELU6 : DECEM_RELU,
        .activation_name = decem_graph_name(graph, "model.%d.%d", index, conv + 2)});
}

static void v1_build(decem_graph *graph, const decem_options *options) {
    decem_value x = decem_graph_input(graph, 3, options->input_size, options->input_size);
    int32_t channels = v1_channels(options, 32);
    x = v1_conv(graph, x, options, 0, 0, channels, v1_window(graph, x, options, 2), 1);
    for (int32_t i = 0; i < 13; i++) {
        x = v1_conv(graph, x, options, i + 1, 0, channels, v1_window(graph, x, options, v1_blocks[i].stride), channels);
        channels = v1_channels(options, v1_blocks[i].channels);
        x = v1_conv(graph, x, options, i + 1, 3, channels, decem_square(1, 1, 0), 1);
    }
    decem_shape map = decem_graph_shape(graph, x);
    int32_t side = map.height < 7 ? map.height : 7;
    if (map.height > 13) decem_graph_refuse(graph, "mobilenetv1: an input_size above 416 leaves a map after its 7x7 pool; choose a smaller one");
    x = decem_graph_avg_pool(graph, x, "model.14", decem_square(side < 1 ? 1 : side, 7, 0));
    x = decem_graph_flatten(graph, x, "");
    x = decem_graph_linear(graph, x, "fc", options->num_classes);
    decem_graph_output_logits(graph, x, "main");
    decem_graph_synthetic_gains(graph, 1.03, 9.8);
}

static bool v1_recognise(const decem_tensor_shapes *shapes, decem_options *options) {
    int32_t first = decem_shapes_width(shapes, "model.0.0.weight", 0);
    int32_t last = decem_shapes_width(shapes, "fc.weight", 1);
    if (first < 1 || last < 1 || !decem_shapes_has(shapes, "model.13.3.weight")) return false;
    if (last != v1_channels(options, 1024)) options->value[WIDTH].number = (last + 0.5) / 1024;
    return decem_shapes_classes(shapes, "fc.weight", options);
}

/* ---- MobileNetV2 ---- */

enum { WIDTH_MULT, ROUND_NEAREST };

static const decem_option_spec v2_specs[] = {
    [WIDTH_MULT] = {"width_mult", DECEM_OPTION_NUMBER, {1, {0}}, 0.01, 8, NULL, 0},
    [ROUND_NEAREST] = {"round_nearest", DECEM_OPTION_INTEGER, {8, {0}}, 1, 64, NULL, 0},
};

static const struct { int32_t expansion, channels, repeats, stride; } v2_stages[7] = {
    {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
};

/* The multiple of `divisor` nearest to `channels`, not more than 10 % below it. */
static int32_t divisible(double channels, int32_t divisor) {
    int32_t rounded = (int32_t)(channels + divisor / 2.0) / divisor * divisor;
    if (rounded < divisor) rounded = divisor;
    return rounded < 0.9 * channels ? rounded + divisor : rounded;
}

/* Convolution, norm and ReLU6 of the module `name`: its children 0 and 1. */
static decem_value v2_conv(decem_graph *graph, decem_value x, const char *name, int32_t channels, decem_window window, int32_t groups) {
    return decem_block_conv(graph, x, (decem_conv_spec){
        .channels = channels, .window = window, .groups = groups, .activation = DECEM_RELU6,
        .conv = decem_graph_name(graph, "%s.0", name), .norm = decem_graph_name(graph, "%s.1", name),
        .activation_name = decem_graph_name(graph, "%s.2", name)});
}

/* The linear bottleneck: 1x1 up, depthwise 3x3, 1x1 down without activation, and the input added where it fits. */
static decem_value inverted_residual(decem_graph *graph, decem_value input, int32_t index, int32_t expansion, int32_t channels, int32_t stride) {
    const char *block = decem_graph_name(graph, "features.%d", index);
    int32_t inputs = decem_graph_shape(graph, input).channels, inner = inputs * expansion, child = 0;
    decem_value x = input;
    if (expansion != 1) x = v2_conv(graph, x, decem_graph_name(graph, "%s.conv.%d", block, child++), inner, decem_square(1, 1, 0), 1);
    x = v2_conv(graph, x, decem_graph_name(graph, "%s.conv.%d", block, child++), inner, decem_square(3, stride, 1), inner);
    x = decem_block_conv(graph, x, (decem_conv_spec){
        .channels = channels, .window = decem_square(1, 1, 0),
        .conv = decem_graph_name(graph, "%s.conv.%d", block, child), .norm = decem_graph_name(graph, "%s.conv.%d", block, child + 1)});
    return stride == 1 && inputs == channels ? decem_graph_add(graph, input, x, block) : x;
}

static void v2_build(decem_graph *graph, const decem_options *options) {
    double width = options->value[WIDTH_MULT].number;
    int32_t divisor = (int32_t)options->value[ROUND_NEAREST].number, index = 1;
    decem_value x = decem_graph_input(graph, 3, options->input_size, options->input_size);
    x = v2_conv(graph, x, "features.0", divisible(32 * width, divisor), decem_square(3, 2, 1), 1);
    for (int32_t stage = 0; stage < 7; stage++)
        for (int32_t i = 0; i < v2_stages[stage].repeats; i++)
            x = inverted_residual(graph, x, index++, v2_stages[stage].expansion, divisible(v2_stages[stage].channels * width, divisor),
                                  i == 0 ? v2_stages[stage].stride : 1);
    x = v2_conv(graph, x, decem_graph_name(graph, "features.%d", index), divisible(1280 * (width > 1 ? width : 1), divisor), decem_square(1, 1, 0), 1);
    x = decem_block_head(graph, x, "", "classifier.1", options->num_classes);
    decem_graph_output_logits(graph, x, "main");
    decem_graph_synthetic_gains(graph, 0.82, 6.8);
}

static bool v2_fits(const decem_tensor_shapes *shapes, double width, int32_t divisor) {
    return divisible(32 * width, divisor) == decem_shapes_width(shapes, "features.0.0.weight", 0) &&
           divisible(64 * width, divisor) == decem_shapes_width(shapes, "features.10.conv.2.weight", 0) &&
           divisible(320 * width, divisor) == decem_shapes_width(shapes, "features.17.conv.2.weight", 0);
}

static bool v2_recognise(const decem_tensor_shapes *shapes, decem_options *options) {
    if (!decem_shapes_has(shapes, "features.17.conv.2.weight") || !decem_shapes_has(shapes, "features.18.0.weight")) return false;
    if (!v2_fits(shapes, options->value[WIDTH_MULT].number, (int32_t)options->value[ROUND_NEAREST].number))
        for (int32_t percent = 5; percent <= 400; percent += 5)
            if (v2_fits(shapes, percent / 100.0, 8)) {
                options->value[WIDTH_MULT].number = percent / 100.0;
                options->value[ROUND_NEAREST].number = 8;
                break;
            }
    return decem_shapes_classes(shapes, "classifier.1.weight", options);
}

static const decem_network mobilenetv1 = {"mobilenetv1", v1_specs, 3, v1_build, v1_recognise, NULL};
static const decem_network mobilenetv2 = {"mobilenetv2", v2_specs, 2, v2_build, v2_recognise, NULL};
static const decem_network *const networks[] = {&mobilenetv1, &mobilenetv2};
const decem_network_family decem_family_mobilenet = {networks, 2};
