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
    for (int32_t i = 0; i < DECEM_TEAM_SIZE; i++) atomic_store(&team->shares[i].claim, 0);
    atomic_store(&team->size, 1);
    atomic_store(&team->tiles, 0);
    atomic_store(&team->opened, 0);
    atomic_store(&team->done, 0);
    atomic_store(&team->sleepers, 0);
    atomic_store(&team->closed, false);
}

void decem_team_set_size(decem_team *team, int32_t size) {
    atomic_store(&team->size, size);
}

static uint32_t next_of(uint64_t claim) {
    return (uint32_t)claim & 0xFFFFFF;
}

static uint32_t end_of(uint64_t claim) {
    return (uint32_t)(claim >> 24) & 0xFFFFFF;
}

/* Claims and runs a share's tiles until none is left; how many that were. */
static uint32_t work_off_share(decem_team *team, decem_team_share *share, int32_t thread) {
    uint32_t did = 0;
    uint64_t claim = atomic_load(&share->claim); /* looked at before it is written, which would take the line from others */
    while (next_of(claim) < end_of(claim)) {
        claim = atomic_fetch_add(&share->claim, 1);
        if (next_of(claim) >= end_of(claim)) break;
        team->work(team->context, (int32_t)(claim >> 48), (int32_t)next_of(claim), thread);
        did++;
    }
    return did;
}

/* Its own share first, then the others'. The job cannot end before it has said what it did. */
static void work_off(decem_team *team, int32_t thread) {
    uint32_t did = 0;
    int32_t size = atomic_load(&team->size);
    for (int32_t i = 0; i < size; i++) did += work_off_share(team, &team->shares[(thread + i) % size], thread);
    if (did > 0 && atomic_fetch_add(&team->done, did) + did == atomic_load(&team->tiles) && thread != 0) wake_all(&team->done);
}

void decem_team_wake(decem_team *team) {
    atomic_fetch_add(&team->opened, 1);
    if (atomic_load(&team->sleepers) > 0) wake_all(&team->opened);
}

bool decem_team_run(decem_team *team, int32_t job, int32_t tiles) {
    atomic_store(&team->done, 0); /* the last job is done to the last tile, so nobody else writes it */
    atomic_store(&team->tiles, (uint32_t)tiles);
    int32_t size = atomic_load(&team->size);
    for (int32_t i = 0; i < size; i++) {
        int64_t begin = (int64_t)tiles * i / size, end = (int64_t)tiles * (i + 1) / size;
        atomic_store(&team->shares[i].claim, (uint64_t)job << 48 | (uint64_t)end << 24 | (uint64_t)begin);
    }
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
