/* What a file that should be safetensors, and is not, looks like: so that a refusal can say what to do. */
#ifndef DECEM_WEIGHTS_FILE_KIND_H
#define DECEM_WEIGHTS_FILE_KIND_H

#include <stddef.h>
#include <stdint.h>

/* A phrase such as "an HTML page, perhaps an error page of the server; check the address or choose another file" from the first bytes
 * of a file (8 are enough), or NULL where nothing is recognised. */
const char *decem_file_kind(const uint8_t *bytes, size_t count);

#endif
