/* The JSON header of a safetensors file: its tensors and its metadata, every number of it checked. */
#ifndef DECEM_WEIGHTS_SAFETENSORS_HEADER_H
#define DECEM_WEIGHTS_SAFETENSORS_HEADER_H

#include "weights/safetensors.h"

typedef struct decem_metadata_entry {
    const char *key, *value;
} decem_metadata_entry;

typedef struct decem_safetensors_header {
    decem_tensor *tensors; /* sorted by begin, then end; they fill [0, data_bytes) without holes or overlaps */
    int32_t tensor_count;
    decem_metadata_entry *metadata; /* in the file's order */
    int32_t metadata_count;
    uint64_t data_bytes;    /* all tensors */
    uint64_t row_bytes_max; /* the largest row that is passed on */
} decem_safetensors_header;

/* Reads `length` bytes of JSON. Strings are decoded in place, so `text` is changed and must outlive the header.
 * Free the header with decem_safetensors_header_free; after a failure it is empty. */
decem_status decem_safetensors_header_parse(char *text, size_t length, decem_safetensors_header *header,
                                            decem_message *message);
void decem_safetensors_header_free(decem_safetensors_header *header);

#endif
