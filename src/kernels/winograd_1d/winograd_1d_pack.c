#include "kernels/winograd_1d/winograd_1d.h"

enum { POINTS = DECEM_WINOGRAD_1D_POINTS };

static int32_t depth_of(const decem_conv_shape *shape) {
    return shape->window_height * DECEM_WINOGRAD_1D_STRIDE * shape->in_channels;
}

int64_t decem_winograd_1d_weight_elements(const decem_conv_shape *shape) {
    return (int64_t)POINTS * depth_of(shape) * shape->out_channels;
}

/* Where the first weight of an output channel lies; the next is 8 further. */
static float *column_of(const decem_conv_shape *shape, int32_t channel, float *packed) {
    ptrdiff_t panel = (ptrdiff_t)POINTS * depth_of(shape) * DECEM_CONV_COLUMNS;
    return packed + channel / DECEM_CONV_COLUMNS * panel + channel % DECEM_CONV_COLUMNS;
}

/* G g, at the points 0, 1, -1, 2, -2, 1/2 and infinity: a polynomial's values, times all fractions of the transforms. */
static void transform_taps(const double g[4], double u[POINTS]) {
    double even = g[0] + g[2], odd = g[1] + g[3], even_2 = g[0] + 4 * g[2], odd_2 = 2 * g[1] + 8 * g[3];
    u[0] = g[0] / 4;
    u[1] = (even + odd) / -3;
    u[2] = (even - odd) / 9;
    u[3] = (even_2 + odd_2) / 36;
    u[4] = (even_2 - odd_2) / -60;
    u[5] = (g[0] + g[1] / 2 + g[2] / 4 + g[3] / 8) * 32 / 45;
    u[6] = g[3];
}

void decem_winograd_1d_pack_row(const decem_conv_shape *shape, int32_t channel, const float *row, float *packed) {
    float *column = column_of(shape, channel, packed);
    int32_t depth = depth_of(shape);
    for (int32_t c = 0; c < shape->in_channels; c++)
        for (int32_t y = 0; y < shape->window_height; y++, row += DECEM_WINOGRAD_1D_WIDTH)
            for (int32_t odd = 0; odd < 2; odd++) {
                double g[4] = {row[odd], row[2 + odd], row[4 + odd], odd ? 0.0 : row[6]}, u[POINTS];
                transform_taps(g, u);
                int32_t k = (2 * y + odd) * shape->in_channels + c;
                for (int32_t p = 0; p < POINTS; p++) column[(ptrdiff_t)(p * depth + k) * DECEM_CONV_COLUMNS] = (float)u[p];
            }
}

void decem_winograd_1d_scale_row(const decem_conv_shape *shape, int32_t channel, float scale, float *packed) {
    float *column = column_of(shape, channel, packed);
    for (int32_t i = 0; i < POINTS * depth_of(shape); i++) column[(ptrdiff_t)i * DECEM_CONV_COLUMNS] *= scale;
}
