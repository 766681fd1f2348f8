#include "classify/classify.h"

#include "base/real.h"

static float largest(const float *values, int32_t count) {
    float most = values[0];
    for (int32_t i = 1; i < count; i++)
        if (values[i] > most) most = values[i];
    return most;
}

static double sum_of_exponentials(const float *logits, int32_t count, float most) {
    double sum = 0;
    for (int32_t i = 0; i < count; i++) sum += decem_exp((double)logits[i] - (double)most);
    return sum;
}

void decem_softmax(const float *logits, int32_t count, float *probabilities) {
    float most = largest(logits, count);
    double sum = sum_of_exponentials(logits, count, most);
    for (int32_t i = 0; i < count; i++) probabilities[i] = (float)(decem_exp((double)logits[i] - (double)most) / sum);
}

void decem_log_softmax(const float *logits, int32_t count, float *out) {
    float most = largest(logits, count);
    double log_sum = decem_log(sum_of_exponentials(logits, count, most));
    for (int32_t i = 0; i < count; i++) out[i] = (float)((double)logits[i] - (double)most - log_sum);
}

int32_t decem_top(const float *values, int32_t count, int32_t wanted, int32_t *indices) {
    int32_t found = 0;
    for (int32_t i = 0; i < count; i++) {
        if (found == wanted && (wanted == 0 || !(values[i] > values[indices[found - 1]]))) continue;
        int32_t at = found < wanted ? found++ : found - 1;
        for (; at > 0 && values[i] > values[indices[at - 1]]; at--) indices[at] = indices[at - 1];
        indices[at] = i;
    }
    return found;
}
