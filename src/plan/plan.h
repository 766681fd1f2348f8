/* From a graph to a flat list of steps over one arena.
 *
 *   graph ── fuse ──> steps ── choose ──> kernels ── bands, layout ──> places in buffers, buffers in the arena ── prepare ──> arguments
 *
 * fuse:    one step a convolution, with the layers that follow it folded in: batch norm, activation, addition, shuffle.
 * choose:  the kernel of each step, from its shape.
 * bands:   a large result that only a depthwise or a Winograd's convolution reads is made and read a few rows at a time.
 * layout:  concatenated values are written side by side in one buffer, chunks are read in place, sums are written over
 *          their last addend; buffers that are never alive together share memory.
 * prepare: pointers are bound, tiles are chosen. From then on nothing is decided, nothing allocates, nothing fails.
 *
 * The arena, in elements of 4 bytes; each buffer is [height + 2 halo][width + 2 halo][pixel stride], the halo being
 * zeros that convolutions read as padding:
 *
 *     | buffer | buffer ...   (by lifetime, lowest fitting offset first) | linear input | scratch |      the input of a Linear, made ready for its kernel
 *
 * The constants, likewise:
 *
 *     | step 0: weights, bias, vectors | step 1: ... |      vectors: bias, norm weight, bias, mean, variance, I8 scale as they came
 *
 * Conversions of convolution weights to their packed form happen row by row as they arrive (take_row); when the last tensor of
 * a step is in, batch norm and the scales of I8 weights are folded (finish_tensor), so that tensors may come in any order. The
 * weights of a Linear stay I8 when they are that in the file; all others become f32. */
#ifndef DECEM_PLAN_PLAN_H
#define DECEM_PLAN_PLAN_H

#include "graph/parameters.h"
#include "kernels/conv/conv.h"
#include "kernels/depthwise/depthwise.h"
#include "kernels/linear/linear_i8.h"
#include "kernels/lrn/lrn.h"
#include "kernels/move/move.h"
#include "kernels/pool/pool.h"
#include "kernels/winograd/winograd.h"
#include "weights/dtype.h"

typedef enum decem_step_kind {
    DECEM_STEP_CONV, DECEM_STEP_WINOGRAD, DECEM_STEP_DEPTHWISE, DECEM_STEP_LINEAR, DECEM_STEP_LINEAR_I8, DECEM_STEP_POOL,
    DECEM_STEP_LRN, DECEM_STEP_MOVE
} decem_step_kind;

enum { DECEM_STEP_VECTORS = 6 /* a step's, in the constants */ };

/* What estimates of time are made of: a core's, in a nanosecond. Only their ratios matter. */
enum {
    DECEM_GEMM_MACS = 22,     /* multiply-accumulates of a matrix product */
    DECEM_MEMORY_BYTES = 12   /* bytes beyond the cache, read or written */
};

typedef struct decem_step {
    /* Decided by fuse. */
    decem_step_kind kind;
    decem_value node;              /* the layer it is named after, whose weights it holds */
    decem_value norm;              /* batch norm folded in; -1 for none */
    decem_value result;            /* the value it writes: that of the last layer folded in */
    decem_value input;
    decem_value addend;            /* -1 for none */
    decem_activation before, after; /* the addend */
    bool interleave;               /* the addend goes between, instead of being added */
    int32_t shuffle;               /* blocks of the channel shuffle of the outputs; 1 for none */
    int32_t first_channel;         /* MOVE: where in the result it writes, and how far apart */
    int32_t channel_step;

    decem_dtype dtype;             /* of its weights in the file; F32 until take_dtype says otherwise */

    /* Decided by choose. */
    int32_t winograd_side;         /* WINOGRAD: of its blocks of inputs */
    bool pools;                    /* WINOGRAD: a 2x2 maximum pool is done on the way */

    /* Decided by bands. */
    int32_t band_rows;             /* CONV: above 0 where the step after it, which reads its result alone, is computed in the same tiles, from so many rows at once;
                                      the result is nowhere as a whole then */

    /* Decided by layout. Offsets in elements of the constants. */
    int64_t weights, bias, vectors, tables;
    int32_t clears_buffer;         /* whose halo it sets to zero; -1 for none */

    /* Set by prepare. */
    int32_t tiles;
    union {
        decem_conv_args conv;
        decem_winograd_args winograd;
        decem_depthwise_args depthwise;
        decem_linear_args linear;
        decem_linear_i8_args linear_i8;
        decem_pool_args pool;
        decem_lrn_args lrn;
        decem_move_args move;
    } args;

    int32_t tensors_missing;       /* tensors still to come before it can run */
} decem_step;

typedef struct decem_place {
    int32_t buffer;                /* -1: the value never exists by itself */
    int32_t channel;               /* the first, in the buffer */
} decem_place;

typedef struct decem_buffer {
    int32_t height, width, channels;
    int32_t pixel_stride;          /* channels, or a little more: see spread_pixels */
    int32_t halo;
    int32_t first, last;           /* the steps that write it first and read it last */
    int64_t offset, elements;      /* in the arena */
} decem_buffer;

typedef struct decem_plan {
    const decem_graph *graph;
    bool keeps_all;                /* no buffer shares memory: every value can be read after a run */
    decem_step steps[DECEM_GRAPH_NODES];
    int32_t step_count;
    int32_t step_of[DECEM_GRAPH_NODES];       /* of a layer with parameters: the step that holds them; else -1 */
    decem_value same_as[DECEM_GRAPH_NODES];   /* values that are another under a second name; else themselves */
    decem_value inside[DECEM_GRAPH_NODES];    /* the concatenation whose buffer a value is written into; else -1 */
    bool absorbed[DECEM_GRAPH_NODES];         /* layers that happen inside a step and leave no value of their own */
    bool activated[DECEM_GRAPH_NODES];        /* values that only exist with a later layer's activation done already */
    decem_place places[DECEM_GRAPH_NODES];
    decem_buffer buffers[DECEM_GRAPH_NODES];
    int32_t buffer_count;
    int64_t arena_elements, constant_elements;
    int64_t linear_input;          /* offset in the arena */
    int64_t scratch_elements;      /* what the hungriest kernel wants while it runs, for each thread at the end of the arena */
    int32_t threads;
    float *arena, *constants;      /* owned by the model */
} decem_plan;

/* fuse.c: writes the steps. */
void decem_plan_fuse(decem_plan *plan, const decem_graph *graph);

/* constants.c: says in which format a parameter will come; between fuse and choose. I8 is for weights, whose scales come as well. */
void decem_plan_take_dtype(decem_plan *plan, const decem_parameter *parameter, decem_dtype dtype);

/* choose.c: decides which kernel computes each step. */
void decem_plan_choose(decem_plan *plan);

/* Whether a layer makes its value of another value alone, and no other layer reads that one. */
bool decem_plan_reads_alone(const decem_plan *plan, decem_value reader, decem_value value);

/* bands.c: decides which steps are computed with the next one. */
void decem_plan_find_bands(decem_plan *plan);

/* Whether a step is computed with the one before it: it has no tiles of its own. */
bool decem_step_is_in_bands(const decem_plan *plan, const decem_step *step);

/* The rows that a tile of both holds at once, in scratch: `at` is NULL, row_stride includes the padding of the next step. */
decem_map decem_plan_band(const decem_plan *plan, const decem_step *step);

/* Chooses the tiles of a WINOGRAD step. Where it is computed with the one before it, its arguments become those for a band, of which `at` is to be set. */
void decem_plan_choose_winograd_tiles(const decem_plan *plan, const decem_step *step, decem_winograd_args *args);

/* Tiles of both, and one of them. */
int32_t decem_plan_band_tiles(const decem_plan *plan, const decem_step *step);
void decem_plan_run_bands(const decem_plan *plan, const decem_step *step, int32_t tile, float *band);

/* layout.c: elements from a pixel to the next where there are so many channels. */
int32_t decem_plan_pixel_stride(int32_t channels);

/* layout.c: writes places, buffers and the sizes of arena and constants. DECEM_INVALID_OPTION when the network would need more memory
 * than there can be. */
decem_status decem_plan_layout(decem_plan *plan, bool keeps_all, int32_t threads, decem_message *message);

/* Bytes of a cache line: the arena and the constants are as fast as they are only from a multiple of it on. Their sizes are multiples, too. */
enum { DECEM_PLAN_LINE = 64 };

/* prepare.c: binds the plan to memory of the sizes that layout found, and readies it for weights. */
void decem_plan_prepare(decem_plan *plan, float *arena, float *constants);

/* constants.c: one row of a parameter, in PyTorch's order: everything under one index of the first dimension; a parameter of
 * rank 1 is one row. */
void decem_plan_take_row(decem_plan *plan, const decem_parameter *parameter, int64_t row, const float *values);

/* What I8 weights are to be multiplied by: one number for each of the first dimension. */
void decem_plan_take_scales(decem_plan *plan, const decem_parameter *parameter, const float *scales);

/* Says that all rows of a parameter, or its scales, are in. */
decem_status decem_plan_finish_tensor(decem_plan *plan, const decem_parameter *parameter, decem_message *message);

/* run.c: how many of the first steps have their weights. */
int32_t decem_plan_ready_steps(const decem_plan *plan);

/* What comes before the tiles of a step, and one tile: tiles may run in any order and on any thread, each thread with its own
 * index below plan->threads. */
void decem_plan_begin_step(const decem_plan *plan, int32_t step);
void decem_plan_run_tile(const decem_plan *plan, int32_t step, int32_t tile, int32_t thread);

/* The kernel that a step uses, such as "conv 4x8". */
const char *decem_step_kernel(const decem_plan *plan, const decem_step *step);

/* Where a value lies; at is NULL when it never exists by itself. */
decem_map decem_plan_map(const decem_plan *plan, decem_value value);

/* [channels] the scales of a step's I8 weights. */
const float *decem_step_scales(const decem_plan *plan, const decem_step *step);

/* The shape of a CONV or WINOGRAD step's convolution. */
decem_conv_shape decem_step_conv_shape(const decem_plan *plan, const decem_step *step);

/* The shape of the map that a Linear's step reads, before it was flattened. */
decem_shape decem_step_linear_shape(const decem_plan *plan, const decem_step *step);

#endif
