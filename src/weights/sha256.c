#include "weights/sha256.h"

#include <string.h>

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t word, int by) { return word >> by | word << (32 - by); }

static uint32_t big_endian(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The message schedule is kept as its last 16 words, in a ring. */
static void take_block(uint32_t state[8], const uint8_t *block) {
    uint32_t w[16], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (int t = 0; t < 64; t++) {
        if (t < 16) {
            w[t] = big_endian(block + 4 * t);
        } else {
            uint32_t before15 = w[(t + 1) & 15], before2 = w[(t + 14) & 15];
            w[t & 15] += w[(t + 9) & 15] + (rotate(before15, 7) ^ rotate(before15, 18) ^ before15 >> 3) +
                         (rotate(before2, 17) ^ rotate(before2, 19) ^ before2 >> 10);
        }
        uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + round_constants[t] + w[t & 15];
        uint32_t second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + first;
        d = c, c = b, b = a, a = first + second;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void decem_sha256_begin(decem_sha256 *hash) {
    /* The same of the square roots of the first 8 primes. */
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, start, sizeof start);
    hash->count = 0;
}

void decem_sha256_push(decem_sha256 *hash, const uint8_t *bytes, size_t count) {
    size_t waiting = (size_t)(hash->count % DECEM_SHA256_BLOCK_BYTES);
    hash->count += count;
    if (waiting > 0) {
        size_t room = DECEM_SHA256_BLOCK_BYTES - waiting, taken = count < room ? count : room;
        if (taken > 0) memcpy(hash->block + waiting, bytes, taken);
        if (taken < room) return;
        take_block(hash->state, hash->block);
        bytes += taken;
        count -= taken;
    }
    for (; count >= DECEM_SHA256_BLOCK_BYTES; bytes += DECEM_SHA256_BLOCK_BYTES, count -= DECEM_SHA256_BLOCK_BYTES) take_block(hash->state, bytes);
    if (count > 0) memcpy(hash->block, bytes, count);
}

void decem_sha256_end(decem_sha256 *hash, uint8_t digest[DECEM_SHA256_BYTES]) {
    /* A bit that is set, zeros up to the last 8 bytes of a block, and there the length in bits. */
    static const uint8_t padding[DECEM_SHA256_BLOCK_BYTES] = {0x80};
    uint64_t bits = hash->count * 8;
    uint8_t length[8];
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
    decem_sha256_push(hash, padding, (size_t)(1 + (DECEM_SHA256_BLOCK_BYTES + 55 - hash->count % DECEM_SHA256_BLOCK_BYTES) % DECEM_SHA256_BLOCK_BYTES));
    decem_sha256_push(hash, length, sizeof length);
    for (int i = 0; i < DECEM_SHA256_BYTES; i++) digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}
