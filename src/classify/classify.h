/* From logits to answers. Every array is [count] f32; logits must be finite. */
#ifndef DECEM_CLASSIFY_CLASSIFY_H
#define DECEM_CLASSIFY_CLASSIFY_H

#include <stdint.h>

/* probabilities[i] = e^logits[i] / sum of e^logits[j], computed around the largest so that nothing overflows. */
void decem_softmax(const float *logits, int32_t count, float *probabilities);

/* logits[i] - log of the sum of e^logits[j] */
void decem_log_softmax(const float *logits, int32_t count, float *out);

/* The indices of the `wanted` largest values (at most count), largest first, equal ones by lower index. */
int32_t decem_top(const float *values, int32_t count, int32_t wanted, int32_t *indices);

#endif
