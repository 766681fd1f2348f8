/* Every network against PyTorch: logits of each classifier, what the network returns, and activations inside, from
 * tests/fixtures/golden (written by tests/reference/make_fixtures.py). Names of cases may be given as arguments. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "check.h"
#include "decem.h"
#include "files.h"

enum { OUTPUTS = 3, CLASSES_MAX = 1000 };

static const double TOLERANCE = 1e-4; /* of the largest reference value */

typedef struct golden {
    char network[32], *options, *text;
    double seed, height, width;
    int32_t outputs, classes;
    float logits[OUTPUTS][CLASSES_MAX];
    decem_json final, activations; /* cursors before these arrays */
} golden;

static void read_outputs(decem_json *json, golden *g) {
    decem_json_text key;
    decem_json_enter_array(json);
    while (decem_json_next_element(json)) {
        decem_json_enter_object(json);
        while (decem_json_next_key(json, &key)) {
            if (!decem_json_equals(key, "logits")) {
                decem_json_skip(json);
                continue;
            }
            g->classes = 0;
            decem_json_enter_array(json);
            while (decem_json_next_element(json)) {
                double number;
                decem_json_read_number(json, &number);
                g->logits[g->outputs][g->classes++] = (float)number;
            }
        }
        g->outputs++;
    }
}

static bool read_golden(const char *path, golden *g) {
    size_t length;
    memset(g, 0, sizeof *g);
    g->text = (char *)read_file(path, &length);
    if (g->text == NULL) return false;
    decem_json json = decem_json_open(g->text, length);
    decem_json_text key, text;
    decem_json_enter_object(&json);
    while (decem_json_next_key(&json, &key)) {
        const char *begin = json.at;
        if (decem_json_equals(key, "network")) {
            if (decem_json_read_string(&json, &text) && text.length < sizeof g->network) decem_json_decode(text, g->network);
        } else if (decem_json_equals(key, "options")) {
            while (*begin != '{') begin++;
            decem_json_skip(&json);
            size_t bytes = (size_t)(json.at - begin);
            g->options = calloc(1, bytes + 1);
            memcpy(g->options, begin, bytes);
        } else if (decem_json_equals(key, "seed")) decem_json_read_number(&json, &g->seed);
        else if (decem_json_equals(key, "height")) decem_json_read_number(&json, &g->height);
        else if (decem_json_equals(key, "width")) decem_json_read_number(&json, &g->width);
        else if (decem_json_equals(key, "outputs")) read_outputs(&json, g);
        else if (decem_json_equals(key, "final")) g->final = json, decem_json_skip(&json);
        else if (decem_json_equals(key, "activations")) g->activations = json, decem_json_skip(&json);
        else decem_json_skip(&json);
    }
    return decem_json_close(&json);
}

static uint32_t mix(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

/* The tensor "input" of the fixtures: uniform, variance 1. */
static float *make_input(uint32_t seed, int64_t count) {
    float *input = malloc((size_t)count * sizeof *input);
    uint32_t hash = 2166136261u;
    for (const char *c = "input"; *c != '\0'; c++) hash = (hash ^ (uint8_t)*c) * 16777619u;
    uint32_t name_key = mix(seed ^ hash);
    for (int64_t i = 0; i < count; i++)
        input[i] = (float)((int32_t)(mix(name_key + (uint32_t)i * 0x9E3779B9u) >> 8) - 8388608) * (1.0f / 8388608.0f) * 1.7320508f;
    return input;
}

static double largest(const float *values, int32_t count) {
    double most = 0;
    for (int32_t i = 0; i < count; i++) most = fmax(most, fabs((double)values[i]));
    return most;
}

static void check_logits(const golden *g, const decem_model *model) {
    for (int32_t k = 0; k < g->outputs; k++) {
        const float *logits = decem_model_logits(model, k);
        double scale = largest(g->logits[k], g->classes), error = 0;
        for (int32_t i = 0; i < g->classes; i++) error = fmax(error, fabs((double)logits[i] - (double)g->logits[k][i]));
        printf("  output %d: largest error %.2g of the largest logit\n", k, error / scale);
        CHECK(error <= TOLERANCE * scale);

        int32_t ours[5], theirs[5], count = decem_model_top(model, k, 5, ours);
        for (int32_t r = 0; r < count; r++) { /* selection of the largest, one by one */
            theirs[r] = -1;
            for (int32_t i = 0; i < g->classes; i++) {
                bool taken = false;
                for (int32_t q = 0; q < r; q++) taken = taken || theirs[q] == i;
                if (!taken && (theirs[r] < 0 || g->logits[k][i] > g->logits[k][theirs[r]])) theirs[r] = i;
            }
            CHECK_EQUAL(ours[r], theirs[r]);
        }
    }
}

static void check_final(golden *g, const decem_model *model) {
    int32_t k = 0;
    decem_json_enter_array(&g->final);
    while (decem_json_next_element(&g->final)) {
        const float *output = decem_model_output(model, k++);
        double number, scale = largest(output, g->classes);
        decem_json_enter_array(&g->final);
        for (int32_t i = 0; decem_json_next_element(&g->final); i++)
            CHECK(decem_json_read_number(&g->final, &number) && fabs(number - (double)output[i]) <= TOLERANCE * scale);
    }
    CHECK_EQUAL(k, g->outputs);
}

static void check_activation(decem_json *json, decem_model *model) {
    char name[128] = "";
    decem_json_text key, text;
    decem_json samples = *json;
    double expected_mean = 0, expected_abs_mean = 0;
    decem_json_enter_object(json);
    while (decem_json_next_key(json, &key)) {
        if (decem_json_equals(key, "name")) {
            if (decem_json_read_string(json, &text) && text.length < sizeof name) decem_json_decode(text, name);
        } else if (decem_json_equals(key, "mean")) decem_json_read_number(json, &expected_mean);
        else if (decem_json_equals(key, "abs_mean")) decem_json_read_number(json, &expected_abs_mean);
        else if (decem_json_equals(key, "samples")) samples = *json, decem_json_skip(json);
        else decem_json_skip(json);
    }
    int32_t shape[3];
    decem_status status = decem_model_activation(model, name, shape, NULL);
    if (status != DECEM_OK) printf("  %s: %s\n", name, decem_model_message(model));
    CHECK_EQUAL(status, DECEM_OK);
    if (status != DECEM_OK) return;
    int64_t count = (int64_t)shape[0] * shape[1] * shape[2];
    float *values = malloc((size_t)count * sizeof *values);
    decem_model_activation(model, name, shape, values);
    double mean = 0, abs_mean = 0, scale = 0;
    for (int64_t i = 0; i < count; i++) {
        mean += (double)values[i];
        abs_mean += fabs((double)values[i]);
        scale = fmax(scale, fabs((double)values[i]));
    }
    bool right = fabs(mean / (double)count - expected_mean) <= TOLERANCE * scale && fabs(abs_mean / (double)count - expected_abs_mean) <= TOLERANCE * scale;
    decem_json_enter_array(&samples);
    while (decem_json_next_element(&samples)) {
        double at[4];
        decem_json_enter_array(&samples);
        for (int32_t i = 0; decem_json_next_element(&samples); i++) decem_json_read_number(&samples, &at[i]);
        double value = (double)values[((int64_t)at[0] * shape[1] + (int64_t)at[1]) * shape[2] + (int64_t)at[2]];
        right = right && fabs(value - at[3]) <= TOLERANCE * scale;
    }
    if (!right) printf("  layer %s differs\n", name);
    CHECK(right && !samples.failed);
    free(values);
}

static void check_case(const char *path) {
    golden g;
    printf("%s\n", path);
    CHECK(read_golden(path, &g));
    float *input = make_input((uint32_t)g.seed, 3 * (int64_t)g.height * (int64_t)g.width);
    for (int32_t keep = 0; keep < 2; keep++) { /* with memory shared as in use, then with every activation kept */
        decem_model *model;
        CHECK_EQUAL(decem_model_create(&model), DECEM_OK);
        if (keep) CHECK_EQUAL(decem_model_keep_activations(model), DECEM_OK);
        CHECK_EQUAL(decem_model_select(model, g.network, g.options), DECEM_OK);
        CHECK_EQUAL(decem_model_synthesize(model, (uint32_t)g.seed), DECEM_OK);
        CHECK_EQUAL(decem_model_set_input(model, input), DECEM_OK);
        CHECK_EQUAL(decem_model_run(model), DECEM_OK);
        CHECK_EQUAL(decem_model_output_count(model), g.outputs);
        CHECK_EQUAL(decem_model_class_count(model), g.classes);
        if (decem_model_logits(model, 0) != NULL) {
            check_logits(&g, model);
            if (!keep) check_final(&g, model);
            if (keep) {
                decem_json_enter_array(&g.activations);
                while (decem_json_next_element(&g.activations)) check_activation(&g.activations, model);
            }
        } else {
            printf("  %s\n", decem_model_message(model));
        }
        decem_model_destroy(model);
    }
    free(input);
    free(g.options);
    free(g.text);
}

int main(int argc, char **argv) {
    char path[512];
    if (argc > 1) {
        for (int i = 1; i < argc; i++) {
            snprintf(path, sizeof path, "%s/tests/fixtures/golden/%s.json", root(), argv[i]);
            check_case(path);
        }
        return check_report();
    }
    snprintf(path, sizeof path, "%s/tests/fixtures/golden", root());
    DIR *directory = opendir(path);
    CHECK(directory != NULL);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0) continue;
        snprintf(path, sizeof path, "%s/tests/fixtures/golden/%s", root(), entry->d_name);
        check_case(path);
    }
    if (directory != NULL) closedir(directory);
    return check_report();
}
