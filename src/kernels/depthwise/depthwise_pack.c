#include "kernels/depthwise/depthwise.h"

void decem_depthwise_pack_row(int32_t channels, int32_t channel, const float *row, float *packed) {
    for (int32_t tap = 0; tap < 9; tap++) packed[(ptrdiff_t)tap * channels + channel] = row[tap];
}

void decem_depthwise_scale_row(int32_t channels, int32_t channel, float scale, float *packed) {
    for (int32_t tap = 0; tap < 9; tap++) packed[(ptrdiff_t)tap * channels + channel] *= scale;
}
