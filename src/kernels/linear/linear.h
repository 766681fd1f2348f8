/* Fully connected layer: outputs = weights x + bias, one vector at a time, so each weight is read once and the layer waits for little but
 * memory. After a ReLU many inputs are zero, and their weights are not read: a zero adds nothing, whatever finite weight it meets. So
 * weights lie by input, a cache line of outputs each, and inputs in PyTorch's order, in which zeros stand together.
 * Tolerance against the reference: |error| <= in * 2^-24 * sum(|x * weight|) + |bias| * 2^-22. */
#ifndef DECEM_KERNELS_LINEAR_LINEAR_H
#define DECEM_KERNELS_LINEAR_LINEAR_H

#include "kernels/map.h"

enum {
    DECEM_LINEAR_BLOCK = 16,                    /* outputs whose weights of one input lie side by side */
    DECEM_LINEAR_BLOCKS = 3,                    /* at once: the sums of more would not stay in registers */
    DECEM_LINEAR_TILE = DECEM_LINEAR_BLOCKS * DECEM_LINEAR_BLOCK, /* outputs */
    DECEM_LINEAR_SPREAD = 336                   /* elements between blocks, about a third of a page of 4 KiB: those of a tile come to new pages in turn */
};

/* An input that is not zero. */
typedef struct decem_linear_term {
    float value;
    int32_t weights; /* where its weights begin in a block, in elements */
} decem_linear_term;

typedef struct decem_linear_args {
    const float *input;       /* [pixels][channels]: in = channels * pixels, counted as [channels][pixels], as PyTorch flattens a map */
    float *output;            /* [out] */
    int32_t channels, pixels, out;
    const float *weights;     /* [blocks][in][DECEM_LINEAR_BLOCK]; between blocks and past the last output, anything */
    const float *bias;        /* [out] */
    decem_clamp clamp;
    decem_linear_term *terms; /* [in], of which *term_count are used; written by find_terms */
    int32_t *term_count;
} decem_linear_args;

/* Elements from a block of weights to the next, and of all. */
int64_t decem_linear_block_elements(int32_t in);
int64_t decem_linear_weight_elements(int32_t in, int32_t out);

/* The weights of output n, [in]. */
void decem_linear_pack_row(int32_t in, int32_t n, const float *row, float *weights);

/* To be called once, before the tiles, which read what it writes. */
void decem_linear_find_terms(const decem_linear_args *args);

int32_t decem_linear_tiles(const decem_linear_args *args);
void decem_f32_linear__simd(const decem_linear_args *args, int32_t tile);
void decem_f32_linear__ref(const decem_linear_args *args, int32_t tile);

#endif
