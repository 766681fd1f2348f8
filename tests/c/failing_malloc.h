/* Allocations that fail when a test wants one to. A test includes the sources under test between
 *     #define malloc failing_malloc      (and aligned_alloc, calloc, realloc)
 * and #undef malloc, so that their allocations are these. */
#ifndef DECEM_TESTS_FAILING_MALLOC_H
#define DECEM_TESTS_FAILING_MALLOC_H

#include <stdbool.h>
#include <stdlib.h>

static int allocations_left = -1; /* the one after them fails; -1: none does */
static bool failed;

static inline bool fails(void) {
    if (allocations_left != 0) {
        allocations_left -= allocations_left > 0;
        return false;
    }
    allocations_left = -1;
    return failed = true;
}

static inline void *failing_malloc(size_t bytes) { return fails() ? NULL : malloc(bytes); }
static inline void *failing_aligned_alloc(size_t alignment, size_t bytes) { return fails() ? NULL : aligned_alloc(alignment, bytes); }
static inline void *failing_calloc(size_t count, size_t bytes) { return fails() ? NULL : calloc(count, bytes); }
static inline void *failing_realloc(void *at, size_t bytes) { return fails() ? NULL : realloc(at, bytes); }

#endif
