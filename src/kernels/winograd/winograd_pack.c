#include "kernels/winograd/winograd.h"

int64_t decem_winograd_weight_elements(int32_t kernel, int32_t in, int32_t out) {
    return (int64_t)kernel * kernel * in * out;
}

/* Where the first weight of an output channel lies; the next is 8 further. */
static float *column_of(int32_t kernel, int32_t in, int32_t channel, float *packed) {
    return packed + decem_winograd_weight_elements(kernel, in, channel / DECEM_CONV_COLUMNS * DECEM_CONV_COLUMNS) + channel % DECEM_CONV_COLUMNS;
}

void decem_winograd_pack_row(int32_t kernel, int32_t in, int32_t channel, const float *row, float *packed) {
    float *column = column_of(kernel, in, channel, packed);
    for (int32_t i = 0; i < in * kernel * kernel; i++) column[(ptrdiff_t)i * DECEM_CONV_COLUMNS] = row[i];
}

void decem_winograd_scale_row(int32_t kernel, int32_t in, int32_t channel, float scale, float *packed) {
    float *column = column_of(kernel, in, channel, packed);
    for (int32_t i = 0; i < in * kernel * kernel; i++) column[(ptrdiff_t)i * DECEM_CONV_COLUMNS] *= scale;
}
