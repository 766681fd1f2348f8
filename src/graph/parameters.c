#include "graph/parameters.h"

#include <stdarg.h>

const char *decem_role_suffix(decem_role role) {
    switch (role) {
        case DECEM_ROLE_WEIGHT: case DECEM_ROLE_NORM_WEIGHT: return "weight";
        case DECEM_ROLE_BIAS: case DECEM_ROLE_NORM_BIAS: return "bias";
        case DECEM_ROLE_NORM_MEAN: return "running_mean";
        case DECEM_ROLE_NORM_VARIANCE: return "running_var";
    }
    return "";
}

int32_t decem_node_parameters(const decem_graph *graph, int32_t node, decem_parameter out[DECEM_PARAMETERS_MAX]) {
    const decem_node *n = &graph->nodes[node];
    if (n->op != DECEM_OP_CONV && n->op != DECEM_OP_LINEAR && n->op != DECEM_OP_NORM) return 0;
    int32_t in_channels = graph->nodes[n->inputs[0]].shape.channels;
    int32_t channels = n->shape.channels;
    if (n->op == DECEM_OP_NORM) {
        static const decem_role roles[4] = {DECEM_ROLE_NORM_WEIGHT, DECEM_ROLE_NORM_BIAS, DECEM_ROLE_NORM_MEAN, DECEM_ROLE_NORM_VARIANCE};
        for (int32_t i = 0; i < 4; i++) out[i] = (decem_parameter){node, roles[i], 1, {channels, 0, 0, 0}};
        return 4;
    }
    if (n->op == DECEM_OP_CONV)
        out[0] = (decem_parameter){node, DECEM_ROLE_WEIGHT, 4, {channels, in_channels / n->groups, n->window.height, n->window.width}};
    else
        out[0] = (decem_parameter){node, DECEM_ROLE_WEIGHT, 2, {channels, in_channels, 0, 0}};
    if (!n->bias) return 1;
    out[1] = (decem_parameter){node, DECEM_ROLE_BIAS, 1, {channels, 0, 0, 0}};
    return 2;
}

int64_t decem_parameter_elements(const decem_parameter *parameter) {
    int64_t elements = 1;
    for (int32_t i = 0; i < parameter->rank; i++) elements *= parameter->shape[i];
    return elements;
}

bool decem_parameter_is_trained(const decem_parameter *parameter) {
    return parameter->role != DECEM_ROLE_NORM_MEAN && parameter->role != DECEM_ROLE_NORM_VARIANCE;
}

static void format_into(char *out, size_t room, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    decem_format(out, room, format, arguments);
    va_end(arguments);
}

void decem_parameter_name(const decem_graph *graph, const decem_parameter *parameter,
                          char out[DECEM_PARAMETER_NAME_BYTES]) {
    format_into(out, DECEM_PARAMETER_NAME_BYTES, "%s.%s", graph->nodes[parameter->node].name, decem_role_suffix(parameter->role));
}
