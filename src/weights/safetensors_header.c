#include "weights/safetensors_header.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Two walks over the text: the first checks its syntax and counts, the second reads. */
typedef struct reader {
    char *text;
    size_t length;
    decem_json json;
    decem_safetensors_header *header;
    decem_message *message;
} reader;

static decem_status malformed(reader *in, const char *format, const char *name) {
    return decem_fail(in->message, DECEM_MALFORMED_FILE, format, name);
}

/* The text of a string that the cursor has passed, decoded where it lies. */
static const char *decode(reader *in, decem_json_text raw) {
    char *at = in->text + (raw.at - in->text);
    decem_json_decode(raw, at);
    return at;
}

/* ---- First walk ---------------------------------------------------------------------------------- */

static decem_status count_entries(reader *in) {
    decem_safetensors_header *header = in->header;
    decem_json json = decem_json_open(in->text, in->length);
    decem_json_text key;
    decem_json_enter_object(&json);
    while (decem_json_next_key(&json, &key)) {
        if (!decem_json_equals(key, "__metadata__")) {
            header->tensor_count++;
            decem_json_skip(&json);
        } else if (decem_json_peek(&json) != DECEM_JSON_OBJECT) {
            return malformed(in, "the %s of the weights file is not an object of strings", "__metadata__");
        } else {
            decem_json_enter_object(&json);
            for (; decem_json_next_key(&json, &key); header->metadata_count++) decem_json_skip(&json);
        }
        if (header->tensor_count > DECEM_SAFETENSORS_TENSORS_MAX || header->metadata_count > DECEM_SAFETENSORS_METADATA_MAX)
            return decem_fail(in->message, DECEM_MALFORMED_FILE,
                              "the weights file lists more than %d tensors or %d texts of metadata",
                              DECEM_SAFETENSORS_TENSORS_MAX, DECEM_SAFETENSORS_METADATA_MAX);
    }
    if (decem_json_close(&json)) return DECEM_OK;
    return decem_fail(in->message, DECEM_MALFORMED_FILE,
                      "the header of the weights file is not valid JSON at byte %z of %z; download it again",
                      (size_t)(json.at - in->text), in->length);
}

static decem_status allocate(reader *in) {
    decem_safetensors_header *header = in->header;
    size_t tensors = sizeof *header->tensors * (size_t)(header->tensor_count + 1);
    size_t metadata = sizeof *header->metadata * (size_t)(header->metadata_count + 1);
    header->tensors = calloc(1, tensors);
    header->metadata = calloc(1, metadata);
    if (header->tensors && header->metadata) return DECEM_OK;
    return decem_fail(in->message, DECEM_OUT_OF_MEMORY, "no memory for the list of tensors: %z bytes wanted",
                      tensors + metadata);
}

/* ---- Second walk: metadata ----------------------------------------------------------------------- */

static decem_status read_metadata(reader *in) {
    decem_safetensors_header *header = in->header;
    header->metadata_count = 0;
    decem_json_text raw;
    decem_json_enter_object(&in->json);
    while (decem_json_next_key(&in->json, &raw)) {
        decem_metadata_entry *entry = &header->metadata[header->metadata_count++];
        entry->key = decode(in, raw);
        if (!decem_json_read_string(&in->json, &raw))
            return malformed(in, "the metadata %s of the weights file is not a string", entry->key);
        entry->value = decode(in, raw);
        for (const decem_metadata_entry *other = header->metadata; other < entry; other++)
            if (strcmp(other->key, entry->key) == 0)
                return malformed(in, "the metadata %s is in the weights file twice", entry->key);
    }
    return DECEM_OK;
}

/* ---- Second walk: tensors ------------------------------------------------------------------------ */

static const struct {
    const char *name;
    decem_dtype dtype;
    size_t bytes;
} dtypes[] = {
    {"F32", DECEM_DTYPE_F32, 4},    {"F16", DECEM_DTYPE_F16, 2},       {"BF16", DECEM_DTYPE_BF16, 2},
    {"I8", DECEM_DTYPE_I8, 1},      {"I64", DECEM_DTYPE_I64, 8},       {"F64", DECEM_DTYPE_OTHER, 8},
    {"I32", DECEM_DTYPE_OTHER, 4},  {"I16", DECEM_DTYPE_OTHER, 2},     {"U8", DECEM_DTYPE_OTHER, 1},
    {"BOOL", DECEM_DTYPE_OTHER, 1}, {"U64", DECEM_DTYPE_OTHER, 8},     {"U32", DECEM_DTYPE_OTHER, 4},
    {"U16", DECEM_DTYPE_OTHER, 2},  {"F8_E4M3", DECEM_DTYPE_OTHER, 1}, {"F8_E5M2", DECEM_DTYPE_OTHER, 1},
};

/* Bytes an element, 0 where the format is not known. */
static size_t find_dtype(const char *name, decem_dtype *dtype) {
    for (size_t i = 0; i < COUNT(dtypes); i++)
        if (strcmp(dtypes[i].name, name) == 0) {
            *dtype = dtypes[i].dtype;
            return dtypes[i].bytes;
        }
    *dtype = DECEM_DTYPE_OTHER;
    return 0;
}

/* Reads an array of at most `room` sizes; returns how many it has, room + 1 for more, -1 where it is none. */
static int32_t read_sizes(decem_json *json, uint64_t *sizes, int32_t room) {
    int32_t count = 0;
    decem_json_enter_array(json);
    while (decem_json_next_element(json)) {
        uint64_t size;
        if (!decem_json_read_size(json, &size)) return -1;
        if (count < room) sizes[count] = size;
        if (count <= room) count++;
    }
    return json->failed ? -1 : count;
}

/* The members of a tensor's object: each exactly once, and of the right type. */
static decem_status read_members(reader *in, decem_tensor *tensor) {
    decem_json_text raw;
    uint64_t offsets[2];
    int32_t dtypes_seen = 0, shapes_seen = 0, offsets_seen = 0;
    decem_json *json = &in->json;
    decem_json_enter_object(json);
    while (decem_json_next_key(json, &raw)) {
        if (decem_json_equals(raw, "dtype")) {
            dtypes_seen++;
            if (!decem_json_read_string(json, &raw))
                return malformed(in, "the dtype of tensor %s is not a string", tensor->name);
            tensor->dtype_name = decode(in, raw);
        } else if (decem_json_equals(raw, "shape")) {
            shapes_seen++;
            tensor->rank = read_sizes(json, tensor->shape, DECEM_SAFETENSORS_RANK_MAX);
            if (tensor->rank < 0) return malformed(in, "the shape of tensor %s is not an array of sizes", tensor->name);
            if (tensor->rank > DECEM_SAFETENSORS_RANK_MAX)
                return decem_fail(in->message, DECEM_MALFORMED_FILE, "tensor %s has more than %d dimensions", tensor->name,
                                  DECEM_SAFETENSORS_RANK_MAX);
        } else if (decem_json_equals(raw, "data_offsets")) {
            offsets_seen++;
            if (read_sizes(json, offsets, 2) != 2)
                return malformed(in, "the data_offsets of tensor %s are not two sizes", tensor->name);
            tensor->begin = offsets[0];
            tensor->end = offsets[1];
        } else {
            decem_json_skip(json);
        }
    }
    if (json->failed) return malformed(in, "tensor %s is not described by an object", tensor->name);
    if (dtypes_seen == 1 && shapes_seen == 1 && offsets_seen == 1) return DECEM_OK;
    return malformed(in, "tensor %s needs a dtype, a shape and data_offsets, each once", tensor->name);
}

static decem_status read_tensor(reader *in, decem_tensor *tensor) {
    decem_status status = read_members(in, tensor);
    if (status != DECEM_OK) return status;
    if (tensor->begin > tensor->end)
        return malformed(in, "the data_offsets of tensor %s end before they begin", tensor->name);

    size_t element_bytes = find_dtype(tensor->dtype_name, &tensor->dtype);
    uint64_t elements = 1, bytes = tensor->end - tensor->begin;
    for (int32_t i = 0; i < tensor->rank; i++) elements = decem_multiply(elements, tensor->shape[i]);
    if (elements == UINT64_MAX)
        return malformed(in, "the shape of tensor %s has more elements than there can be", tensor->name);
    if (element_bytes > 0 && decem_multiply(elements, element_bytes) != bytes)
        return decem_fail(in->message, DECEM_MALFORMED_FILE,
                          "the shape of tensor %s does not make the %l bytes of %s that its data_offsets give it",
                          tensor->name, (int64_t)bytes, tensor->dtype_name);

    tensor->row_count = elements == 0 ? 0 : tensor->rank < 2 ? 1 : tensor->shape[0];
    tensor->row_elements = elements == 0 ? 0 : elements / tensor->row_count;
    if (tensor->dtype == DECEM_DTYPE_OTHER) return DECEM_OK;
    uint64_t row_bytes = tensor->row_elements * element_bytes;
    if (row_bytes > DECEM_SAFETENSORS_ROW_MAX)
        return decem_fail(in->message, DECEM_MALFORMED_FILE,
                          "a row of tensor %s takes %l bytes, more than the %d that are allowed", tensor->name,
                          (int64_t)row_bytes, DECEM_SAFETENSORS_ROW_MAX);
    if (row_bytes > in->header->row_bytes_max) in->header->row_bytes_max = row_bytes;
    return DECEM_OK;
}

static decem_status read_entries(reader *in) {
    decem_json_text raw;
    bool metadata_seen = false;
    in->header->tensor_count = 0;
    in->json = decem_json_open(in->text, in->length);
    decem_json_enter_object(&in->json);
    while (decem_json_next_key(&in->json, &raw)) {
        decem_status status;
        if (decem_json_equals(raw, "__metadata__")) {
            if (metadata_seen) return malformed(in, "%s is in the weights file twice", "__metadata__");
            metadata_seen = true;
            status = read_metadata(in);
        } else {
            decem_tensor *tensor = &in->header->tensors[in->header->tensor_count++];
            tensor->name = decode(in, raw);
            status = read_tensor(in, tensor);
        }
        if (status != DECEM_OK) return status;
    }
    return DECEM_OK;
}

/* ---- All tensors together ------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b) {
    return strcmp(((const decem_tensor *)a)->name, ((const decem_tensor *)b)->name);
}

/* An empty tensor stands before the one that begins where it does. */
static int by_offsets(const void *a, const void *b) {
    const decem_tensor *left = a, *right = b;
    if (left->begin != right->begin) return left->begin < right->begin ? -1 : 1;
    if (left->end != right->end) return left->end < right->end ? -1 : 1;
    return by_name(a, b);
}

static decem_status check_tensors(reader *in) {
    decem_safetensors_header *header = in->header;
    decem_tensor *tensors = header->tensors;
    size_t count = (size_t)header->tensor_count;
    qsort(tensors, count, sizeof *tensors, by_name);
    for (size_t i = 1; i < count; i++)
        if (strcmp(tensors[i - 1].name, tensors[i].name) == 0)
            return malformed(in, "tensor %s is in the weights file twice", tensors[i].name);

    qsort(tensors, count, sizeof *tensors, by_offsets);
    for (size_t i = 0; i < count; i++) {
        if (tensors[i].begin < header->data_bytes)
            return decem_fail(in->message, DECEM_MALFORMED_FILE, "the data of tensors %s and %s overlap",
                              tensors[i - 1].name, tensors[i].name);
        if (tensors[i].begin > header->data_bytes)
            return malformed(in, "the data before tensor %s belong to no tensor", tensors[i].name);
        header->data_bytes = tensors[i].end;
    }
    return DECEM_OK;
}

decem_status decem_safetensors_header_parse(char *text, size_t length, decem_safetensors_header *header,
                                            decem_message *message) {
    *header = (decem_safetensors_header){0};
    reader in = {.text = text, .length = length, .header = header, .message = message};
    decem_status status = count_entries(&in);
    if (status == DECEM_OK) status = allocate(&in);
    if (status == DECEM_OK) status = read_entries(&in);
    if (status == DECEM_OK) status = check_tensors(&in);
    if (status != DECEM_OK) decem_safetensors_header_free(header);
    return status;
}

void decem_safetensors_header_free(decem_safetensors_header *header) {
    free(header->tensors);
    free(header->metadata);
    *header = (decem_safetensors_header){0};
}
