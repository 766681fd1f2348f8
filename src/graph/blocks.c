#include "graph/blocks.h"

#include <stddef.h>

static const float PYTORCH_EPSILON = 1e-5f;

decem_value decem_block_conv(decem_graph *graph, decem_value input, decem_conv_spec spec) {
    decem_value x = decem_graph_conv(graph, input, spec.conv, spec.channels, spec.window, spec.groups > 0 ? spec.groups : 1, spec.bias);
    if (spec.norm != NULL) x = decem_graph_norm(graph, x, spec.norm, spec.epsilon > 0 ? spec.epsilon : PYTORCH_EPSILON);
    if (spec.activation != DECEM_NO_ACTIVATION)
        x = decem_graph_activation(graph, x, spec.activation_name == NULL ? "" : spec.activation_name, spec.activation);
    return x;
}

decem_value decem_block_head(decem_graph *graph, decem_value input, const char *pool, const char *linear, int32_t classes) {
    decem_value x = decem_graph_adaptive_pool(graph, input, pool, 1, 1);
    x = decem_graph_flatten(graph, x, "");
    return decem_graph_linear(graph, x, linear, classes);
}
