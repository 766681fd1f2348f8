#include "kernels/winograd/winograd.h"

static int32_t taps_of(const decem_conv_shape *shape) {
    return decem_winograd_taps(shape->window_height, shape->stride);
}

/* Of one output channel. */
static int32_t row_elements(const decem_conv_shape *shape) {
    int32_t side = shape->stride * taps_of(shape);
    return side * side * shape->in_channels;
}

int64_t decem_winograd_weight_elements(const decem_conv_shape *shape) {
    return (int64_t)row_elements(shape) * shape->out_channels;
}

/* Where the first weight of an output channel lies; the next is 8 further. */
static float *column_of(const decem_conv_shape *shape, int32_t channel, float *packed) {
    return packed + (ptrdiff_t)row_elements(shape) * (channel / DECEM_CONV_COLUMNS * DECEM_CONV_COLUMNS) + channel % DECEM_CONV_COLUMNS;
}

/* The taps that rows of one parity and columns of another see, of all input channels; zeros past the kernel's edge. */
static float *pack_parity(const decem_conv_shape *shape, int32_t parity_y, int32_t parity_x, const float *row, float *column) {
    int32_t kernel = shape->window_height, taps = taps_of(shape);
    for (int32_t c = 0; c < shape->in_channels; c++, row += kernel * kernel)
        for (int32_t i = 0; i < taps * taps; i++, column += DECEM_CONV_COLUMNS) {
            int32_t y = parity_y + shape->stride * (i / taps), x = parity_x + shape->stride * (i % taps);
            *column = y < kernel && x < kernel ? row[y * kernel + x] : 0.0f;
        }
    return column;
}

void decem_winograd_pack_row(const decem_conv_shape *shape, int32_t channel, const float *row, float *packed) {
    float *column = column_of(shape, channel, packed);
    for (int32_t y = 0; y < shape->stride; y++)
        for (int32_t x = 0; x < shape->stride; x++) column = pack_parity(shape, y, x, row, column);
}

void decem_winograd_scale_row(const decem_conv_shape *shape, int32_t channel, float scale, float *packed) {
    float *column = column_of(shape, channel, packed);
    for (int32_t i = 0; i < row_elements(shape); i++) column[(ptrdiff_t)i * DECEM_CONV_COLUMNS] *= scale;
}
