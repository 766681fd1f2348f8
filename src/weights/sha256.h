/* SHA-256 of bytes that come in pieces (FIPS 180-4, 6.2). */
#ifndef DECEM_WEIGHTS_SHA256_H
#define DECEM_WEIGHTS_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { DECEM_SHA256_BYTES = 32, DECEM_SHA256_BLOCK_BYTES = 64 };

typedef struct decem_sha256 {
    uint32_t state[8];
    uint64_t count;                          /* bytes so far */
    uint8_t block[DECEM_SHA256_BLOCK_BYTES]; /* the first count % 64 of them are waiting */
} decem_sha256;

void decem_sha256_begin(decem_sha256 *hash);
void decem_sha256_push(decem_sha256 *hash, const uint8_t *bytes, size_t count);

/* Afterwards the hash must be begun again. */
void decem_sha256_end(decem_sha256 *hash, uint8_t digest[DECEM_SHA256_BYTES]);

#endif
