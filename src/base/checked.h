/* Sizes that cannot overflow: every byte count in decem goes through here. */
#ifndef DECEM_BASE_CHECKED_H
#define DECEM_BASE_CHECKED_H

#include <stddef.h>
#include <stdint.h>

/* The largest size that anything here may have; one more is an error. Fits wasm32. */
#define DECEM_SIZE_MAX ((uint64_t)0xFFFF0000u)

/* a * b, a + b and a rounded up to a multiple of `to`, or UINT64_MAX when that is past any use; UINT64_MAX
 * stays itself, even times 0, so that a whole calculation is checked once at its end against DECEM_SIZE_MAX. */
static inline uint64_t decem_multiply(uint64_t a, uint64_t b) {
    if (a == UINT64_MAX || b == UINT64_MAX || (a != 0 && b > UINT64_MAX / a)) return UINT64_MAX;
    return a * b;
}

static inline uint64_t decem_add(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static inline uint64_t decem_round_up(uint64_t a, uint64_t to) {
    return a > UINT64_MAX - (to - 1) ? UINT64_MAX : (a + (to - 1)) / to * to;
}

#endif
