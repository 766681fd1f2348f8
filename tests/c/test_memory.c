/* Every allocation of the rooms below the model fails once: the status is DECEM_OUT_OF_MEMORY, the message says how many
 * bytes were wanted, nothing leaks (AddressSanitizer looks) and the same work succeeds afterwards. The sources are
 * included, so that their malloc is the one here. */
#include "failing_malloc.h"

#define malloc failing_malloc
#define calloc failing_calloc
#include "image/preprocess.c"
#include "weights/safetensors.c"
#include "weights/safetensors_header.c"
#undef malloc
#undef calloc

#include "check.h"

static decem_message message;

static void fail_after(int allocations) {
    allocations_left = allocations;
    failed = false;
    message.text[0] = '\0';
}

/* A failure, if this allocation was reached, that says what it was about; else success. */
static bool check_status(decem_status status, const char *about) {
    if (!failed) {
        CHECK_EQUAL(status, DECEM_OK);
        return true;
    }
    CHECK_EQUAL(status, DECEM_OUT_OF_MEMORY);
    CHECK_CONTAINS(message.text, about);
    CHECK_CONTAINS(message.text, "bytes wanted");
    return false;
}

/* ---- Images -------------------------------------------------------------------------------------- */

static void images(void) {
    fail_after(0);
    CHECK(decem_image_create() == NULL);

    static const uint8_t pixels[5 * 4 * 3];
    decem_image *image = decem_image_create();
    const decem_preprocess small = decem_preprocess_default(8), large = decem_preprocess_default(32);
    bool done = false;
    CHECK_EQUAL(decem_image_begin(image, &small, 5, 4, 3, &message), DECEM_OK);
    CHECK_EQUAL(decem_image_push_rows(image, pixels, 4, &done, &message), DECEM_OK);
    CHECK(done);

    fail_after(0);
    check_status(decem_image_begin(image, &large, 5, 4, 3, &message), "no memory to resize an image of 5 x 4 pixels");
    CHECK(failed);
    CHECK(decem_image_crop(image) == NULL);
    CHECK_EQUAL(decem_image_push_rows(image, pixels, 1, &done, &message), DECEM_WRONG_STATE);

    CHECK_EQUAL(decem_image_begin(image, &large, 5, 4, 3, &message), DECEM_OK);
    CHECK_EQUAL(decem_image_push_rows(image, pixels, 4, &done, &message), DECEM_OK);
    CHECK(decem_image_crop(image) != NULL);
    fail_after(0); /* what there is suffices: nothing is allocated */
    CHECK_EQUAL(decem_image_begin(image, &small, 5, 4, 3, &message), DECEM_OK);
    CHECK_EQUAL(decem_image_begin(image, &large, 4, 5, 3, &message), DECEM_OK);
    CHECK(!failed);
    allocations_left = -1;
    decem_image_destroy(image);
}

/* ---- Weights ------------------------------------------------------------------------------------- */

static decem_status on_header(void *context, const decem_tensor *tensors, int32_t count) {
    (void)context, (void)tensors, (void)count;
    return DECEM_OK;
}

static decem_status on_row(void *context, int32_t tensor, uint64_t row, const uint8_t *bytes) {
    (void)tensor, (void)row, (void)bytes;
    ++*(int *)context;
    return DECEM_OK;
}

static void weights(void) {
    static const char file[] = "\x50\0\0\0\0\0\0\0{\"__metadata__\":{\"k\":\"v\"},"
                               "\"a\":{\"dtype\":\"I8\",\"shape\":[2,2],\"data_offsets\":[0,4]}}1234";
    for (int allocations = 0;; allocations++) {
        int rows = 0;
        fail_after(allocations);
        decem_safetensors *parser = decem_safetensors_create((decem_safetensors_handler){&rows, on_header, on_row}, &message);
        if (allocations == 0) {
            CHECK(parser == NULL);
            continue;
        }
        decem_status status = decem_safetensors_push(parser, (const uint8_t *)file, sizeof file - 1);
        CHECK_EQUAL(decem_safetensors_finish(parser), status);
        const bool done = check_status(status, "no memory for");
        CHECK_EQUAL(rows, done ? 2 : 0);
        decem_safetensors_destroy(parser);
        if (!done) continue;
        CHECK_EQUAL(allocations, 5); /* the parser, its text, tensors, metadata and a row */
        break;
    }
    allocations_left = -1;
}

int main(void) {
    images();
    weights();
    return check_report();
}
