#include "kernels/conv/conv.h"

/* Outputs are packed in blocks: the groups, or the finer blocks of a shuffle. */
static int32_t block_count(const decem_conv_shape *shape) {
    return shape->shuffle > shape->groups ? shape->shuffle : shape->groups;
}

static int32_t panels_a_block(const decem_conv_shape *shape) {
    return decem_divide_up(shape->out_channels / block_count(shape), DECEM_CONV_COLUMNS);
}

/* Where the i-th panel of a block is among all panels. */
static int32_t panel_index(const decem_conv_shape *shape, int32_t block, int32_t i) {
    return shape->shuffle > 1 ? i * block_count(shape) + block : block * panels_a_block(shape) + i;
}

int32_t decem_conv_depth(const decem_conv_shape *shape) {
    return shape->in_channels / shape->groups * shape->window_height * shape->window_width;
}

int32_t decem_conv_panel_count(const decem_conv_shape *shape) {
    return block_count(shape) * panels_a_block(shape);
}

int64_t decem_conv_weight_elements(const decem_conv_shape *shape) {
    return (int64_t)decem_conv_panel_count(shape) * DECEM_CONV_COLUMNS * decem_conv_depth(shape);
}

void decem_conv_panels(const decem_conv_shape *shape, decem_conv_panel *panels) {
    int32_t blocks = block_count(shape), group_inputs = shape->in_channels / shape->groups, block_outputs = shape->out_channels / blocks;
    for (int32_t block = 0; block < blocks; block++)
        for (int32_t i = 0; i < panels_a_block(shape); i++) {
            decem_conv_panel *panel = &panels[panel_index(shape, block, i)];
            int32_t first = i * DECEM_CONV_COLUMNS, left = block_outputs - first;
            panel->input_offset = block / (blocks / shape->groups) * group_inputs;
            panel->output_offset = shape->shuffle > 1 ? first * shape->shuffle + block : block * block_outputs + first;
            panel->columns = left < DECEM_CONV_COLUMNS ? left : DECEM_CONV_COLUMNS;
        }
}

int32_t decem_conv_segments(const decem_conv_shape *shape, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t *segments, int32_t *length) {
    int32_t channels = shape->in_channels / shape->groups, count = 0;
    int32_t joined = shape->groups == 1 && pixel_stride == channels ? shape->window_width : 1;
    for (int32_t y = 0; y < shape->window_height; y++)
        for (int32_t x = 0; x < shape->window_width; x += joined)
            segments[count++] = (int32_t)(y * row_stride + x * pixel_stride);
    *length = channels * joined;
    return count;
}

int32_t decem_conv_bias_index(const decem_conv_shape *shape, int32_t channel) {
    int32_t block_outputs = shape->out_channels / block_count(shape);
    int32_t block = channel / block_outputs, inner = channel % block_outputs;
    return panel_index(shape, block, inner / DECEM_CONV_COLUMNS) * DECEM_CONV_COLUMNS + inner % DECEM_CONV_COLUMNS;
}

/* Where element k = 0 of an output channel lies in the packed weights; the next is 8 further. */
static float *column_of(const decem_conv_shape *shape, int32_t channel, float *packed) {
    int32_t index = decem_conv_bias_index(shape, channel);
    return packed + (int64_t)(index / DECEM_CONV_COLUMNS) * decem_conv_depth(shape) * DECEM_CONV_COLUMNS + index % DECEM_CONV_COLUMNS;
}

void decem_conv_pack_row(const decem_conv_shape *shape, int32_t channel, const float *row, float *packed) {
    float *column = column_of(shape, channel, packed);
    int32_t channels = shape->in_channels / shape->groups, taps = shape->window_height * shape->window_width;
    for (int32_t tap = 0; tap < taps; tap++)
        for (int32_t c = 0; c < channels; c++, column += DECEM_CONV_COLUMNS) *column = row[c * taps + tap];
}

void decem_conv_scale_row(const decem_conv_shape *shape, int32_t channel, float scale, float *packed) {
    float *column = column_of(shape, channel, packed);
    int32_t depth = decem_conv_depth(shape);
    for (int32_t k = 0; k < depth; k++) column[(ptrdiff_t)k * DECEM_CONV_COLUMNS] *= scale;
}
