#include "kernels/winograd/winograd.h"

int64_t decem_winograd_weight_elements(int32_t in, int32_t out) {
    return (int64_t)DECEM_WINOGRAD_TAPS * in * out;
}

/* Where the first weight of an output channel lies; the next is 8 further. */
static float *column_of(int32_t in, int32_t channel, float *packed) {
    return packed + decem_winograd_weight_elements(in, DECEM_CONV_COLUMNS) * (channel / DECEM_CONV_COLUMNS) + channel % DECEM_CONV_COLUMNS;
}

void decem_winograd_pack_row(int32_t in, int32_t channel, const float *row, float *packed) {
    float *column = column_of(in, channel, packed);
    for (int32_t i = 0; i < in * DECEM_WINOGRAD_TAPS; i++) column[(ptrdiff_t)i * DECEM_CONV_COLUMNS] = row[i];
}

void decem_winograd_scale_row(int32_t in, int32_t channel, float scale, float *packed) {
    float *column = column_of(in, channel, packed);
    for (int32_t i = 0; i < in * DECEM_WINOGRAD_TAPS; i++) column[(ptrdiff_t)i * DECEM_CONV_COLUMNS] *= scale;
}
