/* GoogLeNet: Szegedy et al., "Going deeper with convolutions" (2014), https://arxiv.org/abs/1409.4842.
 *
 * article:      as BVLC's Caffe model: no batch norm, LRN, a 5x5 convolution in the third branch.
 * torchvision:  batch norm (epsilon 1e-3), no LRN, 3x3 in the third branch, last pool 2x2.
 * Both: two side classifiers, computed when `aux` is on; outputs main, branch 2, branch 1. */
#include "graph/blocks.h"
#include "networks/network.h"

enum { VARIANT, LRN_SIZE, AUX };

static const decem_option_spec specs[] = {
    [VARIANT] = DECEM_VARIANT_SPEC,
    [LRN_SIZE] = {"lrn_size", DECEM_OPTION_INTEGER, {2, {0}}, 1, 64, NULL, 0},
    [AUX] = {"aux", DECEM_OPTION_BOOLEAN, {1, {0}}, 0, 1, NULL, 0},
};

typedef struct inception_widths {
    const char *name; /* "3a" */
    int32_t one, reduce3, three, reduce5, five, pool;
} inception_widths;

static const inception_widths inceptions[] = {
    {"3a", 64, 96, 128, 16, 32, 32},   {"3b", 128, 128, 192, 32, 96, 64},
    {"4a", 192, 96, 208, 16, 48, 64},  {"4b", 160, 112, 224, 24, 64, 64}, {"4c", 128, 128, 256, 24, 64, 64},
    {"4d", 112, 144, 288, 32, 64, 64}, {"4e", 256, 160, 320, 32, 128, 128},
    {"5a", 256, 160, 320, 32, 128, 128}, {"5b", 384, 192, 384, 48, 128, 128},
};


static decem_window ceil_pool(int32_t size, int32_t stride, int32_t padding) {
    decem_window window = decem_square(size, stride, padding);
    window.ceil_mode = true;
    return window;
}

/* A convolution of the module `name`, with its ReLU and, in torchvision's, its norm. */
static decem_value conv(decem_graph *graph, decem_value x, bool torchvision, const char *name, int32_t channels, decem_window window) {
    return decem_block_conv(graph, x, (decem_conv_spec){
        .channels = channels, .window = window, .bias = !torchvision,
        .conv = decem_graph_name(graph, "%s.conv", name),
        .norm = torchvision ? decem_graph_name(graph, "%s.bn", name) : NULL, .epsilon = 1e-3f,
        .activation = DECEM_RELU});
}

static decem_value inception(decem_graph *graph, decem_value x, bool torchvision, const inception_widths *w) {
    const char *block = decem_graph_name(graph, torchvision ? "inception%s" : "InceptionBlock_%s", w->name);
    const char *branch = torchvision ? "%s.branch%d" : "%s.branch_%d", *part = torchvision ? "%s.branch%d.%d" : "%s.branch_%d.%d";
    int32_t five = torchvision ? 3 : 5;
    decem_value branches[4];
    branches[0] = conv(graph, x, torchvision, decem_graph_name(graph, branch, block, 1), w->one, decem_square(1, 1, 0));
    branches[1] = conv(graph, x, torchvision, decem_graph_name(graph, part, block, 2, 0), w->reduce3, decem_square(1, 1, 0));
    branches[1] = conv(graph, branches[1], torchvision, decem_graph_name(graph, part, block, 2, 1), w->three, decem_square(3, 1, 1));
    branches[2] = conv(graph, x, torchvision, decem_graph_name(graph, part, block, 3, 0), w->reduce5, decem_square(1, 1, 0));
    branches[2] = conv(graph, branches[2], torchvision, decem_graph_name(graph, part, block, 3, 1), w->five, decem_square(five, 1, five / 2));
    branches[3] = decem_graph_max_pool(graph, x, decem_graph_name(graph, part, block, 4, 0), ceil_pool(3, 1, 1));
    branches[3] = conv(graph, branches[3], torchvision, decem_graph_name(graph, part, block, 4, 1), w->pool, decem_square(1, 1, 0));
    return decem_graph_concat(graph, branches, 4, block);
}

/* A classifier in the middle of the network: the article's SideBranch, torchvision's InceptionAux. */
static decem_value side_branch(decem_graph *graph, decem_value x, bool torchvision, int32_t number, int32_t classes) {
    const char *block = decem_graph_name(graph, torchvision ? "aux%d" : "SideBranch_%d", number);
    if (torchvision) x = decem_graph_adaptive_pool(graph, x, "", 4, 4);
    else x = decem_graph_avg_pool(graph, x, decem_graph_name(graph, "%s.avg_pool", block), decem_square(5, 3, 0));
    x = conv(graph, x, torchvision, decem_graph_name(graph, torchvision ? "%s.conv" : "%s.conv1x1", block), 128, decem_square(1, 1, 0));
    x = decem_graph_flatten(graph, x, "");
    x = decem_graph_linear(graph, x, decem_graph_name(graph, torchvision ? "%s.fc1" : "%s.fc_1", block), 1024);
    x = decem_graph_activation(graph, x, decem_graph_name(graph, "%s.relu", block), DECEM_RELU);
    return decem_graph_linear(graph, x, decem_graph_name(graph, torchvision ? "%s.fc2" : "%s.fc_2", block), classes);
}

static void build(decem_graph *graph, const decem_options *options) {
    bool torchvision = options->value[VARIANT].number == DECEM_VARIANT_TORCHVISION;
    bool aux = options->value[AUX].number != 0;
    int32_t lrn_size = (int32_t)options->value[LRN_SIZE].number;
    decem_value x = decem_graph_input(graph, 3, options->input_size, options->input_size), branch_1 = -1, branch_2 = -1;

    x = conv(graph, x, torchvision, torchvision ? "conv1" : "BasicConv_1", 64, decem_square(7, 2, 3));
    x = decem_graph_max_pool(graph, x, torchvision ? "maxpool1" : "max_pool_1", ceil_pool(3, 2, 0));
    if (!torchvision) x = decem_graph_lrn(graph, x, "lrn_1", lrn_size);
    x = conv(graph, x, torchvision, torchvision ? "conv2" : "conv_1x1", 64, decem_square(1, 1, 0));
    x = conv(graph, x, torchvision, torchvision ? "conv3" : "conv_3x3", 192, decem_square(3, 1, 1));
    if (!torchvision) x = decem_graph_lrn(graph, x, "lrn_2", lrn_size);
    x = decem_graph_max_pool(graph, x, torchvision ? "maxpool2" : "max_pool_2", ceil_pool(3, 2, 0));
    for (int32_t i = 0; i < 9; i++) {
        x = inception(graph, x, torchvision, &inceptions[i]);
        if (i == 1) x = decem_graph_max_pool(graph, x, torchvision ? "maxpool3" : "max_pool_3", ceil_pool(3, 2, 0));
        if (i == 2 && aux) branch_1 = side_branch(graph, x, torchvision, 1, options->num_classes);
        if (i == 5 && aux) branch_2 = side_branch(graph, x, torchvision, 2, options->num_classes);
        if (i == 6) x = torchvision ? decem_graph_max_pool(graph, x, "maxpool4", ceil_pool(2, 2, 0))
                                    : decem_graph_max_pool(graph, x, "max_pool_4", ceil_pool(3, 2, 0));
    }
    x = decem_block_head(graph, x, torchvision ? "avgpool" : "avg_pool", "fc", options->num_classes);
    decem_graph_output_logits(graph, x, "main");
    decem_graph_output_logits(graph, branch_2, torchvision ? "aux2" : "branch 2");
    decem_graph_output_logits(graph, branch_1, torchvision ? "aux1" : "branch 1");
    decem_graph_synthetic_gains(graph, torchvision ? 0.95 : 4.0, torchvision ? 11.0 : 8.0);
    graph->final = torchvision ? DECEM_FINAL_LOGITS : DECEM_FINAL_SOFTMAX;
}

static bool recognise(const decem_tensor_shapes *shapes, decem_options *options) {
    bool article = decem_shapes_has(shapes, "InceptionBlock_3a.branch_1.conv.weight");
    if (!article && !decem_shapes_has(shapes, "inception3a.branch1.conv.weight")) return false;
    options->value[VARIANT].number = article ? DECEM_VARIANT_ARTICLE : DECEM_VARIANT_TORCHVISION;
    options->value[AUX].number = decem_shapes_has(shapes, article ? "SideBranch_1.fc_1.weight" : "aux1.fc1.weight");
    return decem_shapes_classes(shapes, "fc.weight", options);
}

static const char *const side_branches[] = {"SideBranch_", "aux", NULL};

static const decem_network googlenet = {"googlenet", specs, 3, build, recognise, side_branches};
static const decem_network *const networks[] = {&googlenet};
const decem_network_family decem_family_googlenet = {networks, 1};
