/* Weights files in memory: a network's tensors as safetensors holds them, with the seeded values of weights/synthetic.h, and one thing wrong
 * with them where a test wants that. */
#ifndef DECEM_TESTS_WEIGHTS_FILE_H
#define DECEM_TESTS_WEIGHTS_FILE_H

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "graph/parameters.h"
#include "networks/network.h"
#include "weights/dtype.h"
#include "weights/synthetic.h"

typedef struct file_spec {
    const char *network, *options; /* options: JSON, or NULL */
    const char *metadata;          /* the text of __metadata__'s object, or NULL for none */
    uint32_t seed;
    decem_dtype dtype;             /* of every tensor: F32, F16 or BF16; I8: of weights, with their scales, all else being F32 */
    decem_dtype rounded_to;        /* F32 tensors hold values that this dtype can hold too */
    bool scales_first;             /* before their tensor instead of behind it */

    /* What is wrong: names of tensors, or NULL. */
    const char *left_out, *added;
    const char *one_more;          /* its first dimension is one larger; of scales, one smaller */
    const char *flat;              /* all its elements are in one dimension; of scales, in two */
    const char *first_only;        /* it has its first dimension only */
    const char *integers;          /* its dtype is I8 */
    const char *spoilt;            /* its last element is `value` */
    float value;
    const char *half;              /* its dtype is F16 */
} file_spec;

typedef struct weights_file {
    uint8_t *bytes;
    size_t length;
} weights_file;

typedef struct file_writer {
    const file_spec *spec;
    char *header;
    size_t header_length, header_room;
    uint8_t *data;
    size_t data_length, data_room;
} file_writer;

static inline bool is_named(const char *name, const char *wanted) {
    return wanted != NULL && strcmp(name, wanted) == 0;
}

/* F16 and BF16 by cutting bits off; what F16 can hold only as a subnormal becomes 0. */
static inline uint16_t cut(decem_dtype dtype, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (dtype == DECEM_DTYPE_BF16) return (uint16_t)(bits >> 16);
    uint32_t exponent = bits >> 23 & 255;
    if (exponent <= 112) return 0;
    return (uint16_t)((bits >> 16 & 0x8000) | (exponent == 255 ? 31 : exponent - 112) << 10 | (bits >> 13 & 1023));
}

static inline float rounded(decem_dtype dtype, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (dtype == DECEM_DTYPE_BF16) bits &= 0xFFFF0000u;
    if (dtype == DECEM_DTYPE_F16) bits = (bits >> 23 & 255) <= 112 ? 0 : bits & 0xFFFFE000u;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

static inline void write_header(file_writer *w, const char *text) {
    size_t bytes = strlen(text);
    if (w->header_length + bytes + 1 > w->header_room) w->header = realloc(w->header, w->header_room = 2 * (w->header_length + bytes + 1));
    memcpy(w->header + w->header_length, text, bytes + 1);
    w->header_length += bytes;
}

static inline void write_data(file_writer *w, const void *bytes, size_t count) {
    if (w->data_length + count > w->data_room) w->data = realloc(w->data, w->data_room = 2 * (w->data_length + count));
    memcpy(w->data + w->data_length, bytes, count);
    w->data_length += count;
}

static inline void write_tensor(file_writer *w, const char *name, decem_dtype dtype, const int64_t *shape, int32_t rank, const float *values) {
    static const char *const dtypes[] = {[DECEM_DTYPE_F32] = "F32", [DECEM_DTYPE_F16] = "F16", [DECEM_DTYPE_BF16] = "BF16", [DECEM_DTYPE_I8] = "I8"};
    if (is_named(name, w->spec->integers)) dtype = DECEM_DTYPE_I8;
    if (is_named(name, w->spec->half)) dtype = DECEM_DTYPE_F16;
    if (is_named(name, w->spec->left_out)) return;
    int64_t elements = 1;
    size_t begin = w->data_length;
    char text[512];
    for (int32_t i = 0; i < rank; i++) elements *= shape[i];
    for (int64_t i = 0; i < elements; i++) {
        float value = i == elements - 1 && is_named(name, w->spec->spoilt) ? w->spec->value : rounded(w->spec->rounded_to, values[i]);
        uint16_t half = cut(dtype, value);
        int8_t whole = dtype == DECEM_DTYPE_I8 ? (int8_t)value : 0;
        if (dtype == DECEM_DTYPE_F32) write_data(w, &value, 4);
        else write_data(w, dtype == DECEM_DTYPE_I8 ? (const void *)&whole : &half, dtype == DECEM_DTYPE_I8 ? 1 : 2);
    }
    snprintf(text, sizeof text, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[", w->header_length > 1 ? "," : "", name, dtypes[dtype]);
    write_header(w, text);
    for (int32_t i = 0; i < rank; i++) {
        snprintf(text, sizeof text, "%s%" PRId64, i > 0 ? "," : "", shape[i]);
        write_header(w, text);
    }
    snprintf(text, sizeof text, "],\"data_offsets\":[%zu,%zu]}", begin, w->data_length);
    write_header(w, text);
}

/* Rounds each row of weights to multiples of its largest / 127: to the multiples where `whole`, else to their values. Returns the scales. */
static inline float *quantise(float *values, int64_t rows, int64_t columns, bool whole) {
    float *scales = malloc((size_t)rows * sizeof *scales);
    for (int64_t n = 0; n < rows; n++) {
        float *row = values + n * columns, largest = 0.0f;
        for (int64_t k = 0; k < columns; k++) largest = fmaxf(largest, fabsf(row[k]));
        scales[n] = largest / 127.0f;
        for (int64_t k = 0; k < columns; k++) row[k] = roundf(row[k] / scales[n]) * (whole ? 1.0f : scales[n]);
    }
    return scales;
}

static inline void write_parameter(file_writer *w, const decem_graph *graph, const decem_parameter *parameter) {
    char name[DECEM_PARAMETER_NAME_BYTES];
    decem_parameter_name(graph, parameter, name);
    int64_t elements = decem_parameter_elements(parameter), shape[4], rank = parameter->rank;
    memcpy(shape, parameter->shape, sizeof shape);
    float *values = calloc((size_t)elements * 2, sizeof *values); /* room for one more of the first dimension */
    decem_synthetic_fill(graph, parameter, w->spec->seed, 0, elements, values);
    decem_dtype dtype = w->spec->dtype;
    float *scales = NULL;
    if (dtype == DECEM_DTYPE_I8 && parameter->role != DECEM_ROLE_WEIGHT) dtype = DECEM_DTYPE_F32;
    if (parameter->role == DECEM_ROLE_WEIGHT && (dtype == DECEM_DTYPE_I8 || w->spec->rounded_to == DECEM_DTYPE_I8))
        scales = quantise(values, shape[0], elements / shape[0], dtype == DECEM_DTYPE_I8);
    if (is_named(name, w->spec->one_more)) shape[0]++;
    if (is_named(name, w->spec->flat)) shape[0] = elements, rank = 1;
    if (is_named(name, w->spec->first_only)) rank = 1;
    bool first = w->spec->scales_first;
    if (!first) write_tensor(w, name, dtype, shape, (int32_t)rank, values);
    if (scales != NULL && dtype == DECEM_DTYPE_I8) {
        char scale_name[DECEM_PARAMETER_NAME_BYTES + 8];
        int64_t scale_shape[2] = {parameter->shape[0], 1};
        snprintf(scale_name, sizeof scale_name, "%s.scale", name);
        if (is_named(scale_name, w->spec->one_more)) scale_shape[0]--;
        write_tensor(w, scale_name, DECEM_DTYPE_F32, scale_shape, is_named(scale_name, w->spec->flat) ? 2 : 1, scales);
    }
    if (first) write_tensor(w, name, dtype, shape, (int32_t)rank, values);
    free(scales);
    free(values);
}

/* The bytes of a file, to be freed by the caller. */
static inline weights_file make_file(file_spec spec) {
    static decem_graph graph;
    static decem_message message;
    const decem_network *network = decem_network_find(spec.network);
    decem_options options = decem_options_default(network);
    CHECK_EQUAL(decem_options_parse(network, spec.options, &options, &message), DECEM_OK);
    decem_graph_reset(&graph, &message);
    network->build(&graph, &options);
    CHECK_EQUAL(decem_graph_status(&graph), DECEM_OK);

    file_writer w = {.spec = &spec};
    write_header(&w, "{");
    if (spec.metadata != NULL) {
        write_header(&w, "\"__metadata__\":");
        write_header(&w, spec.metadata);
    }
    for (int32_t i = 0; i < graph.count; i++) {
        decem_parameter parameters[DECEM_PARAMETERS_MAX];
        int32_t count = decem_node_parameters(&graph, i, parameters);
        for (int32_t k = 0; k < count; k++) write_parameter(&w, &graph, &parameters[k]);
    }
    if (spec.added != NULL) write_tensor(&w, spec.added, DECEM_DTYPE_F32, (const int64_t[]){2}, 1, (const float[]){1.0f, 2.0f});
    write_header(&w, "}");

    weights_file file = {malloc(8 + w.header_length + w.data_length), 8 + w.header_length + w.data_length};
    for (int32_t i = 0; i < 8; i++) file.bytes[i] = (uint8_t)((uint64_t)w.header_length >> 8 * i);
    memcpy(file.bytes + 8, w.header, w.header_length);
    if (w.data_length > 0) memcpy(file.bytes + 8 + w.header_length, w.data, w.data_length);
    free(w.header);
    free(w.data);
    return file;
}

#endif
