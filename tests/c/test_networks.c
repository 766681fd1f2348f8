/* The ten networks: parameters and multiply-accumulates of every variant, options and their refusals, and that a file's
 * shapes alone tell which network, and with which options, it is for. */
#include <stdlib.h>

#include "graph/parameters.h"
#include "networks/network.h"

#include "check.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

static decem_message message;

/* ---- A network's parameters ---------------------------------------------------------------------- */

enum { PARAMETERS_MAX = 2048 };

typedef struct parameter_list {
    struct {
        char name[DECEM_PARAMETER_NAME_BYTES];
        decem_parameter parameter;
    } items[PARAMETERS_MAX];
    int32_t count;
    int64_t trained, macs;
} parameter_list;

static decem_graph graph; /* these are too large for a stack */
static parameter_list built, rebuilt;

static bool build(const decem_network *network, const decem_options *options, parameter_list *list) {
    decem_graph_reset(&graph, &message);
    network->build(&graph, options);
    list->count = 0;
    list->trained = list->macs = 0;
    if (decem_graph_status(&graph) != DECEM_OK) return false;
    for (int32_t i = 0; i < graph.count; i++) {
        decem_parameter parameters[DECEM_PARAMETERS_MAX];
        int32_t count = decem_node_parameters(&graph, i, parameters);
        if (list->count + count > PARAMETERS_MAX) return CHECK(!"room for more parameters");
        for (int32_t k = 0; k < count; k++, list->count++) {
            decem_parameter_name(&graph, &parameters[k], list->items[list->count].name);
            list->items[list->count].parameter = parameters[k];
            if (decem_parameter_is_trained(&parameters[k])) list->trained += decem_parameter_elements(&parameters[k]);
        }
        list->macs += decem_node_macs(&graph, &graph.nodes[i]);
    }
    return true;
}

static const decem_network *find(const char *name, const char *json, decem_options *options) {
    const decem_network *network = decem_network_find(name);
    if (!CHECK(network != NULL)) exit(1);
    *options = decem_options_default(network);
    if (decem_options_parse(network, json, options, &message) != DECEM_OK) printf("    %s\n", message.text);
    return network;
}

/* ---- Counts -------------------------------------------------------------------------------------- */

static void test_the_list(void) {
    static const char *const names[] = {"googlenet", "mobilenetv1", "mobilenetv2", "resnet18", "resnet50", "resnet101", "resnet152", "shufflenetv1", "shufflenetv2", "vgg16"};
    CHECK_EQUAL(decem_network_count(), COUNT(names));
    for (int32_t i = 0; i < COUNT(names); i++) {
        const decem_network *network = decem_network_find(names[i]);
        CHECK(network != NULL && strcmp(network->name, names[i]) == 0);
        CHECK_STRING(decem_network_name(i), decem_network_at(i)->name);
    }
    CHECK(decem_network_find("resnet34") == NULL);
    CHECK(decem_network_find("") == NULL);
    CHECK(decem_network_at(-1) == NULL && decem_network_name(-1) == NULL);
    CHECK(decem_network_at(COUNT(names)) == NULL && decem_network_name(COUNT(names)) == NULL);
}

/* The article's by torchsummary, torchvision's by itself; macs in tenths of millions, 0 where not known. */
static void test_counts(void) {
    static const struct { const char *network, *options; int64_t parameters, macs; } rows[] = {
        {"googlenet", "", 13378280, 15910},
        {"resnet18", "", 11694312, 18141},
        {"resnet50", "", 25583592, 40892},
        {"resnet101", "", 44601832, 78014},
        {"resnet152", "", 60268520, 115136},
        {"vgg16", "", 138357544, 154703},
        {"mobilenetv1", "", 4231976, 5687},
        {"mobilenetv2", "", 3504872, 3008},
        {"shufflenetv1", "", 1877920, 1375},
        {"shufflenetv2", "", 2131226, 1284},
        {"googlenet", "{\"variant\": \"torchvision\", \"aux\": false}", 6624904, 0},
        {"googlenet", "{\"variant\": \"torchvision\"}", 13004888, 0},
        {"resnet18", "{\"variant\": \"torchvision\"}", 11689512, 0},
        {"resnet50", "{\"variant\": \"torchvision\"}", 25557032, 0},
        {"resnet101", "{\"variant\": \"torchvision\"}", 44549160, 0},
        {"resnet152", "{\"variant\": \"torchvision\"}", 60192808, 0},
        {"vgg16", "{\"variant\": \"torchvision\"}", 138357544, 0},
        {"mobilenetv2", "{\"width_mult\": 0.35}", 1677128, 0},
        {"mobilenetv2", "{\"width_mult\": 1.4}", 6108776, 0},
        {"mobilenetv2", "{\"width_mult\": 0.4, \"round_nearest\": 4}", 1762120, 0},
        {"shufflenetv2", "{\"stages_repeats\": [4, 8, 4]}", 2278604, 0},
        {"shufflenetv2", "{\"stages_repeats\": [4, 8, 4], \"stages_out_channels\": [24, 48, 96, 192, 1024]}", 1366792, 0},
        {"shufflenetv2", "{\"stages_repeats\": [4, 8, 4], \"stages_out_channels\": [24, 244, 488, 976, 2048]}", 7393996, 0},
    };
    for (int32_t i = 0; i < COUNT(rows); i++) {
        check_in(rows[i].network);
        decem_options options;
        const decem_network *network = find(rows[i].network, rows[i].options, &options);
        CHECK(build(network, &options, &built));
        CHECK_EQUAL(built.trained, rows[i].parameters);
        if (rows[i].macs > 0) CHECK_EQUAL((built.macs + 50000) / 100000, rows[i].macs);
    }
}

/* ---- Options ------------------------------------------------------------------------------------- */

static void test_accepted_options(void) {
    decem_options options;
    find("mobilenetv1", NULL, &options);
    CHECK_EQUAL(options.num_classes, 1000);
    CHECK_EQUAL(options.input_size, 224);
    CHECK_EQUAL(options.value[2].number, 1);
    find("mobilenetv1", "{\"padding\": \"tf_same\", \"width\": 0.25, \"num_classes\": 7, \"input_size\": 96, \"activation\": \"relu6\"}", &options);
    CHECK_EQUAL(options.num_classes, 7);
    CHECK_EQUAL(options.input_size, 96);
    CHECK_EQUAL(options.value[0].number, 1);
    CHECK_EQUAL(options.value[1].number, 1);
    CHECK(options.value[2].number == 0.25);
    find("googlenet", "{\"aux\": false, \"lrn_size\": 5e0}", &options);
    CHECK_EQUAL(options.value[1].number, 5);
    CHECK_EQUAL(options.value[2].number, 0);
    find("shufflenetv2", "{\"stages_repeats\": [4, 8, 4]}", &options);
    const int32_t channels[] = {24, 116, 232, 464, 1024};
    for (int32_t i = 0; i < 3; i++) CHECK_EQUAL(options.value[0].list[i], 4 << (i == 1));
    for (int32_t i = 0; i < 5; i++) CHECK_EQUAL(options.value[1].list[i], channels[i]);
    find("vgg16", " {} ", &options);
    CHECK_EQUAL(options.num_classes, 1000);
}

static void test_refused_options(void) {
    static const struct { const char *network, *options, *part; } rows[] = {
        {"vgg16", "{\"width\": 1}", "vgg16 has no option width"},
        {"vgg16", "{\"a\\nb\": 1}", "vgg16 has no option a?b"},
        {"vgg16", "{\"0123456789012345678901234567890123456789012345678901234567890123456789\": 1}", "vgg16 has no option (a long name)"},
        {"vgg16", "{\"num_classes\": 0}", "option num_classes must be a whole number from 1 to 100000"},
        {"vgg16", "{\"num_classes\": 100001}", "option num_classes must be"},
        {"vgg16", "{\"num_classes\": 10.5}", "option num_classes must be"},
        {"vgg16", "{\"num_classes\": \"10\"}", "option num_classes must be"},
        {"vgg16", "{\"num_classes\": 1e300}", "option num_classes must be"},
        {"vgg16", "{\"num_classes\": null}", "option num_classes must be"},
        {"vgg16", "{\"input_size\": -1}", "option input_size must be a whole number from 1 to 1024"},
        {"vgg16", "{\"input_size\": 1025}", "option input_size must be"},
        {"vgg16", "{\"variant\": \"keras\"}", "vgg16: option variant must be \"article\" or \"torchvision\""},
        {"vgg16", "{\"variant\": 1}", "option variant must be"},
        {"googlenet", "{\"aux\": 1}", "googlenet: option aux must be true or false"},
        {"googlenet", "{\"lrn_size\": 65}", "option lrn_size must be a whole number from 1 to 64"},
        {"mobilenetv1", "{\"width\": 0}", "mobilenetv1: option width is not a number in its range"},
        {"mobilenetv1", "{\"width\": 8.1}", "option width"},
        {"mobilenetv1", "{\"width\": \"1\"}", "option width"},
        {"mobilenetv2", "{\"round_nearest\": 0}", "option round_nearest"},
        {"shufflenetv2", "{\"stages_repeats\": 3}", "shufflenetv2: option stages_repeats must be a list of whole numbers"},
        {"shufflenetv2", "{\"stages_repeats\": [3, 7]}", "option stages_repeats must have 3 numbers"},
        {"shufflenetv2", "{\"stages_repeats\": [3, 7, 3, 3]}", "option stages_repeats has too many numbers"},
        {"shufflenetv2", "{\"stages_repeats\": [3, 7, 0]}", "option stages_repeats must be a whole number from 1 to 32"},
        {"shufflenetv2", "{\"stages_repeats\": [3, 7, \"3\"]}", "option stages_repeats must be"},
        {"vgg16", "[]", "the options of vgg16 are not a JSON object"},
        {"vgg16", "{\"num_classes\": 10", "the options of vgg16 are not a JSON object"},
        {"vgg16", "{} {}", "the options of vgg16 are not a JSON object"},
        {"vgg16", "num_classes=10", "the options of vgg16 are not a JSON object"},
    };
    for (int32_t i = 0; i < COUNT(rows); i++) {
        check_in(rows[i].options);
        const decem_network *network = decem_network_find(rows[i].network);
        decem_options options = decem_options_default(network);
        CHECK_EQUAL(decem_options_parse(network, rows[i].options, &options, &message), DECEM_INVALID_OPTION);
        CHECK_CONTAINS(message.text, rows[i].part);
    }
}

/* Values that are possible one by one, but make no network. */
static void test_refused_by_the_builder(void) {
    static const struct { const char *network, *options, *part; } rows[] = {
        {"shufflenetv1", "{\"groups\": 5}", "shufflenetv1: groups must be 1, 2, 3, 4 or 8"},
        {"shufflenetv2", "{\"stages_out_channels\": [24, 117, 232, 464, 1024]}", "stages_out_channels must be even"},
        {"shufflenetv2", "{\"stages_repeats\": [32, 32, 32]}", "choose smaller ones"},
        {"mobilenetv1", "{\"input_size\": 448}", "an input_size above 416"},
        {"vgg16", "{\"input_size\": 31}", "layer pool5"},
        {"googlenet", "{\"input_size\": 64}", "layer SideBranch_1.avg_pool"},
    };
    for (int32_t i = 0; i < COUNT(rows); i++) {
        check_in(rows[i].options);
        decem_options options;
        const decem_network *network = find(rows[i].network, rows[i].options, &options);
        CHECK(!build(network, &options, &built));
        CHECK_EQUAL(decem_graph_status(&graph), DECEM_INVALID_OPTION);
        CHECK_CONTAINS(message.text, rows[i].part);
    }
}

/* ---- Recognising --------------------------------------------------------------------------------- */

static int64_t dimension(const void *context, const char *name, int32_t axis) {
    const parameter_list *list = context;
    for (int32_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0) return axis < list->items[i].parameter.rank ? list->items[i].parameter.shape[axis] : -1;
    return -1;
}

static bool same_shapes(const parameter_list *a, const parameter_list *b) {
    if (a->count != b->count) return false;
    for (int32_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i].name, b->items[i].name) != 0 || a->items[i].parameter.rank != b->items[i].parameter.rank ||
            memcmp(a->items[i].parameter.shape, b->items[i].parameter.shape, sizeof a->items[i].parameter.shape) != 0) return false;
    return true;
}

/* Builds a network, asks all of them whose its tensors are, and builds it again with the options that were found. What does not show
 * in shapes (`hidden`, more options) is given. */
static void check_recognised(const char *name, const char *json, const char *hidden) {
    char context[160];
    snprintf(context, sizeof context, "%s %s", name, json);
    check_in(context);
    decem_options options;
    const decem_network *network = find(name, json, &options);
    if (!CHECK(decem_options_parse(network, hidden, &options, &message) == DECEM_OK && build(network, &options, &built))) return;
    const decem_tensor_shapes shapes = {&built, dimension};
    for (int32_t i = 0; i < decem_network_count(); i++) {
        const decem_network *other = decem_network_at(i);
        decem_options found = decem_options_default(other);
        bool yes = other->recognise(&shapes, &found);
        CHECK_EQUAL(yes, other == network);
        if (!yes || other != network) continue;
        CHECK_EQUAL(decem_options_parse(network, hidden, &found, &message), DECEM_OK);
        CHECK(build(network, &found, &rebuilt) && same_shapes(&built, &rebuilt));
    }
}

static void test_recognition(void) {
    static const struct { const char *network, *options, *hidden; } rows[] = {
        {"googlenet", "{\"num_classes\": 10}", NULL},
        {"googlenet", "{\"aux\": false}", NULL},
        {"googlenet", "{\"variant\": \"torchvision\"}", NULL},
        {"googlenet", "{\"variant\": \"torchvision\", \"aux\": false}", NULL},
        {"googlenet", "{}", "{\"lrn_size\": 5}"},
        {"googlenet", "{}", "{\"input_size\": 180}"},
        {"resnet18", "{\"num_classes\": 1}", NULL},
        {"resnet18", "{\"variant\": \"torchvision\"}", NULL},
        {"resnet50", "{\"num_classes\": 100000}", NULL},
        {"resnet50", "{\"variant\": \"torchvision\"}", NULL},
        {"resnet101", "{}", NULL},
        {"resnet101", "{\"variant\": \"torchvision\"}", NULL},
        {"resnet152", "{}", NULL},
        {"resnet152", "{\"variant\": \"torchvision\"}", NULL},
        {"vgg16", "{\"num_classes\": 3}", NULL},
        {"vgg16", "{\"input_size\": 64}", NULL},
        {"vgg16", "{\"input_size\": 1024}", NULL},
        {"vgg16", "{\"variant\": \"torchvision\"}", NULL},
        {"mobilenetv1", "{\"num_classes\": 1001}", "{\"padding\": \"tf_same\", \"activation\": \"relu6\"}"},
        {"mobilenetv2", "{\"num_classes\": 2}", NULL},
        {"shufflenetv1", "{\"groups\": 1}", NULL},
        {"shufflenetv1", "{\"groups\": 2}", NULL},
        {"shufflenetv1", "{\"groups\": 3}", NULL},
        {"shufflenetv1", "{\"groups\": 4}", NULL},
        {"shufflenetv1", "{\"groups\": 8, \"num_classes\": 12}", NULL},
        {"shufflenetv2", "{}", NULL},
        {"shufflenetv2", "{\"stages_repeats\": [4, 8, 4], \"stages_out_channels\": [24, 48, 96, 192, 1024]}", NULL},
        {"shufflenetv2", "{\"stages_repeats\": [9, 10, 11]}", NULL},
        {"shufflenetv2", "{\"stages_repeats\": [1, 12, 32], \"stages_out_channels\": [2, 4, 6, 8, 3]}", NULL},
    };
    for (int32_t i = 0; i < COUNT(rows); i++) check_recognised(rows[i].network, rows[i].options, rows[i].hidden);
}

/* Every width that people train, and widths in between. */
static void test_recognised_widths(void) {
    char json[64];
    for (int32_t percent = 1; percent <= 800; percent += percent < 200 ? 1 : 37) {
        snprintf(json, sizeof json, "{\"width\": %d.%02d}", (int)percent / 100, (int)percent % 100);
        check_recognised("mobilenetv1", json, "{\"num_classes\": 10}");
    }
    for (int32_t percent = 5; percent <= 400; percent += 5) {
        snprintf(json, sizeof json, "{\"width_mult\": %d.%02d}", (int)percent / 100, (int)percent % 100);
        check_recognised("mobilenetv2", json, "{\"num_classes\": 10}");
    }
}

/* Tensors of no network, and of one that is not whole. */
static void test_not_recognised(void) {
    decem_options options;
    const decem_network *network = find("resnet50", "", &options);
    check_in("not recognised");
    CHECK(build(network, &options, &built));
    for (int32_t kept = 0; kept < 2; kept++) { /* nothing at all; then the first two tensors */
        built.count = 2 * kept;
        const decem_tensor_shapes shapes = {&built, dimension};
        for (int32_t i = 0; i < decem_network_count(); i++) {
            options = decem_options_default(decem_network_at(i));
            CHECK(!decem_network_at(i)->recognise(&shapes, &options));
        }
    }
}

int main(void) {
    test_the_list();
    test_counts();
    test_accepted_options();
    test_refused_options();
    test_refused_by_the_builder();
    test_recognition();
    test_recognised_widths();
    test_not_recognised();
    return check_report();
}
