/* The public interface, call by call: calls out of order, images and inputs, answers, activations, threads, descriptions. */
#include "decem.h"

#include "base/json.h"
#include "maps.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

enum { SEED = 5, SIDE = 32, CLASSES = 10, INPUTS = 3 * SIDE * SIDE };

/* The smallest network there is: 8 channels everywhere. */
static const char NETWORK[] = "mobilenetv1", OPTIONS[] = "{\"width\": 0.01, \"input_size\": 32, \"num_classes\": 10}";

static decem_model *create(void) {
    decem_model *model;
    if (!CHECK_EQUAL(decem_model_create(&model), DECEM_OK)) exit(1);
    return model;
}

static decem_model *synthesized(void) {
    decem_model *model = create();
    CHECK_EQUAL(decem_model_select(model, NETWORK, OPTIONS), DECEM_OK);
    CHECK_EQUAL(decem_model_synthesize(model, SEED), DECEM_OK);
    return model;
}

static const float *an_input(uint32_t seed) {
    static float input[INPUTS];
    for (int32_t i = 0; i < INPUTS; i++) input[i] = next_value(&seed);
    return input;
}

static void check_fails(decem_model *model, decem_status got, decem_status wanted, const char *part) {
    CHECK_EQUAL(got, wanted);
    CHECK_CONTAINS(decem_model_message(model), part);
}

/* There are no answers: every way of asking says so. */
static void check_no_answers(decem_model *model) {
    int32_t index, count;
    CHECK(decem_model_logits(model, 0) == NULL);
    CHECK(decem_model_probabilities(model, 0) == NULL);
    CHECK(decem_model_output(model, 0) == NULL);
    CHECK(decem_model_embedding(model, &count) == NULL);
    CHECK_EQUAL(decem_model_top(model, 0, 1, &index), 0);
}

/* ---- Calls out of order -------------------------------------------------------------------------- */

static void check_nothing_runs(decem_model *model) {
    static const uint8_t pixels[3];
    check_fails(model, decem_model_begin_image(model, 1, 1, 3), DECEM_WRONG_STATE, "the network has no weights yet; load them first");
    check_fails(model, decem_model_push_rows(model, pixels, 1), DECEM_WRONG_STATE, "no weights yet");
    check_fails(model, decem_model_set_input(model, an_input(1)), DECEM_WRONG_STATE, "no weights yet");
    check_fails(model, decem_model_run(model), DECEM_WRONG_STATE, "no weights yet");
    check_fails(model, decem_model_run_step(model, 0), DECEM_WRONG_STATE, "no weights yet");
    CHECK(decem_model_crop(model) == NULL);
    check_no_answers(model);
}

static void test_empty(void) {
    check_in("empty");
    decem_model *model = create();
    CHECK_STRING(decem_model_message(model), "");
    CHECK_EQUAL(decem_model_step_count(model), 0);
    CHECK_EQUAL(decem_model_output_count(model), 0);
    CHECK_EQUAL(decem_model_class_count(model), 0);
    CHECK(decem_model_describe(model) == NULL);
    CHECK(decem_model_metadata(model, "network") == NULL);
    check_nothing_runs(model);
    check_fails(model, decem_model_synthesize(model, 1), DECEM_WRONG_STATE, "choose a network first");
    check_fails(model, decem_model_finish(model), DECEM_WRONG_STATE, "no weights have been given");
    check_fails(model, decem_model_push(model, NULL, 1), DECEM_INVALID_ARGUMENT, "no bytes were given");
    check_fails(model, decem_model_select(model, NULL, NULL), DECEM_INVALID_ARGUMENT, "no network was named");
    check_fails(model, decem_model_select(model, "lenet", NULL), DECEM_UNKNOWN_NETWORK, "there is no network lenet; choose googlenet, ");
    decem_model_destroy(model);
    decem_model_destroy(NULL);
}

static void test_planned(void) {
    check_in("planned");
    decem_model *model = create();
    CHECK_EQUAL(decem_model_select(model, "resnet152", ""), DECEM_OK);
    CHECK_EQUAL(decem_model_select(model, NETWORK, OPTIONS), DECEM_OK); /* another choice is free */
    CHECK_EQUAL(decem_model_class_count(model), CLASSES);
    CHECK_EQUAL(decem_model_output_count(model), 1);
    CHECK(decem_model_step_count(model) > 0);
    check_nothing_runs(model);
    check_fails(model, decem_model_finish(model), DECEM_WRONG_STATE, "no weights have been given");
    check_fails(model, decem_model_select(model, "lenet", NULL), DECEM_UNKNOWN_NETWORK, "there is no network");
    CHECK_EQUAL(decem_model_class_count(model), CLASSES); /* what was chosen before still is */
    CHECK_EQUAL(decem_model_push(model, "\x02", 1), DECEM_OK);
    check_fails(model, decem_model_synthesize(model, 1), DECEM_WRONG_STATE, "give it no file");
    check_fails(model, decem_model_keep_activations(model), DECEM_WRONG_STATE, "before any weights are given");
    decem_model_destroy(model); /* in the middle of its file */
}

static void test_ready(void) {
    check_in("ready");
    decem_model *model = synthesized();
    check_fails(model, decem_model_select(model, NETWORK, OPTIONS), DECEM_WRONG_STATE, "must be chosen before its weights");
    check_fails(model, decem_model_push(model, "\x02", 1), DECEM_WRONG_STATE, "this model has its weights already");
    check_fails(model, decem_model_finish(model), DECEM_WRONG_STATE, "its weights already");
    check_fails(model, decem_model_synthesize(model, 1), DECEM_WRONG_STATE, "its weights already");
    check_fails(model, decem_model_keep_activations(model), DECEM_WRONG_STATE, "before any weights are given");
    check_fails(model, decem_model_set_threads(model, 2), DECEM_WRONG_STATE, "before any weights are given");
    check_fails(model, decem_model_run(model), DECEM_WRONG_STATE, "no image has been given yet");
    check_fails(model, decem_model_set_input(model, NULL), DECEM_INVALID_ARGUMENT, "no input was given");
    check_no_answers(model);
    decem_model_destroy(model);
}

static void test_steps(void) {
    check_in("steps");
    decem_model *model = synthesized();
    int32_t steps = decem_model_step_count(model);
    CHECK_EQUAL(decem_model_set_input(model, an_input(1)), DECEM_OK);
    check_fails(model, decem_model_run_step(model, 1), DECEM_INVALID_ARGUMENT, "step 1 is out of order: 0 is next");
    check_fails(model, decem_model_run_step(model, -1), DECEM_INVALID_ARGUMENT, "out of order");
    check_fails(model, decem_model_run_step(model, steps), DECEM_INVALID_ARGUMENT, "out of order");
    for (int32_t s = 0; s < steps; s++) {
        check_no_answers(model);
        if (s == 3) check_fails(model, decem_model_run_step(model, 5), DECEM_INVALID_ARGUMENT, "step 5 is out of order: 3 is next");
        CHECK_EQUAL(decem_model_run_step(model, s), DECEM_OK);
    }
    float logits[CLASSES];
    memcpy(logits, decem_model_logits(model, 0), sizeof logits);
    CHECK_EQUAL(decem_model_run_step(model, 0), DECEM_OK); /* again from the start */
    check_no_answers(model);
    CHECK_EQUAL(decem_model_run(model), DECEM_OK);
    CHECK(memcmp(decem_model_logits(model, 0), logits, sizeof logits) == 0);
    decem_model_destroy(model);
}

/* ---- Images -------------------------------------------------------------------------------------- */

/* A red image, opaque or not, in one piece or row by row: the network sees it normalised. */
static void test_images(void) {
    check_in("images");
    static uint8_t pixels[40 * 50 * 4];
    float logits[CLASSES];
    decem_model *model = synthesized();
    for (int32_t round = 0; round < 3; round++) {
        uint32_t channels = round == 2 ? 4 : 3;
        for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = i % channels == 0 ? 200 : i % channels == 3 ? (uint8_t)i : 10;
        CHECK_EQUAL(decem_model_begin_image(model, 40, 50, channels), DECEM_OK);
        CHECK(decem_model_crop(model) == NULL);
        for (uint32_t y = 0; y < 50; y += round == 0 ? 50 : 5) CHECK_EQUAL(decem_model_push_rows(model, pixels + y * 40 * channels, round == 0 ? 50 : 5), DECEM_OK);
        const uint8_t *crop = decem_model_crop(model);
        for (int32_t i = 0; i < INPUTS && crop != NULL; i++)
            if (crop[i] != (i % 3 == 0 ? 200 : 10)) crop = NULL;
        CHECK(crop != NULL);
        CHECK_EQUAL(decem_model_run(model), DECEM_OK);
        if (round == 0) memcpy(logits, decem_model_logits(model, 0), sizeof logits);
        else CHECK(memcmp(decem_model_logits(model, 0), logits, sizeof logits) == 0);
    }

    static float input[INPUTS];
    static const float mean[] = {0.485f, 0.456f, 0.406f}, deviation[] = {0.229f, 0.224f, 0.225f};
    for (int32_t i = 0; i < INPUTS; i++) input[i] = ((i < SIDE * SIDE ? 200.0f : 10.0f) / 255.0f - mean[i / (SIDE * SIDE)]) / deviation[i / (SIDE * SIDE)];
    CHECK_EQUAL(decem_model_set_input(model, input), DECEM_OK);
    CHECK_EQUAL(decem_model_run(model), DECEM_OK);
    CHECK(memcmp(decem_model_logits(model, 0), logits, sizeof logits) == 0);
    decem_model_destroy(model);
}

static void test_wrong_images(void) {
    check_in("wrong images");
    static const uint8_t pixels[4 * 4 * 3];
    decem_model *model = synthesized();
    CHECK_EQUAL(decem_model_begin_image(model, 0, 4, 3), DECEM_INVALID_IMAGE);
    CHECK_EQUAL(decem_model_begin_image(model, 4, 65536, 3), DECEM_INVALID_IMAGE);
    CHECK(decem_model_begin_image(model, 4, 4, 2) != DECEM_OK);
    check_fails(model, decem_model_run(model), DECEM_WRONG_STATE, "no image has been given yet");
    CHECK_EQUAL(decem_model_begin_image(model, 4, 4, 3), DECEM_OK);
    CHECK_EQUAL(decem_model_push_rows(model, pixels, 3), DECEM_OK);
    check_fails(model, decem_model_run(model), DECEM_WRONG_STATE, "no image has been given yet"); /* one row is missing */
    CHECK_EQUAL(decem_model_push_rows(model, pixels, 2), DECEM_WRONG_STATE);
    CHECK_EQUAL(decem_model_push_rows(model, pixels, 1), DECEM_OK);
    CHECK_EQUAL(decem_model_run(model), DECEM_OK);
    CHECK_EQUAL(decem_model_begin_image(model, 4, 4, 3), DECEM_OK);
    check_fails(model, decem_model_run(model), DECEM_WRONG_STATE, "no image has been given yet"); /* the one before is gone */
    decem_model_destroy(model);
}

/* ---- Answers ------------------------------------------------------------------------------------- */

static void test_answers(void) {
    check_in("answers");
    static const struct { const char *network, *options, *final; int32_t features; } rows[] = {
        {"mobilenetv1", "{\"width\": 0.01, \"input_size\": 32, \"num_classes\": 10}", "logits", 10},
        {"shufflenetv1", "{\"groups\": 1, \"input_size\": 32, \"num_classes\": 10}", "log_softmax", 576},
        {"resnet18", "{\"input_size\": 32, \"num_classes\": 10}", "softmax", 512},
    };
    for (int32_t i = 0; i < COUNT(rows); i++) {
        check_in(rows[i].network);
        decem_model *model = create();
        CHECK_EQUAL(decem_model_select(model, rows[i].network, rows[i].options), DECEM_OK);
        CHECK_EQUAL(decem_model_synthesize(model, SEED), DECEM_OK);
        CHECK_EQUAL(decem_model_set_input(model, an_input(2)), DECEM_OK);
        CHECK_EQUAL(decem_model_run(model), DECEM_OK);
        const float *logits = decem_model_logits(model, 0), *probabilities = decem_model_probabilities(model, 0), *output = decem_model_output(model, 0);
        double exponentials = 0;
        for (int32_t k = 0; k < CLASSES; k++) exponentials += exp((double)logits[k]);
        for (int32_t k = 0; k < CLASSES; k++) {
            double probability = exp((double)logits[k]) / exponentials;
            double final = rows[i].final[0] == 's' ? probability : rows[i].final[3] == '_' ? log(probability) : (double)logits[k];
            CHECK(fabs((double)probabilities[k] - probability) < 1e-5);
            CHECK(fabs((double)output[k] - final) < 1e-5 * (1 + fabs(final)));
        }

        int32_t top[CLASSES + 5], count = -1;
        CHECK_EQUAL(decem_model_top(model, 0, CLASSES + 5, top), CLASSES);
        for (int32_t k = 1; k < CLASSES; k++) CHECK(logits[top[k - 1]] > logits[top[k]]);
        CHECK_EQUAL(decem_model_top(model, 0, 3, top), 3);
        CHECK_EQUAL(decem_model_top(model, 0, 0, top), 0);
        CHECK_EQUAL(decem_model_top(model, 1, 3, top), 0);
        CHECK(decem_model_logits(model, 1) == NULL && decem_model_output(model, -1) == NULL && decem_model_probabilities(model, 1) == NULL);
        CHECK(decem_model_embedding(model, &count) != NULL);
        CHECK_EQUAL(count, rows[i].features);
        decem_model_destroy(model);
    }
}

/* ---- Looking inside ------------------------------------------------------------------------------ */

static void test_activations(void) {
    check_in("activations");
    float logits[CLASSES];
    int32_t shape[3];
    decem_model *model = synthesized();
    CHECK_EQUAL(decem_model_set_input(model, an_input(3)), DECEM_OK);
    CHECK_EQUAL(decem_model_run(model), DECEM_OK);
    memcpy(logits, decem_model_logits(model, 0), sizeof logits);
    check_fails(model, decem_model_activation(model, "fc", shape, NULL), DECEM_WRONG_STATE, "only after a run of a model that keeps them");
    decem_model_destroy(model);

    for (int32_t order = 0; order < 2; order++) { /* said before the network is chosen, or after */
        model = create();
        if (order == 0) CHECK_EQUAL(decem_model_keep_activations(model), DECEM_OK);
        CHECK_EQUAL(decem_model_select(model, NETWORK, OPTIONS), DECEM_OK);
        if (order == 1) CHECK_EQUAL(decem_model_keep_activations(model), DECEM_OK);
        CHECK_EQUAL(decem_model_synthesize(model, SEED), DECEM_OK);
        CHECK_EQUAL(decem_model_set_input(model, an_input(3)), DECEM_OK);
        check_fails(model, decem_model_activation(model, "fc", shape, NULL), DECEM_WRONG_STATE, "only after a run");
        CHECK_EQUAL(decem_model_run(model), DECEM_OK);
        CHECK(memcmp(decem_model_logits(model, 0), logits, sizeof logits) == 0);

        static float values[INPUTS], map[8 * 16 * 16], first[8 * 16 * 16];
        CHECK_EQUAL(decem_model_activation(model, "input", shape, values), DECEM_OK);
        CHECK_EQUAL(shape[0] * 10000 + shape[1] * 100 + shape[2], 33232);
        CHECK(memcmp(values, an_input(3), sizeof values) == 0);
        CHECK_EQUAL(decem_model_activation(model, "model.0", shape, map), DECEM_OK); /* a module is its last layer */
        CHECK_EQUAL(shape[0] * 10000 + shape[1] * 100 + shape[2], 81616);
        int32_t negative = 0, positive = 0;
        for (int32_t i = 0; i < COUNT(map); i++) negative += map[i] < 0, positive += map[i] > 0;
        CHECK(negative == 0 && positive > 100);
        if (order == 0) memcpy(first, map, sizeof map);
        CHECK(memcmp(map, first, sizeof map) == 0);
        CHECK_EQUAL(decem_model_activation(model, "fc", shape, values), DECEM_OK);
        CHECK(memcmp(values, logits, sizeof logits) == 0);
        check_fails(model, decem_model_activation(model, "model.0.0", shape, NULL), DECEM_INVALID_ARGUMENT, "there is no layer model.0.0, or it is computed together");
        check_fails(model, decem_model_activation(model, "model", shape, NULL), DECEM_OK, "");
        check_fails(model, decem_model_activation(model, "mode", shape, NULL), DECEM_INVALID_ARGUMENT, "there is no layer mode,");
        check_fails(model, decem_model_activation(model, NULL, shape, NULL), DECEM_INVALID_ARGUMENT, "there is no layer ");
        decem_model_destroy(model);
    }
}

/* What a layer made is not shown with the activation of a later one in it. */
static void test_activations_before_a_concatenation(void) {
    check_in("before a concatenation");
    int32_t shape[3];
    decem_model *model = create();
    CHECK_EQUAL(decem_model_keep_activations(model), DECEM_OK);
    CHECK_EQUAL(decem_model_select(model, "shufflenetv1", "{\"groups\": 1, \"input_size\": 32}"), DECEM_OK);
    CHECK_EQUAL(decem_model_synthesize(model, SEED), DECEM_OK);
    CHECK_EQUAL(decem_model_set_input(model, an_input(3)), DECEM_OK);
    CHECK_EQUAL(decem_model_run(model), DECEM_OK);
    CHECK_EQUAL(decem_model_activation(model, "stage2.ShuffleUnit_Stage2_0", shape, NULL), DECEM_OK);
    check_fails(model, decem_model_activation(model, "stage2.ShuffleUnit_Stage2_0.g_conv_1x1_expand", shape, NULL), DECEM_INVALID_ARGUMENT, "computed together");
    decem_model_destroy(model);
}

/* The answer does not depend on how many threads there may be, nor on whether any came. */
static void test_threads(void) {
    check_in("threads");
    float logits[CLASSES];
    for (int32_t threads = 1; threads <= DECEM_THREADS_MAX; threads *= 2) {
        decem_model *model = create();
        check_fails(model, decem_model_set_threads(model, 0), DECEM_INVALID_ARGUMENT, "0 threads are not possible");
        check_fails(model, decem_model_set_threads(model, DECEM_THREADS_MAX + 1), DECEM_INVALID_ARGUMENT, "17 threads are not possible");
        CHECK_EQUAL(decem_model_select(model, NETWORK, OPTIONS), DECEM_OK);
        CHECK_EQUAL(decem_model_set_threads(model, threads), DECEM_OK);
        CHECK_EQUAL(decem_model_synthesize(model, SEED), DECEM_OK);
        CHECK_EQUAL(decem_model_set_input(model, an_input(4)), DECEM_OK);
        CHECK_EQUAL(decem_model_run(model), DECEM_OK);
        decem_model_help(model, 0); /* no helper's index: returns at once */
        decem_model_help(model, threads);
        if (threads == 1) memcpy(logits, decem_model_logits(model, 0), sizeof logits);
        else CHECK(memcmp(decem_model_logits(model, 0), logits, sizeof logits) == 0);
        decem_model_dismiss(model);
        CHECK_EQUAL(decem_model_run(model), DECEM_OK); /* alone */
        CHECK(memcmp(decem_model_logits(model, 0), logits, sizeof logits) == 0);
        decem_model_destroy(model);
    }
}

/* JSON from end to end, for every network, before and after it has weights. */
static void test_descriptions(void) {
    static const char *const parts[] = {"\"network\":\"", "\"options\":{\"num_classes\":1000,\"input_size\":224", "\"preprocess\":{\"resize\":256,\"crop\":224", "\"trained\":false",
                                        "\"final\":\"", "\"outputs\":[\"main\"", "\"layers\":[{\"name\":\"", "\"parameters\":", "\"macs\":", "\"tensors\":[{\"name\":\"",
                                        "\"role\":\"classifier\"", "\"steps\":[{\"name\":\"", "\"memory\":{\"weights\":"};
    for (int32_t i = 0; i < decem_network_count(); i++) {
        check_in(decem_network_name(i));
        decem_model *model = create();
        CHECK_EQUAL(decem_model_select(model, decem_network_name(i), NULL), DECEM_OK);
        const char *text = decem_model_describe(model);
        decem_json json = decem_json_open(text, strlen(text));
        decem_json_skip(&json);
        CHECK(decem_json_close(&json));
        for (int32_t k = 0; k < COUNT(parts); k++) CHECK(strstr(text, parts[k]) != NULL);
        CHECK(strstr(text, decem_network_name(i)) != NULL);
        decem_model_destroy(model);
    }
    decem_model *model = synthesized();
    CHECK_CONTAINS(decem_model_describe(model), "\"trained\":false");
    CHECK_CONTAINS(decem_model_describe(model), "\"width\":0.01}"); /* again: the first text is freed */
    decem_model_destroy(model);
}

/* Every node reads earlier ones, and the network's outputs are nodes. */
static void test_graphs(void) {
    for (int32_t i = 0; i < decem_network_count(); i++) {
        check_in(decem_network_name(i));
        decem_model *model = create();
        CHECK(decem_model_graph(model) == NULL);
        CHECK_EQUAL(decem_model_select(model, decem_network_name(i), NULL), DECEM_OK);
        const char *text = decem_model_graph(model);
        decem_json json = decem_json_open(text, strlen(text));
        decem_json_skip(&json);
        CHECK(decem_json_close(&json));
        CHECK_CONTAINS(text, "\"nodes\":[{\"type\":\"Input\",\"name\":\"input\",\"inputs\":[],\"shape\":[3,224,224],");
        decem_model_destroy(model);
    }
    check_in("graph");
    decem_model *model = synthesized();
    const char *text = decem_model_graph(model);
    CHECK_CONTAINS(text, "{\"type\":\"Conv2d\",\"name\":\"model.0.0\",\"inputs\":[0],\"shape\":[8,16,16],\"window\":[3,3,2,1,1,1,1],\"groups\":1,\"bias\":false,");
    CHECK_CONTAINS(text, "{\"type\":\"BatchNorm2d\",\"name\":\"model.0.1\",\"inputs\":[1],\"shape\":[8,16,16],\"window\":[0,0,0,0,0,0,0],\"groups\":0,\"bias\":false,\"epsilon\":0.00001,");
    decem_model_destroy(model);
}

/* The values that a network is synthesized with, tensor by tensor and piece by piece: its file gives the same logits. */
static void test_synthetic_tensors(void) {
    check_in("synthetic tensors");
    enum { FIRST = 8 * 3 * 3 * 3 };
    float whole[FIRST], parts[FIRST];
    decem_model *model = create();
    check_fails(model, decem_model_synthetic_tensor(model, SEED, 0, 0, 1, whole), DECEM_WRONG_STATE, "choose a network first");
    CHECK_EQUAL(decem_model_select(model, NETWORK, OPTIONS), DECEM_OK);
    CHECK_EQUAL(decem_model_synthetic_tensor(model, SEED, 0, 0, FIRST, whole), DECEM_OK);
    CHECK_EQUAL(decem_model_synthetic_tensor(model, SEED, 0, 0, 5, parts), DECEM_OK);
    CHECK_EQUAL(decem_model_synthetic_tensor(model, SEED, 0, 5, FIRST - 5, parts + 5), DECEM_OK);
    CHECK(memcmp(whole, parts, sizeof whole) == 0);
    CHECK_EQUAL(decem_model_synthetic_tensor(model, SEED + 1, 0, 0, FIRST, parts), DECEM_OK);
    CHECK(memcmp(whole, parts, sizeof whole) != 0);
    check_fails(model, decem_model_synthetic_tensor(model, SEED, 0, 1, FIRST, whole), DECEM_INVALID_ARGUMENT, "tensor 0 does not have 216 elements from 1 on");
    check_fails(model, decem_model_synthetic_tensor(model, SEED, 0, -1, 1, whole), DECEM_INVALID_ARGUMENT, "from -1 on");
    check_fails(model, decem_model_synthetic_tensor(model, SEED, 0, 0, -1, whole), DECEM_INVALID_ARGUMENT, "-1 elements");
    check_fails(model, decem_model_synthetic_tensor(model, SEED, -1, 0, 1, whole), DECEM_INVALID_ARGUMENT, "tensor -1");
    check_fails(model, decem_model_synthetic_tensor(model, SEED, 1000, 0, 1, whole), DECEM_INVALID_ARGUMENT, "tensor 1000");
    check_fails(model, decem_model_synthetic_tensor(model, SEED, 0, 0, 1, NULL), DECEM_INVALID_ARGUMENT, "tensor 0");
    decem_model_destroy(model);
}

int main(void) {
    test_empty();
    test_planned();
    test_ready();
    test_steps();
    test_images();
    test_wrong_images();
    test_answers();
    test_activations();
    test_activations_before_a_concatenation();
    test_threads();
    test_descriptions();
    test_graphs();
    test_synthetic_tensors();
    return check_report();
}
