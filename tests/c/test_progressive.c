/* Running while the weights still come: the same answer to the bit, as early as can be, and none before the file is whole and the right
 * one. */
#include "decem.h"

#include "maps.h"
#include "weights/sha256.h"
#include "weights_file.h"

enum { SEED = 5, SIDE = 32, CLASSES = 10, INPUTS = 3 * SIDE * SIDE };

#define OPTIONS "{\"width\": 0.01, \"input_size\": 32, \"num_classes\": 10}"

static const file_spec right = {.network = "mobilenetv1", .options = OPTIONS, .seed = SEED};

static float input[INPUTS];

static decem_model *create(void) {
    decem_model *model;
    if (!CHECK_EQUAL(decem_model_create(&model), DECEM_OK)) exit(1);
    CHECK_EQUAL(decem_model_select(model, right.network, right.options), DECEM_OK);
    return model;
}

static void hash_of(const weights_file *file, char hex[2 * DECEM_SHA256_BYTES + 1]) {
    decem_sha256 hash;
    uint8_t digest[DECEM_SHA256_BYTES];
    decem_sha256_begin(&hash);
    decem_sha256_push(&hash, file->bytes, file->length);
    decem_sha256_end(&hash, digest);
    for (int32_t i = 0; i < DECEM_SHA256_BYTES; i++) snprintf(hex + 2 * i, 3, "%02X", digest[i]);
}

static bool has_answer(const decem_model *model) {
    int32_t count;
    return decem_model_logits(model, 0) != NULL || decem_model_probabilities(model, 0) != NULL || decem_model_output(model, 0) != NULL ||
           decem_model_embedding(model, &count) != NULL || decem_model_top(model, 0, 1, &count) != 0;
}

/* The logits of a model that is loaded first and run then. */
static void run_after(const weights_file *file, float logits[CLASSES]) {
    decem_model *model = create();
    CHECK_EQUAL(decem_model_push(model, file->bytes, file->length), DECEM_OK);
    CHECK_EQUAL(decem_model_finish(model), DECEM_OK);
    CHECK_EQUAL(decem_model_ready_steps(model), decem_model_step_count(model));
    CHECK_EQUAL(decem_model_set_input(model, input), DECEM_OK);
    CHECK_EQUAL(decem_model_run(model), DECEM_OK);
    memcpy(logits, decem_model_logits(model, 0), CLASSES * sizeof *logits);
    decem_model_destroy(model);
}

/* Pushes the file in pieces and runs whatever can be run after each; gives how many steps had run before the last piece. */
static int32_t push_and_run(decem_model *model, const weights_file *file, size_t piece) {
    int32_t next = 0, before_last = 0, ready = 0;
    bool begun = false;
    for (size_t at = 0; at < file->length; at += piece) {
        before_last = next;
        CHECK_EQUAL(decem_model_push(model, file->bytes + at, file->length - at < piece ? file->length - at : piece), DECEM_OK);
        CHECK(decem_model_ready_steps(model) >= ready);
        ready = decem_model_ready_steps(model);
        if (!begun && ready > 0) begun = CHECK_EQUAL(decem_model_set_input(model, input), DECEM_OK);
        while (begun && next < ready) CHECK_EQUAL(decem_model_run_step(model, next++), DECEM_OK);
        if (begun && next < decem_model_step_count(model)) {
            CHECK_EQUAL(decem_model_run_step(model, next), DECEM_WRONG_STATE);
            CHECK_CONTAINS(decem_model_message(model), "has no weights yet");
        }
        CHECK(!has_answer(model));
    }
    CHECK_EQUAL(next, decem_model_step_count(model));
    return before_last;
}

static void test_same_answer(const weights_file *file) {
    float wanted[CLASSES];
    char hex[2 * DECEM_SHA256_BYTES + 1];
    run_after(file, wanted);
    hash_of(file, hex);
    static const size_t pieces[] = {1, 7, 64, 1000, 4096, 1 << 20};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        char context[32];
        snprintf(context, sizeof context, "pieces of %zu", pieces[i]);
        check_in(context);
        decem_model *model = create();
        CHECK_EQUAL(decem_model_expect_sha256(model, hex), DECEM_OK);
        int32_t early = push_and_run(model, file, pieces[i]);
        if (pieces[i] <= 64) CHECK_EQUAL(early, decem_model_step_count(model) - 1); /* all but the last layer */
        CHECK_EQUAL(decem_model_finish(model), DECEM_OK);
        CHECK(decem_model_logits(model, 0) != NULL && memcmp(decem_model_logits(model, 0), wanted, sizeof wanted) == 0);
        CHECK_EQUAL(decem_model_run(model), DECEM_OK); /* and again as usual */
        CHECK(memcmp(decem_model_logits(model, 0), wanted, sizeof wanted) == 0);
        decem_model_destroy(model);
    }
}

/* Another input in the middle begins the run anew; what is left over is run after the end. */
static void test_another_input(const weights_file *file) {
    check_in("another input");
    float wanted[CLASSES];
    static float other[INPUTS];
    run_after(file, wanted);
    decem_model *model = create();
    CHECK_EQUAL(decem_model_push(model, file->bytes, file->length - 8), DECEM_OK);
    CHECK_EQUAL(decem_model_set_input(model, other), DECEM_OK);
    for (int32_t step = 0; step < 5; step++) CHECK_EQUAL(decem_model_run_step(model, step), DECEM_OK);
    CHECK_EQUAL(decem_model_set_input(model, input), DECEM_OK);
    CHECK_EQUAL(decem_model_run_step(model, 5), DECEM_INVALID_ARGUMENT);
    for (int32_t step = 0; step < 3; step++) CHECK_EQUAL(decem_model_run_step(model, step), DECEM_OK);
    CHECK_EQUAL(decem_model_run(model), DECEM_WRONG_STATE);
    CHECK_CONTAINS(decem_model_message(model), "not all in yet");
    CHECK_EQUAL(decem_model_push(model, file->bytes + file->length - 8, 8), DECEM_OK);
    CHECK_EQUAL(decem_model_finish(model), DECEM_OK);
    for (int32_t step = 3; step < decem_model_step_count(model); step++) CHECK_EQUAL(decem_model_run_step(model, step), DECEM_OK);
    CHECK(decem_model_logits(model, 0) != NULL && memcmp(decem_model_logits(model, 0), wanted, sizeof wanted) == 0);
    decem_model_destroy(model);
}

/* A model whose file turns out wrong answers nothing, though all of it has been computed. */
static void test_wrong_hash(const weights_file *file) {
    check_in("wrong hash");
    char hex[2 * DECEM_SHA256_BYTES + 1];
    hash_of(file, hex);
    hex[63] = hex[63] == '0' ? '1' : '0';
    decem_model *model = create();
    CHECK_EQUAL(decem_model_expect_sha256(model, hex), DECEM_OK);
    push_and_run(model, file, 4096);
    CHECK_EQUAL(decem_model_finish(model), DECEM_WRONG_HASH);
    CHECK_CONTAINS(decem_model_message(model), "the file's SHA-256 is ");
    CHECK(!has_answer(model));
    CHECK_EQUAL(decem_model_ready_steps(model), 0);
    CHECK_EQUAL(decem_model_run(model), DECEM_WRONG_STATE);
    CHECK_EQUAL(decem_model_finish(model), DECEM_WRONG_HASH);
    decem_model_destroy(model);
}

static void test_expecting(const weights_file *file) {
    check_in("expecting");
    char hex[2 * DECEM_SHA256_BYTES + 1];
    hash_of(file, hex);
    decem_model *model = create();
    CHECK_EQUAL(decem_model_expect_sha256(model, NULL), DECEM_INVALID_ARGUMENT);
    CHECK_EQUAL(decem_model_expect_sha256(model, ""), DECEM_INVALID_ARGUMENT);
    CHECK_EQUAL(decem_model_expect_sha256(model, hex + 1), DECEM_INVALID_ARGUMENT);
    hex[5] = 'g';
    CHECK_EQUAL(decem_model_expect_sha256(model, hex), DECEM_INVALID_ARGUMENT);
    CHECK_CONTAINS(decem_model_message(model), "64 hexadecimal digits");
    CHECK_EQUAL(decem_model_push(model, file->bytes, file->length), DECEM_OK);
    CHECK_EQUAL(decem_model_expect_sha256(model, hex), DECEM_WRONG_STATE);
    CHECK_EQUAL(decem_model_finish(model), DECEM_OK); /* what was refused is not expected */
    decem_model_destroy(model);
}

int main(void) {
    uint32_t seed = 1;
    for (int32_t i = 0; i < INPUTS; i++) input[i] = next_value(&seed);
    weights_file file = make_file(right);
    test_same_answer(&file);
    test_another_input(&file);
    test_wrong_hash(&file);
    test_expecting(&file);
    free(file.bytes);
    return check_report();
}
