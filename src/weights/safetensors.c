#include "weights/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "weights/file_kind.h"
#include "weights/safetensors_header.h"

enum { LENGTH_BYTES = 8 };

typedef enum phase { PHASE_LENGTH, PHASE_HEADER, PHASE_DATA } phase;

struct decem_safetensors {
    decem_safetensors_handler handler;
    decem_message *message;
    decem_status status; /* of the first failure */
    phase phase;
    uint8_t length[LENGTH_BYTES];
    char *text; /* [text_bytes] the header's JSON; its strings are decoded in place */
    size_t text_bytes;
    decem_safetensors_header header;
    uint64_t received; /* bytes of this phase */

    /* In PHASE_DATA: the row that comes next, and what came of it so far. */
    int32_t tensor;
    uint64_t row;
    uint8_t *staging; /* [header.row_bytes_max] */
    size_t staged;
};

decem_safetensors *decem_safetensors_create(decem_safetensors_handler handler, decem_message *message) {
    decem_safetensors *parser = calloc(1, sizeof *parser);
    if (!parser) return NULL;
    parser->handler = handler;
    parser->message = message;
    return parser;
}

void decem_safetensors_destroy(decem_safetensors *parser) {
    if (!parser) return;
    decem_safetensors_header_free(&parser->header);
    free(parser->text);
    free(parser->staging);
    free(parser);
}

/* ---- The header ---------------------------------------------------------------------------------- */

static decem_status refuse(const decem_safetensors *parser, const char *otherwise) {
    const char *kind = decem_file_kind(parser->length,
                                       parser->phase == PHASE_LENGTH ? (size_t)parser->received : LENGTH_BYTES);
    if (!kind) return decem_fail(parser->message, DECEM_MALFORMED_FILE, "this is not a safetensors file: %s", otherwise);
    return decem_fail(parser->message, DECEM_MALFORMED_FILE, "this is not a safetensors file: it looks like %s", kind);
}

/* Enters a phase: nothing of it has come yet. */
static void enter(decem_safetensors *parser, phase next) {
    parser->phase = next;
    parser->received = 0;
}

static decem_status take_length(decem_safetensors *parser) {
    uint64_t bytes = 0;
    for (int32_t i = LENGTH_BYTES - 1; i >= 0; i--) bytes = bytes << 8 | parser->length[i];
    if (bytes < 2 || bytes > DECEM_SAFETENSORS_HEADER_MAX)
        return refuse(parser, "the length of its header is not a possible one");
    parser->text_bytes = (size_t)bytes;
    parser->text = malloc(parser->text_bytes);
    if (!parser->text)
        return decem_fail(parser->message, DECEM_OUT_OF_MEMORY,
                          "no memory for the header of the weights file: %z bytes wanted", parser->text_bytes);
    enter(parser, PHASE_HEADER);
    return DECEM_OK;
}

/* The network looks at the tensors before memory is taken for their rows. */
static decem_status take_header(decem_safetensors *parser) {
    decem_safetensors_header *header = &parser->header;
    decem_status status = decem_safetensors_header_parse(parser->text, parser->text_bytes, header, parser->message);
    if (status == DECEM_OK)
        status = parser->handler.on_header(parser->handler.context, header->tensors, header->tensor_count);
    if (status != DECEM_OK) return status;
    enter(parser, PHASE_DATA);
    if (header->row_bytes_max == 0) return DECEM_OK;
    parser->staging = malloc((size_t)header->row_bytes_max);
    if (parser->staging) return DECEM_OK;
    return decem_fail(parser->message, DECEM_OUT_OF_MEMORY, "no memory for a row of weights: %z bytes wanted",
                      (size_t)header->row_bytes_max);
}

/* Takes what is still wanted of `size` bytes and returns how many that were. */
static size_t collect(decem_safetensors *parser, void *into, size_t size, const uint8_t *bytes, size_t count) {
    size_t wanted = size - (size_t)parser->received, taken = count < wanted ? count : wanted;
    memcpy((uint8_t *)into + parser->received, bytes, taken);
    parser->received += taken;
    return taken;
}

/* ---- The data ------------------------------------------------------------------------------------ */

static void next_row(decem_safetensors *parser) {
    const decem_tensor *tensor = &parser->header.tensors[parser->tensor];
    parser->staged = 0;
    if (++parser->row < tensor->row_count) return;
    parser->row = 0;
    parser->tensor++;
}

/* Takes bytes of one tensor, up to the end of a row; *taken says how many. */
static decem_status take_data(decem_safetensors *parser, const uint8_t *bytes, size_t count, size_t *taken) {
    const decem_tensor *tensor = &parser->header.tensors[parser->tensor];
    uint64_t left = tensor->end - parser->received;
    decem_status status = DECEM_OK;
    if (left == 0 || tensor->dtype == DECEM_DTYPE_OTHER) {
        *taken = count < left ? count : (size_t)left;
        if (*taken == left) parser->tensor++;
        return status;
    }
    size_t row_bytes = (size_t)tensor->row_elements * decem_dtype_bytes(tensor->dtype);
    const uint8_t *row = NULL;
    if (parser->staged == 0 && count >= row_bytes) {
        *taken = row_bytes;
        row = bytes;
    } else {
        size_t missing = row_bytes - parser->staged;
        *taken = count < missing ? count : missing;
        memcpy(parser->staging + parser->staged, bytes, *taken);
        parser->staged += *taken;
        if (parser->staged == row_bytes) row = parser->staging;
    }
    if (!row) return status;
    status = parser->handler.on_row(parser->handler.context, parser->tensor, parser->row, row);
    next_row(parser);
    return status;
}

static decem_status push(decem_safetensors *parser, const uint8_t *bytes, size_t count, size_t *taken) {
    decem_status status = DECEM_OK;
    switch (parser->phase) {
    case PHASE_LENGTH:
        *taken = collect(parser, parser->length, LENGTH_BYTES, bytes, count);
        return parser->received == LENGTH_BYTES ? take_length(parser) : DECEM_OK;
    case PHASE_HEADER:
        *taken = collect(parser, parser->text, parser->text_bytes, bytes, count);
        if (parser->text[0] != '{') return refuse(parser, "its header is not a JSON object");
        return parser->received == parser->text_bytes ? take_header(parser) : DECEM_OK;
    case PHASE_DATA:
        if (parser->received == parser->header.data_bytes)
            return decem_fail(parser->message, DECEM_MALFORMED_FILE,
                              "the weights file goes on after the %l bytes of its tensors; download it again",
                              (int64_t)parser->header.data_bytes);
        status = take_data(parser, bytes, count, taken);
        parser->received += *taken;
        return status;
    }
    return status;
}

decem_status decem_safetensors_push(decem_safetensors *parser, const uint8_t *bytes, size_t count) {
    while (parser->status == DECEM_OK && count > 0) {
        size_t taken = 0;
        parser->status = push(parser, bytes, count, &taken);
        bytes += taken;
        count -= taken;
    }
    return parser->status;
}

decem_status decem_safetensors_finish(decem_safetensors *parser) {
    if (parser->status != DECEM_OK) return parser->status;
    uint64_t wanted = parser->header.data_bytes;
    const char *part = "tensors";
    if (parser->phase == PHASE_LENGTH) {
        if (parser->received > 0) return parser->status = refuse(parser, "it has fewer than 8 bytes");
        return parser->status = decem_fail(parser->message, DECEM_MALFORMED_FILE, "the weights file is empty");
    }
    if (parser->phase == PHASE_HEADER) {
        wanted = parser->text_bytes;
        part = "header";
    }
    if (parser->received < wanted)
        parser->status = decem_fail(
            parser->message, DECEM_MALFORMED_FILE,
            "the weights file is cut short: %l of the %l bytes of its %s are here; download it again",
            (int64_t)parser->received, (int64_t)wanted, part);
    return parser->status;
}

/* ---- Metadata ------------------------------------------------------------------------------------ */

const char *decem_safetensors_metadata(const decem_safetensors *parser, const char *key) {
    const char *value;
    for (int32_t i = 0;; i++) {
        const char *at = decem_safetensors_metadata_at(parser, i, &value);
        if (!at) return NULL;
        if (strcmp(at, key) == 0) return value;
    }
}

const char *decem_safetensors_metadata_at(const decem_safetensors *parser, int32_t index, const char **value) {
    if (index < 0 || index >= parser->header.metadata_count) return NULL;
    *value = parser->header.metadata[index].value;
    return parser->header.metadata[index].key;
}
