#include "base/team.h"

/* Sleeps while *at is `expected`; true when that lasted 100 ms without a call. */
static bool sleep_on(_Atomic uint32_t *at, uint32_t expected);
static void wake_all(_Atomic uint32_t *at);

#if defined(__wasm__) && defined(__wasm_atomics__)
static bool sleep_on(_Atomic uint32_t *at, uint32_t expected) {
    enum { TIMED_OUT = 2 };
    return __builtin_wasm_memory_atomic_wait32((int32_t *)at, (int32_t)expected, 100 * 1000 * 1000) == TIMED_OUT;
}
static void wake_all(_Atomic uint32_t *at) {
    __builtin_wasm_memory_atomic_notify((int32_t *)at, UINT32_MAX);
}
#else /* natively the host's scheduler will do; threads there do not die unseen */
#if defined(__unix__) || defined(__APPLE__)
#include <sched.h>
#endif
static bool sleep_on(_Atomic uint32_t *at, uint32_t expected) {
#if defined(__unix__) || defined(__APPLE__)
    if (atomic_load(at) == expected) sched_yield();
#else
    (void)at, (void)expected;
#endif
    return false;
}
static void wake_all(_Atomic uint32_t *at) {
    (void)at;
}
#endif

enum {
    SPINS = 2000000, /* looks at an idle job before sleeping, a few ms: in Chromium a helper that slept comes too late for short steps */
    PATIENCE = 300     /* sleeps of 100 ms that the owner waits for a helper */
};

void decem_team_open(decem_team *team, decem_team_work work, const void *context) {
    team->work = work;
    team->context = context;
    atomic_store(&team->claim, 0);
    atomic_store(&team->opened, 0);
    atomic_store(&team->done, 0);
    atomic_store(&team->sleepers, 0);
    atomic_store(&team->closed, false);
}

/* Claims and runs tiles until the open job has none left. */
static void work_off(decem_team *team, int32_t thread) {
    for (;;) {
        uint64_t claimed = atomic_fetch_add(&team->claim, 1);
        uint32_t tile = (uint32_t)claimed & 0xFFFFFF, tiles = (uint32_t)(claimed >> 24) & 0xFFFFFF;
        if (tile >= tiles) return;
        team->work(team->context, (int32_t)(claimed >> 48), (int32_t)tile, thread);
        if (atomic_fetch_add(&team->done, 1) + 1 == tiles && thread != 0) wake_all(&team->done);
    }
}

void decem_team_wake(decem_team *team) {
    atomic_fetch_add(&team->opened, 1);
    if (atomic_load(&team->sleepers) > 0) wake_all(&team->opened);
}

bool decem_team_run(decem_team *team, int32_t job, int32_t tiles) {
    atomic_store(&team->done, 0); /* the last job is done to the last tile, so nobody else writes it */
    atomic_store(&team->claim, (uint64_t)job << 48 | (uint64_t)tiles << 24);
    decem_team_wake(team);
    work_off(team, 0);
    uint32_t done;
    int32_t spins = 0, waits = 0;
    while ((done = atomic_load(&team->done)) < (uint32_t)tiles) {
        if (++spins < SPINS) continue;
        if (sleep_on(&team->done, done) && ++waits == PATIENCE) return false;
    }
    return true;
}

void decem_team_help(decem_team *team, int32_t thread) {
    uint32_t seen = 0;
    while (!atomic_load(&team->closed)) {
        uint32_t opened = atomic_load(&team->opened);
        for (int32_t spins = 0; opened == seen && spins < SPINS; spins++) opened = atomic_load(&team->opened);
        if (opened == seen) {
            atomic_fetch_add(&team->sleepers, 1);
            sleep_on(&team->opened, seen);
            atomic_fetch_sub(&team->sleepers, 1);
            continue;
        }
        seen = opened;
        work_off(team, thread);
    }
}

void decem_team_close(decem_team *team) {
    atomic_store(&team->closed, true);
    atomic_fetch_add(&team->opened, 1);
    wake_all(&team->opened);
}
