#include "base/checked.h"

#include "check.h"

int main(void) {
    CHECK_EQUAL(decem_multiply(0, 5), 0);
    CHECK_EQUAL(decem_multiply(5, 0), 0);
    CHECK_EQUAL(decem_multiply(6, 7), 42);
    CHECK(decem_multiply(UINT64_C(1) << 32, UINT64_C(1) << 31) == UINT64_C(1) << 63);
    CHECK(decem_multiply(UINT64_C(1) << 32, UINT64_C(1) << 32) == UINT64_MAX);
    CHECK(decem_multiply(UINT64_MAX, 0) == UINT64_MAX);
    CHECK(decem_multiply(0, UINT64_MAX) == UINT64_MAX);
    CHECK(decem_multiply(UINT64_MAX, 1) == UINT64_MAX);

    CHECK_EQUAL(decem_add(2, 3), 5);
    CHECK(decem_add(UINT64_MAX, 0) == UINT64_MAX);
    CHECK(decem_add(UINT64_MAX - 1, 2) == UINT64_MAX);

    CHECK_EQUAL(decem_round_up(0, 16), 0);
    CHECK_EQUAL(decem_round_up(1, 16), 16);
    CHECK_EQUAL(decem_round_up(16, 16), 16);
    CHECK_EQUAL(decem_round_up(17, 16), 32);
    CHECK_EQUAL(decem_round_up(10, 3), 12);
    CHECK(decem_round_up(UINT64_MAX, 16) == UINT64_MAX);
    CHECK(decem_round_up(UINT64_MAX - 3, 16) == UINT64_MAX);
    return check_report();
}
