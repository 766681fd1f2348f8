/* Pseudo-random weights: the same bits from the same seed in C, JavaScript and Python, so that a network runs, and is
 * compared with PyTorch, without a download. Variances follow He et al., "Delving deep into rectifiers" (2015), section
 * 2.2; the graph's two gains keep the logits' standard deviation near 2.
 *
 * Element i of the tensor `name` (in PyTorch's order) is drawn by hashing, without any state:
 *     key = mix(seed ^ fnv1a32(name)),  u = (int32(mix(key + i * 0x9E3779B9) >> 8) - 2^23) * 2^-23,  in [-1, 1)
 * except that in weights, whose role is DECEM_ROLE_WEIGHT, u of an odd element is minus that of the one before it. The
 * pairs cancel the mean of activations that are never negative; what is left depends on the input. The value is, each
 * operation rounded once to f32,
 *     weights          u * sqrt(6 / fan_in), of a classifier times the logit gain
 *     biases           u * 0.1, of all but classifiers times the norm gain
 *     norm weight      gain + u * (gain * 0.25);  bias and mean u * 0.2;  variance 1 + u * 0.5 */
#ifndef DECEM_WEIGHTS_SYNTHETIC_H
#define DECEM_WEIGHTS_SYNTHETIC_H

#include "graph/parameters.h"

/* Writes elements [first, first + count) of a parameter. */
void decem_synthetic_fill(const decem_graph *graph, const decem_parameter *parameter, uint32_t seed, int64_t first, int64_t count, float *out);

#endif
