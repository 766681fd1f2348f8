/* A push parser for safetensors: bytes in, in pieces of any size; first the list of tensors, then rows of them.
 *
 *     8 bytes      header length n, little endian
 *     n bytes      JSON: { "__metadata__": {string: string}, "name": {"dtype","shape","data_offsets":[begin,end]}, ... }
 *     the rest     the tensors' data, which must fill the rest without holes or overlaps
 *
 * The parser knows no network. When the header is complete and sound it calls `on_header` once; then, in the
 * order of their data, `on_row` for each row of each tensor as soon as its last byte is in. A row is everything
 * under one index of the first dimension ([N][...]: one of N); a tensor of rank 0 or 1 is one row, one without
 * elements has none. Tensors of DECEM_DTYPE_OTHER are listed but their bytes are passed over.
 * Every size is checked before it is used, against the limits below.
 * Format: https://github.com/huggingface/safetensors (README, "Format").
 */
#ifndef DECEM_WEIGHTS_SAFETENSORS_H
#define DECEM_WEIGHTS_SAFETENSORS_H

#include "base/message.h"
#include "weights/dtype.h"

enum {
    DECEM_SAFETENSORS_HEADER_MAX = 4 << 20, /* bytes */
    DECEM_SAFETENSORS_ROW_MAX = 64 << 20,   /* bytes */
    DECEM_SAFETENSORS_TENSORS_MAX = 8192,
    DECEM_SAFETENSORS_METADATA_MAX = 1024,
    DECEM_SAFETENSORS_RANK_MAX = 8
};

typedef struct decem_tensor {
    const char *name;             /* decoded, NUL-terminated, owned by the parser */
    const char *dtype_name;       /* as the file spells it, such as "F32"; likewise */
    decem_dtype dtype;
    int32_t rank;
    uint64_t shape[DECEM_SAFETENSORS_RANK_MAX];
    uint64_t begin, end;          /* bytes in the data section */
    uint64_t row_count;           /* shape[0]; 1 for rank 0 and 1; 0 where there are no elements */
    uint64_t row_elements;
} decem_tensor;

typedef struct decem_safetensors_handler {
    void *context;
    /* All tensors, sorted by begin. A status other than DECEM_OK stops the parser with that status. */
    decem_status (*on_header)(void *context, const decem_tensor *tensors, int32_t count);
    /* `bytes`: row_elements elements of the tensor's dtype, little endian, perhaps unaligned; valid during the call. */
    decem_status (*on_row)(void *context, int32_t tensor, uint64_t row, const uint8_t *bytes);
} decem_safetensors_handler;

typedef struct decem_safetensors decem_safetensors;

/* Failures are worded into `message`, which must outlive the parser. NULL when memory runs out. */
decem_safetensors *decem_safetensors_create(decem_safetensors_handler handler, decem_message *message);
void decem_safetensors_destroy(decem_safetensors *parser);

/* After a failure every further call returns the same status. A row that lies within one piece is passed on
 * where it lies; only a row that pieces cut is copied together first. */
decem_status decem_safetensors_push(decem_safetensors *parser, const uint8_t *bytes, size_t count);

/* DECEM_MALFORMED_FILE when bytes are missing; the message says how many of how many. */
decem_status decem_safetensors_finish(decem_safetensors *parser);

/* The text under a key of __metadata__, decoded; NULL where there is none. Valid as long as the parser. */
const char *decem_safetensors_metadata(const decem_safetensors *parser, const char *key);

/* For listing them all: the key (and value) at an index from 0, NULL past the last. */
const char *decem_safetensors_metadata_at(const decem_safetensors *parser, int32_t index, const char **value);

#endif
