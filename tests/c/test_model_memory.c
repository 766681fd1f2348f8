/* Every allocation of a model fails once: the call says DECEM_OUT_OF_MEMORY and what for, nothing leaks (AddressSanitizer looks), what was
 * there can be destroyed or used, and another model succeeds. The sources are included, so that their malloc is the one here. */
#include "failing_malloc.h"

#include "image/preprocess.h"
#include "weights/safetensors.h"

static decem_image *failing_image(void) { return fails() ? NULL : decem_image_create(); }
static decem_safetensors *failing_parser(decem_safetensors_handler handler, decem_message *message) {
    return fails() ? NULL : decem_safetensors_create(handler, message);
}

#define malloc failing_malloc
#define aligned_alloc failing_aligned_alloc
#define calloc failing_calloc
#define realloc failing_realloc
#define decem_image_create failing_image
#define decem_safetensors_create failing_parser
#include "model/describe.c"
#include "model/load.c"
#include "model/model.c"
#undef malloc
#undef aligned_alloc
#undef calloc
#undef realloc
#undef decem_image_create
#undef decem_safetensors_create

#include "weights_file.h"

#define OPTIONS "{\"width\": 0.01, \"input_size\": 32, \"num_classes\": 10}"

static weights_file file;

static void fail_after(int allocations) {
    allocations_left = allocations;
    failed = false;
}

typedef decem_status (*life)(decem_model *model);

static decem_status from_file(decem_model *model) {
    decem_status status = decem_model_push(model, file.bytes, file.length);
    return status == DECEM_OK ? decem_model_finish(model) : status;
}

static decem_status chosen_from_file(decem_model *model) {
    decem_status status = decem_model_select(model, "mobilenetv1", OPTIONS);
    return status == DECEM_OK ? from_file(model) : status;
}

static decem_status synthesized(decem_model *model) {
    decem_status status = decem_model_select(model, "mobilenetv1", OPTIONS);
    if (status == DECEM_OK) status = decem_model_keep_activations(model);
    return status == DECEM_OK ? decem_model_synthesize(model, 1) : status;
}

/* After a call that failed, no other may believe that it did not. */
static void check_broken(decem_model *model) {
    static const float input[3 * 32 * 32];
    CHECK_CONTAINS(decem_model_message(model), "out of memory: ");
    CHECK(decem_model_run(model) == DECEM_WRONG_STATE);
    CHECK(decem_model_set_input(model, input) == DECEM_WRONG_STATE);
    CHECK(decem_model_logits(model, 0) == NULL);
    CHECK(decem_model_activation(model, "fc", (int32_t[3]){0}, NULL) == DECEM_WRONG_STATE);
    CHECK(decem_model_step_count(model) >= 0);
    CHECK(decem_model_synthesize(model, 1) != DECEM_OK || model->stage == DECEM_STAGE_READY);
}

/* Fails the first allocation of a life, then the second, and so on, until all of it succeeds. */
static void check_life(life live, const char *name, int least) {
    static const float input[3 * 32 * 32];
    check_in(name);
    for (int allocations = 0;; allocations++) {
        decem_model *model;
        fail_after(allocations);
        decem_status status = decem_model_create(&model);
        CHECK_EQUAL(model == NULL, status != DECEM_OK);
        if (status == DECEM_OK) status = live(model);
        CHECK_EQUAL(status, failed ? DECEM_OUT_OF_MEMORY : DECEM_OK);
        allocations_left = -1;
        if (failed && model != NULL) check_broken(model);
        if (!failed) {
            CHECK_EQUAL(decem_model_set_input(model, input), DECEM_OK);
            fail_after(0);
            CHECK_EQUAL(decem_model_run(model), DECEM_OK); /* allocates nothing */
            CHECK(!failed);
            allocations_left = -1;
        }
        decem_model_destroy(model);
        if (failed) continue;
        CHECK(allocations >= least);
        return;
    }
}

/* A choice that ran out of memory leaves the one before it as it was, or none; the next may succeed. */
static void check_choosing_again(void) {
    check_in("choosing again");
    for (int allocations = 0; allocations < 4; allocations++) {
        decem_model *model;
        CHECK_EQUAL(decem_model_create(&model), DECEM_OK);
        if (allocations % 2 == 1) CHECK_EQUAL(decem_model_select(model, "resnet18", "{\"num_classes\": 7}"), DECEM_OK);
        fail_after(allocations / 2);
        CHECK_EQUAL(decem_model_select(model, "mobilenetv1", OPTIONS), DECEM_OUT_OF_MEMORY);
        CHECK(failed);
        CHECK(decem_model_class_count(model) == 0 || decem_model_class_count(model) == 7);
        CHECK_EQUAL(synthesized(model), DECEM_OK);
        CHECK_EQUAL(decem_model_class_count(model), 10);
        decem_model_destroy(model);
    }
}

/* Without memory there is no description and no crop; with it, there is. */
static void check_looking(void) {
    check_in("looking");
    static const uint8_t pixel[3] = {1, 2, 3};
    decem_model *model;
    CHECK_EQUAL(decem_model_create(&model), DECEM_OK);
    CHECK_EQUAL(synthesized(model), DECEM_OK);
    CHECK_EQUAL(decem_model_begin_image(model, 1, 1, 3), DECEM_OK);
    CHECK_EQUAL(decem_model_push_rows(model, pixel, 1), DECEM_OK);
    fail_after(0);
    CHECK(decem_model_crop(model) == NULL);
    CHECK(decem_model_crop(model) != NULL);
    for (int allocations = 0; allocations < 8; allocations += 4) {
        fail_after(allocations);
        CHECK(decem_model_describe(model) == NULL);
        CHECK(failed);
        CHECK(decem_model_describe(model) != NULL);
        fail_after(allocations);
        CHECK(decem_model_graph(model) == NULL);
        CHECK(failed);
        CHECK(decem_model_graph(model) != NULL);
    }
    decem_model_destroy(model);
}

int main(void) {
    file = make_file((file_spec){.network = "mobilenetv1", .options = OPTIONS, .metadata = "{\"network\": \"mobilenetv1\", \"preprocess\": \"{\\\"crop\\\": 32}\"}", .seed = 1});
    check_life(from_file, "from a file", 11);
    check_life(chosen_from_file, "chosen, from a file", 12);
    check_life(synthesized, "synthesized", 11);
    check_choosing_again();
    check_looking();
    free(file.bytes);
    return check_report();
}
