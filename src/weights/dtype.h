/* The number formats that a weights file may hold, and their conversion to f32. */
#ifndef DECEM_WEIGHTS_DTYPE_H
#define DECEM_WEIGHTS_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum decem_dtype {
    DECEM_DTYPE_F32, DECEM_DTYPE_F16, DECEM_DTYPE_BF16,
    DECEM_DTYPE_I8,
    DECEM_DTYPE_I64,  /* only for counters such as num_batches_tracked, which inference does not need */
    DECEM_DTYPE_OTHER /* named in the file but of no use here */
} decem_dtype;

/* Bytes an element; 0 for DECEM_DTYPE_OTHER. */
size_t decem_dtype_bytes(decem_dtype dtype);

/* Converts `count` little-endian elements of F32, F16, BF16 or I8, perhaps unaligned, to f32. Returns false, having
 * still written all, when one of them is NaN or infinite. */
bool decem_dtype_to_f32(decem_dtype dtype, const uint8_t *bytes, size_t count, float *out);

#endif
