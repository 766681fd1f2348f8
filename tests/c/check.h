/* The tests' own harness: checks that print what failed and go on. main ends with `return check_report();`, which
 * prints "N passed, N failed" and gives the exit status. */
#ifndef DECEM_TESTS_CHECK_H
#define DECEM_TESTS_CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static struct {
    int passed, failed;
    const char *context; /* the row of a table, or NULL */
} check_state;

/* Names what is being tested, for the failures that follow. */
static inline void check_in(const char *context) { check_state.context = context; }

static inline bool check_that(bool holds, const char *file, int line, const char *expression) {
    if (holds) {
        check_state.passed++;
        return true;
    }
    check_state.failed++;
    printf("%s:%d: %s", file, line, expression);
    if (check_state.context) printf(" [%s]", check_state.context);
    printf("\n");
    return false;
}

static inline bool check_equal(int64_t got, int64_t wanted, const char *file, int line, const char *expression) {
    bool holds = check_that(got == wanted, file, line, expression);
    if (!holds) printf("    got %" PRId64 ", wanted %" PRId64 "\n", got, wanted);
    return holds;
}

static inline bool check_string(const char *got, const char *wanted, const char *file, int line, const char *expression) {
    bool holds = check_that(got && wanted ? strcmp(got, wanted) == 0 : got == wanted, file, line, expression);
    if (!holds) printf("    got \"%s\", wanted \"%s\"\n", got ? got : "(NULL)", wanted ? wanted : "(NULL)");
    return holds;
}

static inline bool check_contains(const char *got, const char *part, const char *file, int line, const char *expression) {
    bool holds = check_that(strstr(got, part) != NULL, file, line, expression);
    if (!holds) printf("    got \"%s\", wanted a text with \"%s\"\n", got, part);
    return holds;
}

/* Each gives whether it held. */
#define CHECK(expression) check_that((expression), __FILE__, __LINE__, #expression)
#define CHECK_EQUAL(got, wanted) check_equal((int64_t)(got), (int64_t)(wanted), __FILE__, __LINE__, #got " == " #wanted)
#define CHECK_STRING(got, wanted) check_string((got), (wanted), __FILE__, __LINE__, #got " is " #wanted)
#define CHECK_CONTAINS(got, part) check_contains((got), (part), __FILE__, __LINE__, #got " contains " #part)

static inline int check_report(void) {
    printf("%d passed, %d failed\n", check_state.passed, check_state.failed);
    return check_state.failed > 0 || check_state.passed == 0;
}

#endif
