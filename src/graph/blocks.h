/* Layers that several networks share, in the shape of the article's classes. Every name is a module's; a NULL
 * norm means none. */
#ifndef DECEM_GRAPH_BLOCKS_H
#define DECEM_GRAPH_BLOCKS_H

#include "graph/graph.h"

typedef struct decem_conv_spec {
    int32_t channels;
    decem_window window;
    int32_t groups;
    bool bias;
    const char *conv, *norm;
    float epsilon;               /* of the norm; 0 for PyTorch's 1e-5 */
    decem_activation activation;
    const char *activation_name; /* "" or NULL where the article has no module for it */
} decem_conv_spec;

/* Convolution, batch norm, activation. */
decem_value decem_block_conv(decem_graph *graph, decem_value input, decem_conv_spec spec);

/* Global average, flatten, Linear: the head of all but two of the networks. */
decem_value decem_block_head(decem_graph *graph, decem_value input, const char *pool, const char *linear, int32_t classes);

#endif
