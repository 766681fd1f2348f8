/* What stands behind decem_model: the parts of decem.h that share it. */
#ifndef DECEM_MODEL_MODEL_H
#define DECEM_MODEL_MODEL_H

#include "base/team.h"
#include "decem.h"
#include "image/preprocess.h"
#include "networks/network.h"
#include "plan/plan.h"
#include "weights/safetensors.h"
#include "weights/sha256.h"

/* A tensor of the file and where it goes. */
typedef struct decem_binding {
    decem_dtype dtype;
    int32_t parameter;           /* index into parameters; -1: not needed */
    bool scales;                 /* the I8 parameter's scales instead of itself */
    uint64_t row_elements, rows_left;
} decem_binding;

/* Made in this order: EMPTY -> PLANNED (the network is known) -> LOADING (its memory is there) -> READY. */
typedef enum decem_stage { DECEM_STAGE_EMPTY, DECEM_STAGE_PLANNED, DECEM_STAGE_LOADING, DECEM_STAGE_READY, DECEM_STAGE_FAILED } decem_stage;

struct decem_model {
    decem_message message;
    decem_stage stage;
    decem_status failure;        /* of a FAILED model: what every further load answers */
    bool keeps_activations;
    int32_t threads;             /* at most; 0 for not said: 1 */
    decem_team team;             /* of this model's threads */

    const decem_network *network, *asked_network; /* asked: by decem_model_select */
    char *asked_options;                          /* JSON, or NULL */
    decem_options options;
    decem_preprocess preprocess;
    bool synthetic;

    decem_graph *graph;
    decem_plan *plan;
    decem_parameter *parameters;
    int32_t parameter_count;

    decem_safetensors *file;
    decem_binding *bindings;     /* [binding_count] NULL before the file's header is in */
    int32_t binding_count;
    float *row;                  /* one row of a tensor, converted */
    bool expects;                /* a file of this SHA-256, which is counted as its bytes come */
    uint8_t expected[DECEM_SHA256_BYTES];
    decem_sha256 hash;

    float *arena, *constants;
    decem_image *image;
    bool has_input, has_run;
    int32_t steps_run;           /* of the run in progress, step by step */
    uint8_t *crop;               /* [crop][crop][3], made when asked for */
    float *results;              /* [outputs][2][classes]: probabilities, output */
    char *description;
};

/* load.c: everything between a name and a network ready for weights. */
decem_status decem_model_plan(decem_model *model, const decem_network *network);
decem_status decem_model_allocate(decem_model *model);

/* expect.c: at the end of the file, DECEM_WRONG_HASH where it is another than the one expected. */
decem_status decem_model_check_hash(decem_model *model);

#endif
