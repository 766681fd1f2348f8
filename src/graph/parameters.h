/* The tensors that a graph's nodes own, as the state_dict lists them. */
#ifndef DECEM_GRAPH_PARAMETERS_H
#define DECEM_GRAPH_PARAMETERS_H

#include "graph/graph.h"

typedef enum decem_role {
    DECEM_ROLE_WEIGHT, DECEM_ROLE_BIAS,
    DECEM_ROLE_NORM_WEIGHT, DECEM_ROLE_NORM_BIAS, DECEM_ROLE_NORM_MEAN, DECEM_ROLE_NORM_VARIANCE
} decem_role;

enum { DECEM_PARAMETERS_MAX = 4 /* of one node */, DECEM_PARAMETER_NAME_BYTES = 256 };

typedef struct decem_parameter {
    int32_t node;
    decem_role role;
    int32_t rank;
    int64_t shape[4]; /* PyTorch's order: [out][in / groups][height][width] for convolutions */
} decem_parameter;

/* Writes the node's parameters in the order of its state_dict and returns how many. */
int32_t decem_node_parameters(const decem_graph *graph, int32_t node, decem_parameter out[DECEM_PARAMETERS_MAX]);

int64_t decem_parameter_elements(const decem_parameter *parameter);

/* Those that training adjusts: weights and biases, not running statistics. */
bool decem_parameter_is_trained(const decem_parameter *parameter);

/* NODE.suffix, such as "layer1.0.bn1.running_mean". */
void decem_parameter_name(const decem_graph *graph, const decem_parameter *parameter,
                          char out[DECEM_PARAMETER_NAME_BYTES]);

/* "weight", "bias", "running_mean" or "running_var". */
const char *decem_role_suffix(decem_role role);

#endif
