/* A network as a list of nodes, appended by its builder: shapes are inferred and checked as it grows.
 *
 * Each node makes one value, named by the node's index. A value is an image [C][H][W] (in memory always
 * [H][W][C]); a vector is an image of 1 x 1. Nodes only refer to earlier ones, so the list is in order of execution.
 *
 * Building never needs a check at every line: after a failure every function does nothing and returns -1, and
 * decem_graph_status tells at the end.
 *
 * Names are those of the PyTorch modules. A node whose name is that of a module with parameters owns the tensors
 * NAME.weight, NAME.bias and so on.
 */
#ifndef DECEM_GRAPH_GRAPH_H
#define DECEM_GRAPH_GRAPH_H

#include <stdbool.h>

#include "base/message.h"

enum {
    DECEM_GRAPH_NODES = 1024,
    DECEM_GRAPH_NAME_BYTES = 48 * 1024,
    DECEM_GRAPH_INPUTS = 4,  /* of one node */
    DECEM_GRAPH_OUTPUTS = 3, /* classifiers */
    DECEM_GRAPH_SIDE_MAX = 4096,
    DECEM_GRAPH_CHANNELS_MAX = 1 << 20
};

typedef int32_t decem_value; /* the index of the node that makes it */

typedef enum decem_op {
    DECEM_OP_INPUT,
    DECEM_OP_CONV,          /* with groups: 1 for a full one, 1x1 for grouped, 3x3 and all channels for depthwise */
    DECEM_OP_NORM,          /* batch norm with running statistics; always after a convolution */
    DECEM_OP_ACTIVATION,
    DECEM_OP_LRN,           /* local response normalisation across channels */
    DECEM_OP_MAX_POOL,
    DECEM_OP_AVG_POOL,      /* padding counts, as count_include_pad */
    DECEM_OP_ADAPTIVE_POOL, /* average, to a given size; 1x1 is the global average */
    DECEM_OP_CONCAT,        /* along channels */
    DECEM_OP_CHUNK,         /* a range of channels */
    DECEM_OP_SHUFFLE,       /* channel i * groups + g of the output is channel g * (C / groups) + i of the input */
    DECEM_OP_ADD,
    DECEM_OP_FLATTEN,       /* to a vector, in PyTorch's order [C][H][W]; of several pixels, only for LINEAR and of a map that nothing else reads */
    DECEM_OP_LINEAR
} decem_op;

typedef enum decem_activation { DECEM_NO_ACTIVATION, DECEM_RELU, DECEM_RELU6 } decem_activation;

/* What the article's network does with the logits before it returns them. */
typedef enum decem_final { DECEM_FINAL_LOGITS, DECEM_FINAL_SOFTMAX, DECEM_FINAL_LOG_SOFTMAX } decem_final;

typedef struct decem_shape {
    int32_t channels, height, width;
} decem_shape;

typedef struct decem_padding {
    int32_t top, left, bottom, right;
} decem_padding;

/* A window that slides over an image: of convolutions and pools. */
typedef struct decem_window {
    int32_t height, width, stride;
    decem_padding padding;
    bool ceil_mode; /* pools: the last window may start inside and end outside (PyTorch's rule) */
} decem_window;

typedef struct decem_node {
    decem_op op;
    const char *name; /* "" where the network has no module of its own for it */
    decem_value inputs[DECEM_GRAPH_INPUTS];
    int32_t input_count;
    decem_shape shape;          /* of the output */
    decem_window window;        /* CONV, MAX_POOL, AVG_POOL */
    int32_t groups;             /* CONV, SHUFFLE */
    bool bias;                  /* CONV, LINEAR */
    bool classifier;            /* LINEAR whose output is logits */
    decem_activation activation;
    int32_t start;              /* CHUNK: first channel */
    int32_t size;               /* LRN: channels in the window */
    float epsilon;              /* NORM */
} decem_node;

typedef struct decem_graph_output {
    const char *name; /* "main", ... */
    decem_value logits;
} decem_graph_output;

typedef struct decem_graph {
    decem_node nodes[DECEM_GRAPH_NODES];
    int32_t count;
    decem_graph_output outputs[DECEM_GRAPH_OUTPUTS]; /* main first */
    int32_t output_count;
    decem_final final;
    double norm_gain, logit_gain; /* of synthetic weights: see weights/synthetic.h */
    char names[DECEM_GRAPH_NAME_BYTES];
    int32_t names_used;
    decem_status status;
    decem_message *message;
} decem_graph;

/* Empties the graph. Failures are worded into `message`, which must outlive it. */
void decem_graph_reset(decem_graph *graph, decem_message *message);
decem_status decem_graph_status(const decem_graph *graph);

/* A name made of parts (%s and %d), kept by the graph. */
const char *decem_graph_name(decem_graph *graph, const char *format, ...);

/* Marks the builder's own refusal of its options. */
void decem_graph_refuse(decem_graph *graph, const char *sentence);

decem_shape decem_graph_shape(const decem_graph *graph, decem_value value); /* zeros for -1 */

decem_value decem_graph_input(decem_graph *graph, int32_t channels, int32_t height, int32_t width);
decem_value decem_graph_conv(decem_graph *graph, decem_value input, const char *name, int32_t channels,
                             decem_window window, int32_t groups, bool bias);
decem_value decem_graph_norm(decem_graph *graph, decem_value input, const char *name, float epsilon);
decem_value decem_graph_activation(decem_graph *graph, decem_value input, const char *name,
                                   decem_activation activation);
decem_value decem_graph_lrn(decem_graph *graph, decem_value input, const char *name, int32_t size);
decem_value decem_graph_max_pool(decem_graph *graph, decem_value input, const char *name, decem_window window);
decem_value decem_graph_avg_pool(decem_graph *graph, decem_value input, const char *name, decem_window window);
decem_value decem_graph_adaptive_pool(decem_graph *graph, decem_value input, const char *name, int32_t height,
                                      int32_t width);
decem_value decem_graph_concat(decem_graph *graph, const decem_value *inputs, int32_t count, const char *name);
decem_value decem_graph_chunk(decem_graph *graph, decem_value input, int32_t start, int32_t channels);
decem_value decem_graph_shuffle(decem_graph *graph, decem_value input, const char *name, int32_t groups);
decem_value decem_graph_add(decem_graph *graph, decem_value a, decem_value b, const char *name);
decem_value decem_graph_flatten(decem_graph *graph, decem_value input, const char *name);
decem_value decem_graph_linear(decem_graph *graph, decem_value input, const char *name, int32_t features);

/* The gains at which synthetic weights make this network's logits vary as a trained one's do: see weights/synthetic.h. */
void decem_graph_synthetic_gains(decem_graph *graph, double norm, double logit);

/* Declares a Linear's value to be the logits of a classifier. */
void decem_graph_output_logits(decem_graph *graph, decem_value logits, const char *name);

/* A square window with the same padding on every side. */
static inline decem_window decem_square(int32_t size, int32_t stride, int32_t padding) {
    return (decem_window){size, size, stride, {padding, padding, padding, padding}, false};
}

/* Whether a convolution works on each channel alone. */
bool decem_node_is_depthwise(const decem_graph *graph, const decem_node *node);

/* Multiply-accumulates of convolutions and linear layers; 0 for the rest, as the article's tables count them. */
int64_t decem_node_macs(const decem_graph *graph, const decem_node *node);

/* The name of its kind as PyTorch has it, such as "Conv2d". */
const char *decem_node_type(const decem_node *node);

#endif
