/* Runs a fuzzer without libFuzzer: its seeds as they are, then mutations of them, the same sequence every time, until
 * about two seconds have passed.
 *
 *   fuzz_json                       as ctest runs it
 *   FUZZ_SECONDS=600 fuzz_json      longer
 *   FUZZ_KEEP=input fuzz_json       writes every input to the file `input` before running it: after a crash it is there
 *   fuzz_json input                 runs the files that are named, and nothing else */
#include <string.h>
#include <time.h>

#include "fuzz.h"

enum { INPUT_MAX = 4096, MUTATIONS_MAX = 8 };

typedef struct input {
    uint8_t bytes[INPUT_MAX];
    size_t count;
} input;

static uint32_t state = 0x2545F491;

static size_t random_below(size_t limit) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return limit > 0 ? state % limit : 0;
}

/* Opens a gap of `count` bytes at `at`, or none where there is no room. */
static size_t open_gap(input *in, size_t at, size_t count) {
    if (count > INPUT_MAX - in->count) return 0;
    memmove(in->bytes + at + count, in->bytes + at, in->count - at);
    in->count += count;
    return count;
}

static void cut(input *in, size_t at, size_t count) {
    if (count > in->count - at) count = in->count - at;
    memmove(in->bytes + at, in->bytes + at + count, in->count - at - count);
    in->count -= count;
}

static void mutate(input *in, size_t seeds) {
    static const uint8_t telling[] = "\0\1\x7F\x80\xFF\"\\{}[],:0123456789-+.eEu";
    const size_t at = random_below(in->count + 1), some = 1 + random_below(16);
    uint8_t copy[16];
    switch (random_below(7)) {
    case 0:
        if (at < in->count) in->bytes[at] ^= (uint8_t)(1u << random_below(8));
        break;
    case 1:
        if (at < in->count) in->bytes[at] = telling[random_below(sizeof telling - 1)];
        break;
    case 2:
        if (open_gap(in, at, 1)) in->bytes[at] = telling[random_below(sizeof telling - 1)];
        break;
    case 3: cut(in, at, some); break;
    case 4: in->count = at; break;
    case 5: { /* repeats a part elsewhere */
        const size_t from = random_below(in->count + 1), count = some < in->count - from ? some : in->count - from;
        memcpy(copy, in->bytes + from, count);
        if (open_gap(in, at, count)) memcpy(in->bytes + at, copy, count);
        break;
    }
    case 6: { /* a part of another seed */
        const fuzz_seed *other = &fuzz_seeds[random_below(seeds)];
        const size_t from = random_below(other->count + 1), count = random_below(other->count - from + 1);
        if (open_gap(in, at, count)) memcpy(in->bytes + at, other->bytes + from, count);
        break;
    }
    }
}

/* In memory of exactly its size, so that AddressSanitizer sees every read past it. */
static void run(const uint8_t *bytes, size_t count) {
    const char *keep = getenv("FUZZ_KEEP");
    FILE *kept = keep ? fopen(keep, "wb") : NULL;
    if (kept) {
        fwrite(bytes, 1, count, kept);
        fclose(kept);
    }
    uint8_t *exact = malloc(count + (count == 0));
    memcpy(exact, bytes, count);
    LLVMFuzzerTestOneInput(exact, count);
    free(exact);
}

static int run_file(const char *path) {
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "cannot open %s\n", path);
        return 1;
    }
    run(bytes, fread(bytes, 1, sizeof bytes, file));
    fclose(file);
    return 0;
}

int main(int argc, char **argv) {
    int failed = 0;
    for (int i = 1; i < argc; i++) failed |= run_file(argv[i]);
    if (argc > 1) return failed;

    size_t seeds = 0, runs = 0;
    for (; fuzz_seeds[seeds].bytes; seeds++) run((const uint8_t *)fuzz_seeds[seeds].bytes, fuzz_seeds[seeds].count);
    const char *seconds = getenv("FUZZ_SECONDS");
    const clock_t end = clock() + (clock_t)((seconds ? atof(seconds) : 2) * CLOCKS_PER_SEC);
    for (; clock() < end; runs++) {
        static input in;
        const fuzz_seed *seed = &fuzz_seeds[random_below(seeds)];
        in.count = seed->count < INPUT_MAX ? seed->count : INPUT_MAX;
        memcpy(in.bytes, seed->bytes, in.count);
        for (size_t i = 1 + random_below(MUTATIONS_MAX); i > 0; i--) mutate(&in, seeds);
        run(in.bytes, in.count);
    }
    printf("%zu seeds, %zu mutations, nothing found\n", seeds, runs);
    return 0;
}
