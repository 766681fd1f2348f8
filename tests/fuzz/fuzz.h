/* What a fuzzer gives: libFuzzer's entry point, and seeds for driver.c, which stands in where libFuzzer is not.
 *
 *   With libFuzzer:  clang -fsanitize=fuzzer,address,undefined -Isrc tests/fuzz/fuzz_json.c $(find src/base -name "*.c")
 *   Without:         ctest, or the executable itself; see driver.c */
#ifndef DECEM_TESTS_FUZZ_H
#define DECEM_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct fuzz_seed {
    const char *bytes;
    size_t count;
} fuzz_seed;

#define FUZZ_SEED(text) {text, sizeof text - 1}

/* Ends with a seed of NULL. */
extern const fuzz_seed fuzz_seeds[];

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* Ends the process where a promise is broken: libFuzzer and ctest both notice, with or without NDEBUG. */
#define PROMISE(holds) ((holds) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #holds))

static inline void fuzz_broken(const char *file, int line, const char *promise) {
    fprintf(stderr, "%s:%d: broken: %s\n", file, line, promise);
    abort();
}

#endif
