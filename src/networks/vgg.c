/* VGG16: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition" (2014),
 * configuration D, https://arxiv.org/abs/1409.1556. torchvision's has the same layers under other names and an
 * adaptive pool to 7x7, which is the identity at 224 pixels. */
#include "graph/blocks.h"
#include "networks/network.h"

enum { VARIANT };

static const decem_option_spec specs[] = {[VARIANT] = DECEM_VARIANT_SPEC};

static const struct { int32_t convs, channels; } stages[5] = {{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}};

static decem_value hidden(decem_graph *graph, decem_value x, const char *name) {
    x = decem_graph_linear(graph, x, name, 4096);
    return decem_graph_activation(graph, x, "", DECEM_RELU);
}

static void build(decem_graph *graph, const decem_options *options) {
    bool torchvision = options->value[VARIANT].number == DECEM_VARIANT_TORCHVISION;
    decem_value x = decem_graph_input(graph, 3, options->input_size, options->input_size);
    int32_t index = 0; /* in torchvision's `features`, where ReLUs and pools count too */
    for (int32_t stage = 0; stage < 5; stage++) {
        for (int32_t i = 0; i < stages[stage].convs; i++, index += 2)
            x = decem_block_conv(graph, x, (decem_conv_spec){
                .channels = stages[stage].channels, .window = decem_square(3, 1, 1), .bias = true, .activation = DECEM_RELU,
                .conv = torchvision ? decem_graph_name(graph, "features.%d", index)
                                    : decem_graph_name(graph, "conv%d_%d", stage + 1, i + 1)});
        x = decem_graph_max_pool(graph, x, torchvision ? decem_graph_name(graph, "features.%d", index)
                                                       : decem_graph_name(graph, "pool%d", stage + 1), decem_square(2, 2, 0));
        index++;
    }
    if (torchvision) x = decem_graph_adaptive_pool(graph, x, "avgpool", 7, 7);
    x = decem_graph_flatten(graph, x, "");
    x = hidden(graph, x, torchvision ? "classifier.0" : "fc1");
    x = hidden(graph, x, torchvision ? "classifier.3" : "fc2");
    x = decem_graph_linear(graph, x, torchvision ? "classifier.6" : "classifier", options->num_classes);
    decem_graph_output_logits(graph, x, "main");
    decem_graph_synthetic_gains(graph, 30.0, torchvision ? 1.1 : 1.0);
}

static bool recognise(const decem_tensor_shapes *shapes, decem_options *options) {
    bool article = decem_shapes_has(shapes, "conv5_3.weight") && decem_shapes_has(shapes, "fc1.weight");
    bool torchvision = decem_shapes_width(shapes, "features.28.weight", 0) == 512 && decem_shapes_has(shapes, "classifier.6.weight");
    if (!article && !torchvision) return false;
    options->value[VARIANT].number = article ? DECEM_VARIANT_ARTICLE : DECEM_VARIANT_TORCHVISION;
    if (article) /* fc1 shows the size of the last map, and so of the image */
        for (int32_t side = 1; side <= DECEM_INPUT_SIZE_MAX / 32; side++)
            if (decem_shapes_width(shapes, "fc1.weight", 1) == 512 * side * side && side != options->input_size / 32) options->input_size = 32 * side;
    return decem_shapes_classes(shapes, article ? "classifier.weight" : "classifier.6.weight", options);
}

static const decem_network vgg16 = {"vgg16", specs, 1, build, recognise, NULL};
static const decem_network *const networks[] = {&vgg16};
const decem_network_family decem_family_vgg = {networks, 1};
