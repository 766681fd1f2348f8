#include "weights/synthetic.h"

#include <math.h>

static uint32_t mix(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

static uint32_t fnv1a32(const char *text) {
    uint32_t hash = 2166136261u;
    for (; *text != '\0'; text++) hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash;
}

typedef struct distribution {
    float centre, spread;
} distribution;

static distribution distribution_of(const decem_graph *graph, const decem_parameter *parameter) {
    double gain = graph->norm_gain;
    bool classifier = graph->nodes[parameter->node].classifier;
    switch (parameter->role) {
        case DECEM_ROLE_WEIGHT: {
            double fan_in = (double)(decem_parameter_elements(parameter) / parameter->shape[0]), deviation = sqrt(6.0 / fan_in);
            if (classifier) deviation *= graph->logit_gain;
            return (distribution){0.0f, (float)deviation};
        }
        case DECEM_ROLE_BIAS: return (distribution){0.0f, (float)(classifier ? 0.1 : 0.1 * gain)};
        case DECEM_ROLE_NORM_WEIGHT: return (distribution){(float)gain, (float)(gain * 0.25)};
        case DECEM_ROLE_NORM_BIAS: case DECEM_ROLE_NORM_MEAN: return (distribution){0.0f, 0.2f};
        case DECEM_ROLE_NORM_VARIANCE: return (distribution){1.0f, 0.5f};
    }
    return (distribution){0.0f, 0.0f};
}

void decem_synthetic_fill(const decem_graph *graph, const decem_parameter *parameter, uint32_t seed, int64_t first, int64_t count, float *out) {
    char name[DECEM_PARAMETER_NAME_BYTES];
    decem_parameter_name(graph, parameter, name);
    uint32_t key = mix(seed ^ fnv1a32(name));
    distribution d = distribution_of(graph, parameter);
    bool opposed = parameter->role == DECEM_ROLE_WEIGHT;
    for (int64_t i = 0; i < count; i++) {
        uint32_t index = (uint32_t)(first + i);
        bool negated = opposed && (index & 1u) != 0;
        uint32_t bits = mix(key + (negated ? index - 1 : index) * 0x9E3779B9u);
        float u = (float)((int32_t)(bits >> 8) - 8388608) * (1.0f / 8388608.0f);
        if (negated) u = -u;
        out[i] = d.centre == 0.0f ? u * d.spread : d.centre + u * d.spread;
    }
}
