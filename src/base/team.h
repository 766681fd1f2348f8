/* A team of threads that share out the tiles of one job after another. The thread that owns the team works too; helpers
 * may join at any time, or never: whatever is left, the owner does itself. The core starts no threads: the host
 * gives each helper one, which calls decem_team_help and stays there until the team is closed.
 *
 * Each thread begins with a share of the tiles, side by side, and takes from the others' when that is done: so a thread mostly finds in
 * its own cache what it wrote in the job before.
 *
 *     claim: | job (16 bits) | end of the share (24 bits) | its next tile (24 bits) |    one atomic word: a tile is claimed by adding 1
 *
 * A claim returns job and tile together, so a helper that comes late claims from the new job or finds nothing; the
 * owner opens a job only when every tile of the last one is done. Waiting is a spin of a few milliseconds, then a sleep. */
#ifndef DECEM_BASE_TEAM_H
#define DECEM_BASE_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { DECEM_TEAM_JOBS = 1 << 16, DECEM_TEAM_TILES = 1 << 23 /* at most, each */, DECEM_TEAM_SIZE = 16 };

/* Runs one tile; `thread` is from 0 (the owner) to the team's size - 1. */
typedef void (*decem_team_work)(const void *context, int32_t job, int32_t tile, int32_t thread);

typedef struct decem_team_share {
    _Atomic uint64_t claim;
    char apart[64 - sizeof(uint64_t)]; /* from the next, which another thread writes: cores pass lines of 64 bytes to each other */
} decem_team_share;

typedef struct decem_team {
    decem_team_work work;
    const void *context;
    decem_team_share shares[DECEM_TEAM_SIZE];
    _Atomic int32_t size;     /* threads, the owner included: as many shares are used */
    _Atomic uint32_t tiles;   /* of the open job */
    _Atomic uint32_t opened;  /* goes up with each job, and to wake: what sleepers watch */
    _Atomic uint32_t done;    /* of them finished */
    _Atomic int32_t sleepers;
    _Atomic bool closed;
} decem_team;

void decem_team_open(decem_team *team, decem_team_work work, const void *context);

/* How many threads there may be, 1 to DECEM_TEAM_SIZE: 1 if not said. Not while a job is open. */
void decem_team_set_size(decem_team *team, int32_t size);

/* Does tiles 0 to tiles - 1 of a job, with whoever helps; returns when all are done. False when a helper took a tile and has
 * not come back for half a minute (in WASM): its thread must have died, and the work is not complete. */
bool decem_team_run(decem_team *team, int32_t job, int32_t tiles);

/* Wakes helpers that sleep, because there will be work in a moment: a thread that sleeps is some tenths of a ms late. */
void decem_team_wake(decem_team *team);

/* A helper's life. `thread` must be its alone, and below the team's size. */
void decem_team_help(decem_team *team, int32_t thread);

/* Sends all helpers home. */
void decem_team_close(decem_team *team);

#endif
