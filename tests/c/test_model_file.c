/* Weights through the public interface: pieces of any size, every dtype, files that say what they are for and files that do not, and
 * everything that can be wrong with one, after each of which a right model still loads. */
#include "decem.h"

#include <math.h>

#include "maps.h"
#include "weights_file.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

enum { SEED = 5, SIDE = 32, CLASSES = 10 };

/* The smallest network there is: 8 channels everywhere. */
#define NETWORK "mobilenetv1"
#define OPTIONS "{\"width\": 0.01, \"input_size\": 32, \"num_classes\": 10}"
#define QUOTED_OPTIONS "{\\\"width\\\": 0.01, \\\"input_size\\\": 32, \\\"num_classes\\\": 10}"
#define METADATA "{\"network\": \"mobilenetv1\", \"options\": \"" QUOTED_OPTIONS "\", \"labels\": \"[\\\"a\\\"]\"}"

static const file_spec right = {.network = NETWORK, .options = OPTIONS, .metadata = METADATA, .seed = SEED};

static decem_model *create(void) {
    decem_model *model;
    if (!CHECK_EQUAL(decem_model_create(&model), DECEM_OK)) exit(1);
    return model;
}

/* Pushes a file in pieces; the first status that is not OK. */
static decem_status push(decem_model *model, const weights_file *file, size_t piece) {
    decem_status status = DECEM_OK;
    for (size_t at = 0; status == DECEM_OK && at < file->length; at += piece)
        status = decem_model_push(model, file->bytes + at, file->length - at < piece ? file->length - at : piece);
    return status == DECEM_OK ? decem_model_finish(model) : status;
}

static void run(decem_model *model) {
    static float input[3 * SIDE * SIDE];
    uint32_t seed = 1;
    for (int32_t i = 0; i < COUNT(input); i++) input[i] = next_value(&seed);
    CHECK_EQUAL(decem_model_set_input(model, input), DECEM_OK);
    CHECK_EQUAL(decem_model_run(model), DECEM_OK);
}

/* What synthesize gives: the same weights without a file. */
static const float *wanted(void) {
    static float logits[CLASSES];
    static bool known;
    if (known) return logits;
    decem_model *model = create();
    CHECK_EQUAL(decem_model_select(model, NETWORK, OPTIONS), DECEM_OK);
    CHECK_EQUAL(decem_model_synthesize(model, SEED), DECEM_OK);
    run(model);
    memcpy(logits, decem_model_logits(model, 0), sizeof logits);
    decem_model_destroy(model);
    known = true;
    return logits;
}

static void check_logits(decem_model *model, const float *logits) {
    run(model);
    if (CHECK_EQUAL(decem_model_class_count(model), CLASSES)) CHECK(memcmp(decem_model_logits(model, 0), logits, CLASSES * sizeof *logits) == 0);
}

/* Of a network that is not known there is nothing to count. */
static void check_unknown(decem_model *model) {
    CHECK_EQUAL(decem_model_step_count(model), 0);
    CHECK_EQUAL(decem_model_output_count(model), 0);
    CHECK_EQUAL(decem_model_class_count(model), 0);
    CHECK(decem_model_describe(model) == NULL);
}

/* ---- Files that are right ------------------------------------------------------------------------ */

static void test_pieces(void) {
    weights_file file = make_file(right);
    const size_t pieces[] = {1, 7, 4096, file.length - 1, file.length};
    for (int32_t i = 0; i < COUNT(pieces); i++) {
        check_in(i == 0 ? "byte by byte" : "pieces");
        decem_model *model = create();
        CHECK_EQUAL(push(model, &file, pieces[i]), DECEM_OK);
        check_logits(model, wanted());
        CHECK_STRING(decem_model_metadata(model, "network"), NETWORK);
        CHECK_STRING(decem_model_metadata(model, "labels"), "[\"a\"]");
        CHECK(decem_model_metadata(model, "licence") == NULL);
        CHECK_CONTAINS(decem_model_describe(model), "\"trained\":true");
        decem_model_destroy(model);
    }
    free(file.bytes);
}

/* F16 and BF16 give what F32 gives when it holds the same numbers. */
static void test_dtypes(void) {
    static const decem_dtype dtypes[] = {DECEM_DTYPE_F16, DECEM_DTYPE_BF16};
    for (int32_t i = 0; i < COUNT(dtypes); i++) {
        check_in(i == 0 ? "F16" : "BF16");
        file_spec narrow_spec = right, wide_spec = right;
        narrow_spec.dtype = wide_spec.rounded_to = dtypes[i];
        weights_file narrow_file = make_file(narrow_spec), wide_file = make_file(wide_spec);
        CHECK(narrow_file.length < wide_file.length);
        decem_model *model = create(), *wide = create();
        CHECK_EQUAL(push(wide, &wide_file, 4096), DECEM_OK);
        run(wide);
        CHECK_EQUAL(push(model, &narrow_file, 7), DECEM_OK);
        check_logits(model, decem_model_logits(wide, 0));
        CHECK(memcmp(decem_model_logits(wide, 0), wanted(), CLASSES * sizeof(float)) != 0);
        decem_model_destroy(model);
        decem_model_destroy(wide);
        free(narrow_file.bytes);
        free(wide_file.bytes);
    }
}

/* The largest difference from the logits that F32 gives with the same numbers, of the largest of those. The scales of convolutions are
 * folded in, with other roundings; the input of the classifier is rounded to 16 bits. */
static float difference_of(decem_model *model, const float *logits) {
    float difference = 0.0f, largest = 0.0f;
    run(model);
    for (int32_t i = 0; i < CLASSES; i++) {
        difference = fmaxf(difference, fabsf(decem_model_logits(model, 0)[i] - logits[i]));
        largest = fmaxf(largest, fabsf(logits[i]));
    }
    return difference / largest;
}

/* I8 weights give what F32 gives when it holds the same numbers, in whatever order scales and tensors come. */
static void test_i8(void) {
    check_in("I8");
    file_spec spec = right, wide_spec = right;
    spec.dtype = wide_spec.rounded_to = DECEM_DTYPE_I8;
    weights_file wide_file = make_file(wide_spec);
    decem_model *wide = create();
    CHECK_EQUAL(push(wide, &wide_file, 4096), DECEM_OK);
    CHECK(difference_of(wide, wanted()) > 1e-4f);
    CHECK(strstr(decem_model_describe(wide), "linear i8") == NULL);
    float first[CLASSES];
    for (int32_t i = 0; i < 4; i++) {
        spec.scales_first = i % 2 == 1;
        weights_file file = make_file(spec);
        CHECK(file.length < wide_file.length);
        decem_model *model = create();
        CHECK_EQUAL(push(model, &file, i < 2 ? 4096 : 1), DECEM_OK);
        CHECK(difference_of(model, decem_model_logits(wide, 0)) < 2e-5f);
        CHECK_CONTAINS(decem_model_describe(model), "\"kernel\":\"linear i8\"");
        if (i == 0) memcpy(first, decem_model_logits(model, 0), sizeof first);
        else CHECK(memcmp(first, decem_model_logits(model, 0), sizeof first) == 0);
        decem_model_destroy(model);
        free(file.bytes);
    }
    decem_model_destroy(wide);
    free(wide_file.bytes);
}

/* What decides the network: the caller, the file's metadata, or the tensors. Their shapes tell width and classes; the input's size they do not. */
static void test_who_says_what(void) {
    static const struct { const char *metadata, *selected, *options; } rows[] = {
        {NULL, NETWORK, OPTIONS},
        {NULL, NETWORK, "{\"input_size\": 32}"},
        {"{\"network\": \"mobilenetv1\", \"options\": \"{\\\"input_size\\\": 32}\"}", NULL, NULL},
        {"{\"network\": \"resnet18\", \"options\": \"{\\\"no such\\\": 1}\"}", NETWORK, OPTIONS}, /* what it says of another network does not matter */
        {"{\"network\": \"mobilenetv1\", \"options\": \"{\\\"input_size\\\": 64}\"}", NETWORK, "{\"input_size\": 32}"},
        {"{\"network\": \"mobilenetv1\", \"preprocess\": \"{\\\"resize\\\": 36, \\\"crop\\\": 32}\"}", NULL, NULL},
        {"{\"network\": \"mobilenetv1\", \"preprocess\": \"{\\\"resize\\\": 72, \\\"crop\\\": 64}\"}", NETWORK, "{\"input_size\": 32}"}, /* in proportion */
    };
    for (int32_t i = 0; i < COUNT(rows); i++) {
        check_in(rows[i].metadata != NULL ? rows[i].metadata : "no metadata");
        file_spec spec = right;
        spec.metadata = rows[i].metadata;
        weights_file file = make_file(spec);
        decem_model *model = create();
        if (rows[i].selected != NULL) CHECK_EQUAL(decem_model_select(model, rows[i].selected, rows[i].options), DECEM_OK);
        CHECK_EQUAL(push(model, &file, 4096), DECEM_OK);
        check_logits(model, wanted());
        CHECK_CONTAINS(decem_model_describe(model), i >= 5 ? "\"resize\":36,\"crop\":32" : "\"crop\":32");
        decem_model_destroy(model);
        free(file.bytes);
    }
}

/* Counters of training are passed over. */
static void test_counters(void) {
    file_spec spec = right;
    spec.added = "model.0.1.num_batches_tracked";
    weights_file file = make_file(spec);
    decem_model *model = create();
    CHECK_EQUAL(push(model, &file, 4096), DECEM_OK);
    check_logits(model, wanted());
    decem_model_destroy(model);
    free(file.bytes);
}

/* GoogLeNet with its side branches in the file, and without them in the model. */
static void test_side_branches(void) {
    check_in("side branches");
    weights_file file = make_file((file_spec){.network = "googlenet", .options = "{\"input_size\": 80, \"num_classes\": 10}", .seed = SEED, .dtype = DECEM_DTYPE_BF16});
    decem_model *with = create(), *without = create();
    static float input[3 * 80 * 80];
    for (int32_t i = 0; i < COUNT(input); i++) input[i] = (float)(i % 97) / 97.0f;
    CHECK_EQUAL(decem_model_select(with, "googlenet", "{\"input_size\": 80}"), DECEM_OK);
    CHECK_EQUAL(decem_model_select(without, "googlenet", "{\"input_size\": 80, \"aux\": false}"), DECEM_OK);
    for (int32_t i = 0; i < 2; i++) {
        decem_model *model = i == 0 ? with : without;
        CHECK_EQUAL(push(model, &file, 1 << 20), DECEM_OK);
        CHECK_EQUAL(decem_model_output_count(model), i == 0 ? 3 : 1);
        CHECK_EQUAL(decem_model_set_input(model, input), DECEM_OK);
        CHECK_EQUAL(decem_model_run(model), DECEM_OK);
    }
    CHECK(memcmp(decem_model_logits(with, 0), decem_model_logits(without, 0), CLASSES * sizeof(float)) == 0);
    CHECK(decem_model_logits(without, 1) == NULL);
    decem_model_destroy(with);
    decem_model_destroy(without);
    free(file.bytes);
}

/* Two models take turns at every step and do not notice each other. */
static void test_two_at_once(void) {
    check_in("two at once");
    file_spec other_spec = right;
    other_spec.seed = SEED + 1;
    weights_file file = make_file(right), other_file = make_file(other_spec);
    decem_model *model = create(), *other = create();
    CHECK_EQUAL(file.length, other_file.length);
    for (size_t at = 0; at < file.length; at += 1000) {
        size_t count = file.length - at < 1000 ? file.length - at : 1000;
        CHECK_EQUAL(decem_model_push(model, file.bytes + at, count), DECEM_OK);
        CHECK_EQUAL(decem_model_push(other, other_file.bytes + at, count), DECEM_OK);
    }
    CHECK_EQUAL(decem_model_finish(model), DECEM_OK);
    CHECK_EQUAL(decem_model_finish(other), DECEM_OK);
    run(model);
    run(other);
    CHECK(memcmp(decem_model_logits(other, 0), wanted(), CLASSES * sizeof(float)) != 0);
    decem_model_destroy(other);
    CHECK(memcmp(decem_model_logits(model, 0), wanted(), CLASSES * sizeof(float)) == 0);
    decem_model_destroy(model);
    free(file.bytes);
    free(other_file.bytes);
}

/* ---- Files that are wrong ------------------------------------------------------------------------ */

#define WEIGHT "model.3.3.weight"
#define I8 .dtype = DECEM_DTYPE_I8
#define SPEC .network = NETWORK, .options = OPTIONS, .metadata = METADATA, .seed = SEED

static void test_wrong_tensors(void) {
    static const struct { file_spec spec; decem_status status; const char *part; } rows[] = {
        {{SPEC, .left_out = WEIGHT}, DECEM_MISSING_TENSOR, "tensor " WEIGHT " of mobilenetv1 is not in the file"},
        {{SPEC, .added = "model.99.weight"}, DECEM_UNEXPECTED_TENSOR, "tensor model.99.weight is not of mobilenetv1"},
        {{SPEC, .added = "\\u001bname\\n"}, DECEM_UNEXPECTED_TENSOR, "tensor ?name? is not of"},
        {{SPEC, .one_more = WEIGHT}, DECEM_WRONG_SHAPE, "tensor " WEIGHT " has size 9 in dimension 0 where mobilenetv1 with these options has 8"},
        {{SPEC, .flat = "model.3.4.weight", .one_more = "model.3.4.weight"}, DECEM_OK, ""}, /* a vector is flat already */
        {{SPEC, .flat = WEIGHT}, DECEM_WRONG_SHAPE, "tensor " WEIGHT " has size 64 in dimension 0"},
        {{SPEC, .first_only = WEIGHT}, DECEM_WRONG_SHAPE, "tensor " WEIGHT " has 1 dimensions where mobilenetv1 has 4"},
        {{SPEC, .integers = WEIGHT}, DECEM_MISSING_TENSOR, "tensor " WEIGHT " is I8, but its scales, a tensor " WEIGHT ".scale, are not in the file"},
        {{SPEC, .integers = "fc.bias"}, DECEM_UNSUPPORTED_DTYPE, "tensor fc.bias is I8, which only weights of convolutions and linear layers can be"},
        {{SPEC, .integers = "model.3.1.weight"}, DECEM_UNSUPPORTED_DTYPE, "tensor model.3.1.weight is I8, which only weights"},
        {{SPEC, .added = WEIGHT ".scale"}, DECEM_UNEXPECTED_TENSOR, "tensor " WEIGHT ".scale is not of mobilenetv1"},
        {{SPEC, I8, .left_out = WEIGHT ".scale"}, DECEM_MISSING_TENSOR, "tensor " WEIGHT " is I8, but its scales"},
        {{SPEC, I8, .left_out = WEIGHT}, DECEM_MISSING_TENSOR, "tensor " WEIGHT " of mobilenetv1 is not in the file"},
        {{SPEC, I8, .half = WEIGHT}, DECEM_UNEXPECTED_TENSOR, "tensor " WEIGHT ".scale is not of mobilenetv1"},
        {{SPEC, I8, .half = WEIGHT ".scale"}, DECEM_UNSUPPORTED_DTYPE, "tensor " WEIGHT ".scale is not F32"},
        {{SPEC, I8, .one_more = WEIGHT ".scale"}, DECEM_WRONG_SHAPE, "tensor " WEIGHT ".scale must have one scale for each of the 8 rows of " WEIGHT},
        {{SPEC, I8, .flat = "fc.weight.scale"}, DECEM_WRONG_SHAPE, "tensor fc.weight.scale must have one scale for each of the 10 rows"},
        {{SPEC, I8, .one_more = WEIGHT}, DECEM_WRONG_SHAPE, "tensor " WEIGHT " has size 9 in dimension 0"},
        {{SPEC, I8, .spoilt = WEIGHT ".scale", .value = NAN}, DECEM_NOT_FINITE, "tensor " WEIGHT ".scale holds a number that is not finite (in row 0)"},
        {{SPEC, I8, .spoilt = "fc.weight.scale", .value = INFINITY}, DECEM_NOT_FINITE, "tensor fc.weight.scale holds"},
        {{SPEC, I8, .spoilt = "fc.weight.scale", .value = -1e-9f}, DECEM_NOT_FINITE, "tensor fc.weight.scale has a negative scale at index 9"},
        {{SPEC, I8, .spoilt = "fc.weight.scale", .value = 0.0f}, DECEM_OK, ""}, /* such a row is all zeros */
        {{SPEC, .spoilt = WEIGHT, .value = NAN}, DECEM_NOT_FINITE, "tensor " WEIGHT " holds a number that is not finite (in row 7)"},
        {{SPEC, .spoilt = WEIGHT, .value = -INFINITY, .dtype = DECEM_DTYPE_F16}, DECEM_NOT_FINITE, "tensor " WEIGHT " holds"},
        {{SPEC, .spoilt = WEIGHT, .value = INFINITY, .dtype = DECEM_DTYPE_BF16}, DECEM_NOT_FINITE, "tensor " WEIGHT " holds"},
        {{SPEC, .spoilt = "model.3.1.running_var", .value = -1.0f}, DECEM_NOT_FINITE, "tensor model.3.1.running_var has a negative variance at index 7"},
    };
    for (int32_t i = 0; i < COUNT(rows); i++) {
        check_in(rows[i].part);
        weights_file file = make_file(rows[i].spec);
        for (size_t piece = 1; piece <= 4096; piece *= 64) {
            decem_model *model = create();
            CHECK_EQUAL(push(model, &file, piece), rows[i].status);
            CHECK_CONTAINS(decem_model_message(model), rows[i].part);
            if (rows[i].status != DECEM_OK) { /* it stays failed, and can say nothing of itself */
                CHECK_EQUAL(decem_model_push(model, file.bytes, 1), rows[i].status);
                CHECK_EQUAL(decem_model_finish(model), rows[i].status);
                CHECK_EQUAL(decem_model_synthesize(model, SEED), rows[i].status);
                CHECK(decem_model_describe(model) == NULL);
                CHECK_EQUAL(decem_model_run(model), DECEM_WRONG_STATE);
            }
            decem_model_destroy(model);
        }
        free(file.bytes);
    }
    test_counters();
}

static void test_wrong_headers(void) {
    static const struct { const char *metadata, *selected, *options; decem_status status; const char *part; } rows[] = {
        {"{\"network\": \"resnet34\"}", NULL, NULL, DECEM_UNKNOWN_NETWORK, "a network resnet34, which decem does not have"},
        {"{\"network\": \"resnet18\"}", NULL, NULL, DECEM_MISSING_TENSOR, "tensor conv1.weight of resnet18 is not in the file"},
        {METADATA, "resnet18", NULL, DECEM_MISSING_TENSOR, "tensor conv1.weight of resnet18"},
        {METADATA, NETWORK, "{\"width\": 2}", DECEM_WRONG_SHAPE, "has size 8 in dimension 0 where mobilenetv1 with these options has 64"},
        {METADATA, NETWORK, "{\"num_classes\": 11}", DECEM_WRONG_SHAPE, "tensor fc.weight has size 10 in dimension 0 where mobilenetv1 with these options has 11"},
        {"{\"network\": \"mobilenetv1\", \"options\": \"{\\\"depth\\\": 1}\"}", NULL, NULL, DECEM_INVALID_OPTION, "mobilenetv1 has no option depth"},
        {"{\"network\": \"mobilenetv1\", \"options\": \"{\\\"depth\\\": 1}\"}", NETWORK, OPTIONS, DECEM_INVALID_OPTION, "mobilenetv1 has no option depth"},
        {"{\"network\": \"mobilenetv1\", \"options\": \"{\\\"input_size\\\": 1000}\"}", NULL, NULL, DECEM_INVALID_OPTION, "an input_size above 416"},
        {"{\"network\": \"mobilenetv1\", \"preprocess\": \"{\\\"crop\\\": 0}\"}", NULL, NULL, DECEM_INVALID_OPTION, "crop"},
        {"{\"network\": \"mobilenetv1\", \"preprocess\": \"{\\\"crop\\\": 2000}\"}", NULL, NULL, DECEM_INVALID_OPTION, "a crop of 2000 pixels"},
    };
    for (int32_t i = 0; i < COUNT(rows); i++) {
        check_in(rows[i].part);
        file_spec spec = right;
        spec.metadata = rows[i].metadata;
        weights_file file = make_file(spec);
        decem_model *model = create();
        if (rows[i].selected != NULL) CHECK_EQUAL(decem_model_select(model, rows[i].selected, rows[i].options), DECEM_OK);
        CHECK_EQUAL(push(model, &file, 4096), rows[i].status);
        CHECK_CONTAINS(decem_model_message(model), rows[i].part);
        CHECK(decem_model_describe(model) == NULL);
        if (rows[i].status == DECEM_INVALID_OPTION || rows[i].status == DECEM_UNKNOWN_NETWORK) check_unknown(model);
        decem_model_destroy(model);
        free(file.bytes);
    }
}

/* Cut short, too long, empty, of no network: and then the same bytes as they should be. */
static void test_wrong_ends(void) {
    weights_file file = make_file(right);
    static const uint8_t nothing[] = "\x02\0\0\0\0\0\0\0{}";
    static const struct { int32_t difference; const char *part; } rows[] = {{-1, "the weights file is cut short"}, {1, "the weights file goes on after"}};
    for (int32_t i = 0; i < COUNT(rows); i++) {
        check_in(rows[i].part);
        weights_file other = {calloc(1, file.length + 1), (size_t)((ptrdiff_t)file.length + rows[i].difference)};
        memcpy(other.bytes, file.bytes, file.length);
        decem_model *model = create();
        CHECK_EQUAL(push(model, &other, 4096), DECEM_MALFORMED_FILE);
        CHECK_CONTAINS(decem_model_message(model), rows[i].part);
        CHECK_EQUAL(decem_model_run(model), DECEM_WRONG_STATE);
        decem_model_destroy(model);
        free(other.bytes);
    }
    check_in("no tensors");
    for (int32_t selected = 0; selected < 2; selected++) {
        decem_model *model = create();
        if (selected) CHECK_EQUAL(decem_model_select(model, NETWORK, NULL), DECEM_OK);
        CHECK_EQUAL(decem_model_push(model, nothing, 10), selected ? DECEM_MISSING_TENSOR : DECEM_UNRECOGNISED_NETWORK);
        if (!selected) check_unknown(model);
        decem_model_destroy(model);
    }
    decem_model *model = create();
    CHECK_EQUAL(push(model, &file, 4096), DECEM_OK);
    check_logits(model, wanted());
    decem_model_destroy(model);
    free(file.bytes);
}

/* A network that was refused leaves nothing behind: neither its name nor its options. */
static void test_after_a_refused_choice(void) {
    check_in("refused choice");
    weights_file file = make_file(right);
    decem_model *model = create();
    CHECK_EQUAL(decem_model_select(model, "shufflenetv1", "{\"groups\": 5}"), DECEM_INVALID_OPTION);
    check_unknown(model);
    CHECK_EQUAL(push(model, &file, 4096), DECEM_OK);
    CHECK_STRING(decem_model_message(model), "shufflenetv1: groups must be 1, 2, 3, 4 or 8");
    check_logits(model, wanted());
    decem_model_destroy(model);
    free(file.bytes);
}

int main(void) {
    test_pieces();
    test_dtypes();
    test_i8();
    test_who_says_what();
    test_side_branches();
    test_two_at_once();
    test_wrong_tensors();
    test_wrong_headers();
    test_wrong_ends();
    test_after_a_refused_choice();
    return check_report();
}
