/* ResNet18, 50, 101, 152: He et al., "Deep residual learning for image recognition" (2015),
 * https://arxiv.org/abs/1512.03385.
 *
 * article, 18:        ReLU on both paths before they are added, none after; shortcut = 1x1, norm, ReLU.
 * article, 50 to 152: convolutions with bias, the stride on the 3x3, shortcut named identity_downsample.
 * torchvision:        no bias, ReLU after the addition, shortcut named downsample. */
#include "graph/blocks.h"
#include "networks/network.h"

enum { VARIANT };

static const decem_option_spec specs[] = {[VARIANT] = DECEM_VARIANT_SPEC};

static const int32_t widths[4] = {64, 128, 256, 512};

static bool is_torchvision(const decem_options *options) {
    return options->value[VARIANT].number == DECEM_VARIANT_TORCHVISION;
}

/* conv and its norm, named `block`.conv and `block`.norm. */
static decem_value conv_norm(decem_graph *graph, decem_value x, const char *block, const char *conv, const char *norm,
                             int32_t channels, decem_window window, bool bias, decem_activation activation) {
    return decem_block_conv(graph, x, (decem_conv_spec){
        .channels = channels, .window = window, .bias = bias, .activation = activation,
        .conv = decem_graph_name(graph, "%s.%s", block, conv), .norm = decem_graph_name(graph, "%s.%s", block, norm)});
}

static decem_value stem(decem_graph *graph, const decem_options *options, bool bias, const char *pool) {
    decem_value x = decem_graph_input(graph, 3, options->input_size, options->input_size);
    x = decem_block_conv(graph, x, (decem_conv_spec){
        .channels = 64, .window = decem_square(7, 2, 3), .bias = bias, .conv = "conv1", .norm = "bn1",
        .activation = DECEM_RELU, .activation_name = "relu"});
    return decem_graph_max_pool(graph, x, pool, decem_square(3, 2, 1));
}

/* The article's block of ResNet18: relu(norm(conv)) of both paths, then their sum. */
static decem_value article_block18(decem_graph *graph, decem_value input, const char *block, int32_t channels) {
    bool halves = decem_graph_shape(graph, input).channels != channels;
    decem_value x = conv_norm(graph, input, block, "conv1", "bn1", channels, decem_square(3, halves ? 2 : 1, 1), true, DECEM_RELU);
    x = conv_norm(graph, x, block, "conv2", "bn2", channels, decem_square(3, 1, 1), true, DECEM_RELU);
    decem_value shortcut = input;
    if (halves) shortcut = conv_norm(graph, input, block, "conv1x1", "bn1x1", channels, decem_square(1, 2, 0), true, DECEM_RELU);
    return decem_graph_add(graph, shortcut, x, block);
}

static void build_article18(decem_graph *graph, const decem_options *options) {
    decem_value x = stem(graph, options, true, "maxpool");
    for (int32_t stage = 0; stage < 4; stage++)
        for (int32_t i = 1; i <= 2; i++)
            x = article_block18(graph, x, decem_graph_name(graph, "conv%d_%d", stage + 2, i), widths[stage]);
    x = decem_block_head(graph, x, "avg_pool", "fc", options->num_classes);
    decem_graph_output_logits(graph, x, "main");
    decem_graph_synthetic_gains(graph, 0.8, 5.3);
    graph->final = DECEM_FINAL_SOFTMAX;
}

/* relu(path + shortcut): torchvision's basic block has two 3x3 on its path, the bottleneck 1x1, 3x3, 1x1. */
static decem_value residual_block(decem_graph *graph, decem_value input, const char *block, int32_t width, bool bottleneck,
                                  int32_t stride, bool bias, const char *shortcut_name) {
    int32_t channels = bottleneck ? 4 * width : width;
    decem_value x = input, shortcut = input;
    if (bottleneck) {
        x = conv_norm(graph, x, block, "conv1", "bn1", width, decem_square(1, 1, 0), bias, DECEM_RELU);
        x = conv_norm(graph, x, block, "conv2", "bn2", width, decem_square(3, stride, 1), bias, DECEM_RELU);
        x = conv_norm(graph, x, block, "conv3", "bn3", channels, decem_square(1, 1, 0), bias, DECEM_NO_ACTIVATION);
    } else {
        x = conv_norm(graph, x, block, "conv1", "bn1", width, decem_square(3, stride, 1), bias, DECEM_RELU);
        x = conv_norm(graph, x, block, "conv2", "bn2", channels, decem_square(3, 1, 1), bias, DECEM_NO_ACTIVATION);
    }
    if (stride != 1 || decem_graph_shape(graph, input).channels != channels)
        shortcut = conv_norm(graph, input, decem_graph_name(graph, "%s.%s", block, shortcut_name), "0", "1", channels,
                             decem_square(1, stride, 0), bias, DECEM_NO_ACTIVATION);
    x = decem_graph_add(graph, x, shortcut, "");
    return decem_graph_activation(graph, x, block, DECEM_RELU);
}

typedef struct stage_gains {
    double norm, article_logit, torchvision_logit;
} stage_gains;

static void build_stages(decem_graph *graph, const decem_options *options, const int32_t repeats[4], bool bottleneck,
                         stage_gains gains) {
    bool torchvision = is_torchvision(options);
    decem_value x = stem(graph, options, !torchvision, torchvision ? "maxpool" : "pooling");
    for (int32_t stage = 0; stage < 4; stage++)
        for (int32_t i = 0; i < repeats[stage]; i++)
            x = residual_block(graph, x, decem_graph_name(graph, "layer%d.%d", stage + 1, i), widths[stage], bottleneck,
                               stage > 0 && i == 0 ? 2 : 1, !torchvision, torchvision ? "downsample" : "identity_downsample");
    x = decem_block_head(graph, x, "avgpool", "fc", options->num_classes);
    decem_graph_output_logits(graph, x, "main");
    decem_graph_synthetic_gains(graph, gains.norm, torchvision ? gains.torchvision_logit : gains.article_logit);
}

static const int32_t repeats18[4] = {2, 2, 2, 2}, repeats50[4] = {3, 4, 6, 3}, repeats101[4] = {3, 4, 23, 3}, repeats152[4] = {3, 8, 36, 3};

static void build18(decem_graph *graph, const decem_options *options) {
    if (is_torchvision(options)) build_stages(graph, options, repeats18, false, (stage_gains){0.9, 0, 2.7});
    else build_article18(graph, options);
}
static void build50(decem_graph *graph, const decem_options *options) { build_stages(graph, options, repeats50, true, (stage_gains){0.78, 5.1, 5.6}); }
static void build101(decem_graph *graph, const decem_options *options) { build_stages(graph, options, repeats101, true, (stage_gains){0.7, 4.3, 4.4}); }
static void build152(decem_graph *graph, const decem_options *options) { build_stages(graph, options, repeats152, true, (stage_gains){0.66, 3.9, 4.0}); }

static bool recognise18(const decem_tensor_shapes *shapes, decem_options *options) {
    bool article = decem_shapes_has(shapes, "conv2_1.conv1.weight") && decem_shapes_has(shapes, "conv5_2.bn2.weight");
    bool torchvision = decem_shapes_has(shapes, "layer4.1.conv2.weight") && !decem_shapes_has(shapes, "layer4.1.conv3.weight");
    if (!article && !torchvision) return false;
    options->value[VARIANT].number = article ? DECEM_VARIANT_ARTICLE : DECEM_VARIANT_TORCHVISION;
    return decem_shapes_classes(shapes, "fc.weight", options);
}

/* A bottleneck network is told by the last block of its second and third stages. */
static bool recognise_bottleneck(const decem_tensor_shapes *shapes, decem_options *options, const char *present, const char *absent) {
    if (!decem_shapes_has(shapes, present) || decem_shapes_has(shapes, absent)) return false;
    bool article = decem_shapes_has(shapes, "layer1.0.identity_downsample.0.weight");
    options->value[VARIANT].number = article ? DECEM_VARIANT_ARTICLE : DECEM_VARIANT_TORCHVISION;
    return decem_shapes_classes(shapes, "fc.weight", options);
}
static bool recognise50(const decem_tensor_shapes *shapes, decem_options *options) {
    return recognise_bottleneck(shapes, options, "layer3.5.conv3.weight", "layer3.6.conv3.weight");
}
static bool recognise101(const decem_tensor_shapes *shapes, decem_options *options) {
    return recognise_bottleneck(shapes, options, "layer3.22.conv3.weight", "layer3.23.conv3.weight");
}
static bool recognise152(const decem_tensor_shapes *shapes, decem_options *options) {
    return recognise_bottleneck(shapes, options, "layer3.35.conv3.weight", "layer3.36.conv3.weight");
}

static const decem_network resnet18 = {"resnet18", specs, 1, build18, recognise18, NULL};
static const decem_network resnet50 = {"resnet50", specs, 1, build50, recognise50, NULL};
static const decem_network resnet101 = {"resnet101", specs, 1, build101, recognise101, NULL};
static const decem_network resnet152 = {"resnet152", specs, 1, build152, recognise152, NULL};
static const decem_network *const networks[] = {&resnet18, &resnet50, &resnet101, &resnet152};
const decem_network_family decem_family_resnet = {networks, 4};
