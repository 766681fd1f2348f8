/* Graphs: shapes as PyTorch has them, what each operation refuses and in which words, parameters and counts. */
#include "graph/blocks.h"
#include "graph/parameters.h"

#include "check.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

static decem_graph graph; /* too large for a stack */
static decem_message message;

/* A fresh graph with one input. */
static decem_value begin(int32_t channels, int32_t height, int32_t width) {
    decem_graph_reset(&graph, &message);
    message.text[0] = '\0';
    return decem_graph_input(&graph, channels, height, width);
}

static void check_shape(decem_value value, int32_t channels, int32_t height, int32_t width) {
    CHECK_EQUAL(decem_graph_status(&graph), DECEM_OK);
    decem_shape shape = decem_graph_shape(&graph, value);
    CHECK_EQUAL(shape.channels, channels);
    CHECK_EQUAL(shape.height, height);
    CHECK_EQUAL(shape.width, width);
}

static void check_refused(decem_value value, const char *part) {
    CHECK_EQUAL(value, -1);
    CHECK_EQUAL(decem_graph_status(&graph), DECEM_INVALID_OPTION);
    CHECK_CONTAINS(message.text, part);
}

/* ---- Windows ------------------------------------------------------------------------------------- */

/* The output sizes of torch.nn.functional.max_pool2d 1.13 with ceil_mode=True; 0 where it refuses. */
static void test_ceil_mode(void) {
    static const struct { int32_t window, stride, pad; int32_t sizes[9]; } rows[] = {
        /* of images of          1  2  5  6  7  8  13 14 112 */
        {.window = 3, .stride = 2, .pad = 0, .sizes = {0, 1, 2, 3, 3, 4, 6, 7, 56}},
        {.window = 2, .stride = 2, .pad = 0, .sizes = {1, 1, 3, 3, 4, 4, 7, 7, 56}},
        {.window = 3, .stride = 1, .pad = 1, .sizes = {1, 2, 5, 6, 7, 8, 13, 14, 112}},
        {.window = 3, .stride = 3, .pad = 1, .sizes = {1, 1, 2, 3, 3, 3, 5, 5, 38}},
        {.window = 2, .stride = 3, .pad = 1, .sizes = {1, 1, 2, 3, 3, 3, 5, 5, 38}},
        {.window = 5, .stride = 3, .pad = 0, .sizes = {0, 0, 1, 2, 2, 2, 4, 4, 37}},
        {.window = 3, .stride = 2, .pad = 1, .sizes = {1, 2, 3, 4, 4, 5, 7, 8, 57}},
        {.window = 1, .stride = 2, .pad = 0, .sizes = {1, 1, 3, 3, 4, 4, 7, 7, 56}},
    };
    static const int32_t images[9] = {1, 2, 5, 6, 7, 8, 13, 14, 112};
    for (int32_t r = 0; r < COUNT(rows); r++)
        for (int32_t i = 0; i < 9; i++) {
            char name[80];
            snprintf(name, sizeof name, "window %d, stride %d, padding %d, image %d", (int)rows[r].window, (int)rows[r].stride, (int)rows[r].pad, (int)images[i]);
            check_in(name);
            decem_window window = decem_square(rows[r].window, rows[r].stride, rows[r].pad);
            window.ceil_mode = true;
            decem_value x = decem_graph_max_pool(&graph, begin(3, images[i], images[i]), "pool", window);
            if (rows[r].sizes[i] > 0) check_shape(x, 3, rows[r].sizes[i], rows[r].sizes[i]);
            else check_refused(x, "layer pool");
        }
    check_in(NULL);
}

/* Likewise of torch.nn.functional.conv2d. */
static void test_convolution_windows(void) {
    static const struct { int32_t window, stride, pad; int32_t sizes[6]; } rows[] = {
        /* of images of          1  3  7  8  14 224 */
        {.window = 1, .stride = 1, .pad = 0, .sizes = {1, 3, 7, 8, 14, 224}}, {.window = 1, .stride = 2, .pad = 0, .sizes = {1, 2, 4, 4, 7, 112}},
        {.window = 3, .stride = 1, .pad = 1, .sizes = {1, 3, 7, 8, 14, 224}}, {.window = 3, .stride = 2, .pad = 1, .sizes = {1, 2, 4, 4, 7, 112}},
        {.window = 5, .stride = 1, .pad = 2, .sizes = {1, 3, 7, 8, 14, 224}}, {.window = 7, .stride = 2, .pad = 3, .sizes = {1, 2, 4, 4, 7, 112}},
        {.window = 3, .stride = 1, .pad = 0, .sizes = {0, 1, 5, 6, 12, 222}}, {.window = 7, .stride = 7, .pad = 0, .sizes = {0, 0, 1, 1, 2, 32}},
    };
    static const int32_t images[6] = {1, 3, 7, 8, 14, 224};
    for (int32_t r = 0; r < COUNT(rows); r++)
        for (int32_t i = 0; i < 6; i++) {
            decem_window window = decem_square(rows[r].window, rows[r].stride, rows[r].pad);
            decem_value conv = decem_graph_conv(&graph, begin(3, images[i], 224), "conv", 8, window, 1, false);
            int32_t width = rows[r].sizes[5];
            if (rows[r].sizes[i] > 0) check_shape(conv, 8, rows[r].sizes[i], width);
            else check_refused(conv, "layer conv would have an output of ");
            decem_value pool = decem_graph_avg_pool(&graph, begin(3, 224, images[i]), "pool", window);
            if (rows[r].sizes[i] > 0) check_shape(pool, 3, width, rows[r].sizes[i]);
            else check_refused(pool, "choose a larger input size");
        }
}

static void test_uneven_windows(void) {
    decem_window window = {3, 5, 2, {0, 1, 2, 3}, false};
    check_shape(decem_graph_conv(&graph, begin(3, 10, 10), "conv", 8, window, 1, true), 8, (10 + 2 - 3) / 2 + 1, (10 + 4 - 5) / 2 + 1);
}

/* ---- Every other operation ----------------------------------------------------------------------- */

static void test_shapes(void) {
    decem_value x = begin(6, 5, 4);
    check_shape(x, 6, 5, 4);
    check_shape(decem_graph_norm(&graph, x, "bn", 1e-5f), 6, 5, 4);
    check_shape(decem_graph_activation(&graph, x, "relu", DECEM_RELU), 6, 5, 4);
    check_shape(decem_graph_lrn(&graph, x, "lrn", 2), 6, 5, 4);
    check_shape(decem_graph_shuffle(&graph, x, "", 3), 6, 5, 4);
    check_shape(decem_graph_adaptive_pool(&graph, x, "pool", 7, 2), 6, 7, 2);
    check_shape(decem_graph_flatten(&graph, x, ""), 120, 1, 1);
    check_shape(decem_graph_linear(&graph, decem_graph_flatten(&graph, x, ""), "fc", 10), 10, 1, 1);
    decem_value chunk = decem_graph_chunk(&graph, x, 2, 4);
    check_shape(chunk, 4, 5, 4);
    decem_value joined = decem_graph_concat(&graph, (decem_value[]){x, chunk, x}, 3, "");
    check_shape(joined, 16, 5, 4);
    check_shape(decem_graph_add(&graph, joined, joined, "sum"), 16, 5, 4);
    check_shape(-1, 0, 0, 0);
}

static void test_groups(void) {
    check_shape(decem_graph_conv(&graph, begin(6, 5, 5), "grouped", 9, decem_square(1, 1, 0), 3, false), 9, 5, 5);
    decem_value depthwise = decem_graph_conv(&graph, begin(6, 5, 5), "depthwise", 6, decem_square(3, 2, 1), 6, false);
    check_shape(depthwise, 6, 3, 3);
    CHECK(decem_node_is_depthwise(&graph, &graph.nodes[depthwise]));
    CHECK(!decem_node_is_depthwise(&graph, &graph.nodes[decem_graph_conv(&graph, 0, "pointwise", 6, decem_square(1, 1, 0), 6, false)]));
    CHECK(!decem_node_is_depthwise(&graph, &graph.nodes[decem_graph_conv(&graph, 0, "full", 6, decem_square(3, 1, 1), 1, false)]));
}

/* ---- Refusals ------------------------------------------------------------------------------------ */

static void test_refused_convolutions(void) {
    static const struct { int32_t channels, groups, window; const char *part; } rows[] = {
        {9, 4, 1, "layer conv: 6 channels to 9 in 4 groups is not supported"}, /* 6 is no multiple of 4 */
        {8, 3, 1, "layer conv: 6 channels to 8 in 3 groups"},                  /* 8 is no multiple of 3 */
        {6, 0, 1, "in 0 groups"},
        {6, 2, 3, "in 2 groups"},                                              /* grouped, neither 1x1 nor depthwise */
        {12, 6, 3, "6 channels to 12 in 6 groups"},                            /* depthwise with a multiplier */
        {6, 6, 5, "in 6 groups"},                                              /* depthwise 5x5 */
        {0, 1, 1, "layer conv would have an output of 5 x 5 pixels and 0 channels"},
        {DECEM_GRAPH_CHANNELS_MAX + 1, 1, 1, "layer conv would be too large"},
    };
    for (int32_t i = 0; i < COUNT(rows); i++)
        check_refused(decem_graph_conv(&graph, begin(6, 5, 5), "conv", rows[i].channels, decem_square(rows[i].window, 1, rows[i].window / 2), rows[i].groups, false), rows[i].part);
}

static void test_refused_values(void) {
    check_refused(begin(3, DECEM_GRAPH_SIDE_MAX + 1, 5), "layer input would be too large");
    check_refused(begin(3, 0, 5), "layer input would have an output of 5 x 0 pixels");
    decem_value x = begin(6, 5, 5);
    check_refused(decem_graph_concat(&graph, (decem_value[]){x, decem_graph_adaptive_pool(&graph, x, "", 5, 4)}, 2, ""), "cannot be concatenated");
    x = begin(6, 5, 5);
    check_refused(decem_graph_add(&graph, x, decem_graph_chunk(&graph, x, 0, 3), ""), "cannot be added");
    check_refused(decem_graph_shuffle(&graph, begin(6, 5, 5), "", 4), "cannot be shuffled");
    check_refused(decem_graph_shuffle(&graph, begin(6, 5, 5), "", 0), "cannot be shuffled");
    check_refused(decem_graph_chunk(&graph, begin(6, 5, 5), 4, 3), "0 channels");
    check_refused(decem_graph_chunk(&graph, begin(6, 5, 5), -1, 3), "0 channels");
    check_refused(decem_graph_adaptive_pool(&graph, begin(6, 5, 5), "pool", 0, 1), "layer pool");
    check_refused(decem_graph_flatten(&graph, begin(1024, 33, 32), "flat"), "layer flat");
    check_refused(decem_graph_flatten(&graph, begin(242669, 4095, 4093), "flat"), "layer flat"); /* in 32 bits that would fit */
    check_refused(decem_graph_linear(&graph, begin(6, 1, 1), "fc", 0), "layer fc");
    check_refused(decem_graph_linear(&graph, begin(6, 2, 1), "fc", 10), "layer fc reads a map of 1 x 2 pixels");
}

/* Whatever follows a failure does nothing, and the first sentence stays. */
static void test_after_a_failure(void) {
    decem_value bad = decem_graph_adaptive_pool(&graph, begin(6, 5, 5), "first", 0, 0);
    int32_t count = graph.count;
    decem_value x = decem_block_conv(&graph, bad, (decem_conv_spec){.channels = 4, .window = decem_square(1, 1, 0), .conv = "c", .norm = "n", .activation = DECEM_RELU});
    x = decem_graph_concat(&graph, (decem_value[]){x, bad}, 2, "");
    x = decem_graph_add(&graph, x, 0, "");
    CHECK_EQUAL(decem_graph_activation(&graph, 0, "", DECEM_RELU), -1);
    x = decem_graph_max_pool(&graph, x, "second", decem_square(9, 9, 0));
    x = decem_block_head(&graph, x, "", "fc", 10);
    decem_graph_output_logits(&graph, x, "main");
    decem_graph_refuse(&graph, "another sentence");
    check_refused(x, "layer first");
    CHECK_EQUAL(graph.count, count);
    CHECK_EQUAL(graph.output_count, 0);
}

static void test_limits(void) {
    decem_value x = begin(1, 1, 1);
    for (int32_t i = 1; i < DECEM_GRAPH_NODES; i++) x = decem_graph_activation(&graph, x, "", DECEM_RELU);
    check_shape(x, 1, 1, 1);
    check_refused(decem_graph_activation(&graph, x, "", DECEM_RELU), "more than 1024 layers");

    begin(1, 1, 1);
    int32_t names = 0;
    while (decem_graph_status(&graph) == DECEM_OK && names < DECEM_GRAPH_NAME_BYTES) decem_graph_name(&graph, "%s%d", "layer", names++);
    check_refused(-1, "too many layers");
    CHECK(names > DECEM_GRAPH_NAME_BYTES / 10);
    CHECK_STRING(decem_graph_name(&graph, "%s", "one more"), "");
}

/* ---- What a graph tells -------------------------------------------------------------------------- */

static void check_parameter(int32_t node, int32_t index, const char *name, int32_t rank, int64_t a, int64_t b, int64_t c, int64_t d) {
    decem_parameter parameters[DECEM_PARAMETERS_MAX];
    char found[DECEM_PARAMETER_NAME_BYTES];
    const int64_t shape[4] = {a, b, c, d};
    if (!CHECK(index < decem_node_parameters(&graph, node, parameters))) return;
    decem_parameter_name(&graph, &parameters[index], found);
    CHECK_STRING(found, name);
    CHECK_EQUAL(parameters[index].rank, rank);
    int64_t elements = 1;
    for (int32_t i = 0; i < rank; i++) {
        CHECK_EQUAL(parameters[index].shape[i], shape[i]);
        elements *= shape[i];
    }
    CHECK_EQUAL(decem_parameter_elements(&parameters[index]), elements);
}

static void test_parameters_and_counts(void) {
    decem_value x = begin(6, 5, 5);
    decem_parameter parameters[DECEM_PARAMETERS_MAX];
    decem_value conv = decem_graph_conv(&graph, x, decem_graph_name(&graph, "layer%d.%s", 1, "conv"), 9, (decem_window){1, 1, 2, {0, 0, 0, 0}, false}, 3, true);
    check_parameter(conv, 0, "layer1.conv.weight", 4, 9, 2, 1, 1);
    check_parameter(conv, 1, "layer1.conv.bias", 1, 9, 0, 0, 0);
    CHECK_EQUAL(decem_node_macs(&graph, &graph.nodes[conv]), 9 * 3 * 3 * 2);
    CHECK_STRING(decem_node_type(&graph.nodes[conv]), "Conv2d");

    decem_value norm = decem_graph_norm(&graph, conv, "bn", 1e-5f);
    check_parameter(norm, 0, "bn.weight", 1, 9, 0, 0, 0);
    check_parameter(norm, 1, "bn.bias", 1, 9, 0, 0, 0);
    check_parameter(norm, 2, "bn.running_mean", 1, 9, 0, 0, 0);
    check_parameter(norm, 3, "bn.running_var", 1, 9, 0, 0, 0);
    decem_node_parameters(&graph, norm, parameters);
    for (int32_t i = 0; i < 4; i++) CHECK_EQUAL(decem_parameter_is_trained(&parameters[i]), i < 2);
    CHECK_EQUAL(decem_node_macs(&graph, &graph.nodes[norm]), 0);

    decem_value bare = decem_graph_conv(&graph, x, "bare", 4, (decem_window){3, 5, 1, {1, 2, 1, 2}, false}, 1, false);
    CHECK_EQUAL(decem_node_parameters(&graph, bare, parameters), 1);
    check_parameter(bare, 0, "bare.weight", 4, 4, 6, 3, 5);
    CHECK_EQUAL(decem_node_macs(&graph, &graph.nodes[bare]), 4 * 5 * 5 * 6 * 3 * 5);

    decem_value linear = decem_graph_linear(&graph, decem_graph_flatten(&graph, x, ""), "fc", 10);
    check_parameter(linear, 0, "fc.weight", 2, 10, 150, 0, 0);
    check_parameter(linear, 1, "fc.bias", 1, 10, 0, 0, 0);
    CHECK_EQUAL(decem_node_macs(&graph, &graph.nodes[linear]), 1500);
    CHECK_EQUAL(decem_node_parameters(&graph, x, parameters), 0);
    CHECK_STRING(decem_node_type(&graph.nodes[decem_graph_activation(&graph, x, "", DECEM_RELU6)]), "ReLU6");
}

/* No more outputs than a graph has room for; each marks its layer as a classifier. */
static void test_outputs(void) {
    decem_value x = begin(6, 1, 1);
    for (int32_t i = 0; i <= DECEM_GRAPH_OUTPUTS; i++) decem_graph_output_logits(&graph, decem_graph_linear(&graph, x, "fc", 10), "main");
    CHECK_EQUAL(graph.output_count, DECEM_GRAPH_OUTPUTS);
    for (int32_t i = 0; i < DECEM_GRAPH_OUTPUTS; i++) CHECK(graph.nodes[graph.outputs[i].logits].classifier);
}

int main(void) {
    test_ceil_mode();
    test_convolution_windows();
    test_uneven_windows();
    test_shapes();
    test_groups();
    test_refused_convolutions();
    test_refused_values();
    test_after_a_failure();
    test_limits();
    test_parameters_and_counts();
    test_outputs();
    return check_report();
}
