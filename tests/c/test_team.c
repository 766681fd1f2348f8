/* Teams: every tile of every job is run once, by threads with indices of their own, however many helpers come and whenever they do. In WASI
 * there are no threads: there the owner does all of it. */
#include "base/team.h"

#include <stdlib.h>

#include "check.h"
#include "decem.h"

#if !defined(__wasm__)
#include <pthread.h>
#include <sched.h>
#define HELPERS_MAX 5
static void give_way(void) { sched_yield(); }
#else
#define HELPERS_MAX 0
static void give_way(void) {}
#endif

enum { JOBS = 1000, TILES_MAX = 40, CLASSES = 10, INPUTS = 3 * 96 * 96 };

/* ---- A team by itself ---------------------------------------------------------------------------- */

typedef struct record {
    _Atomic int32_t runs[TILES_MAX]; /* of each tile of the open job */
    _Atomic int32_t busy[DECEM_TEAM_SIZE], wrong;
    int32_t job;
} record;

static void work(const void *context, int32_t job, int32_t tile, int32_t thread) {
    record *r = (record *)context;
    if (job != r->job || thread < 0 || thread > HELPERS_MAX || atomic_fetch_add(&r->busy[thread], 1) != 0) r->wrong++;
    if (thread == 0) give_way(); /* so that helpers get their share, and are slow: the owner has to wait for them */
    else for (volatile int32_t i = 0; i < 5000; i++) {}
    r->runs[tile]++;
    r->busy[thread]--;
}

static void run_jobs(decem_team *team, record *r, int32_t first, int32_t end) {
    for (int32_t job = first; job < end; job++) {
        int32_t tiles = job % (TILES_MAX + 1), missed = 0;
        for (int32_t t = 0; t < TILES_MAX; t++) r->runs[t] = 0;
        r->job = job;
        if (job % 3 == 0) decem_team_wake(team);
        if (!decem_team_run(team, job, tiles)) r->wrong++;
        for (int32_t t = 0; t < TILES_MAX; t++) missed += r->runs[t] != (t < tiles);
        if (missed > 0 && !CHECK_EQUAL(missed, 0)) return;
    }
    CHECK_EQUAL(r->wrong, 0);
}

static decem_team team;
static record recorded;

#if HELPERS_MAX > 0
static void *help_team(void *index) {
    decem_team_help(&team, *(const int32_t *)index);
    return NULL;
}
#endif

/* The first half of the jobs has some helpers, the second more; then they are sent home, and the owner goes on alone. */
static void test_team(void) {
    check_in("team");
    decem_team_open(&team, work, &recorded);
    decem_team_set_size(&team, HELPERS_MAX + 1);
#if HELPERS_MAX > 0
    pthread_t threads[HELPERS_MAX];
    static const int32_t indices[HELPERS_MAX] = {1, 2, 3, 4, 5};
    for (int32_t i = 0; i < 2; i++) CHECK_EQUAL(pthread_create(&threads[i], NULL, help_team, (void *)&indices[i]), 0);
#endif
    run_jobs(&team, &recorded, 0, JOBS / 2);
#if HELPERS_MAX > 0
    for (int32_t i = 2; i < HELPERS_MAX; i++) CHECK_EQUAL(pthread_create(&threads[i], NULL, help_team, (void *)&indices[i]), 0);
#endif
    run_jobs(&team, &recorded, JOBS / 2, JOBS);
    for (int32_t i = 0; i < 10; i++) decem_team_wake(&team); /* no job follows: nothing is run */
    decem_team_close(&team);
#if HELPERS_MAX > 0
    for (int32_t i = 0; i < HELPERS_MAX; i++) CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
#endif
    run_jobs(&team, &recorded, 0, 100);
}

/* ---- A model and its helpers --------------------------------------------------------------------- */

#if HELPERS_MAX > 0
typedef struct helper {
    decem_model *model;
    int32_t index;
    pthread_t thread;
} helper;

static void *help_model(void *context) {
    const helper *h = context;
    decem_model_help(h->model, h->index);
    return NULL;
}
#endif

static void run_model(int32_t threads, float *logits) {
    static float input[INPUTS];
    for (int32_t i = 0; i < INPUTS; i++) input[i] = (float)(i * 37 % 101) / 50.0f - 1.0f;
    decem_model *model;
    CHECK_EQUAL(decem_model_create(&model), DECEM_OK);
    CHECK_EQUAL(decem_model_set_threads(model, threads), DECEM_OK);
    CHECK_EQUAL(decem_model_select(model, "resnet18", "{\"input_size\": 96, \"num_classes\": 10}"), DECEM_OK);
    CHECK_EQUAL(decem_model_synthesize(model, 1), DECEM_OK);
#if HELPERS_MAX > 0
    helper helpers[HELPERS_MAX];
    for (int32_t i = 0; i < threads - 1; i++) {
        helpers[i].model = model;
        helpers[i].index = i + 1;
        CHECK_EQUAL(pthread_create(&helpers[i].thread, NULL, help_model, &helpers[i]), 0);
    }
#endif
    for (int32_t run = 0; run < 3; run++) {
        CHECK_EQUAL(decem_model_set_input(model, input), DECEM_OK);
        CHECK_EQUAL(decem_model_run(model), DECEM_OK);
        if (threads == 1) memcpy(logits, decem_model_logits(model, 0), CLASSES * sizeof *logits);
        CHECK(memcmp(decem_model_logits(model, 0), logits, CLASSES * sizeof *logits) == 0);
    }
    decem_model_dismiss(model);
#if HELPERS_MAX > 0
    for (int32_t i = 0; i < threads - 1; i++) CHECK_EQUAL(pthread_join(helpers[i].thread, NULL), 0);
#endif
    CHECK_EQUAL(decem_model_run(model), DECEM_OK);
    CHECK(memcmp(decem_model_logits(model, 0), logits, CLASSES * sizeof *logits) == 0);
    decem_model_destroy(model);
}

int main(void) {
    float logits[CLASSES];
    test_team();
    for (int32_t threads = 1; threads <= HELPERS_MAX + 1; threads++) {
        check_in(threads == 1 ? "alone" : "with helpers");
        run_model(threads, logits);
    }
    return check_report();
}
