#include "kernels/conv/conv.h"

static int32_t divide_up(int32_t a, int32_t by) {
    return (a + by - 1) / by;
}

static int32_t panels_a_group(const decem_conv_shape *shape) {
    return divide_up(shape->out_channels / shape->groups, DECEM_CONV_COLUMNS);
}

int32_t decem_conv_depth(const decem_conv_shape *shape) {
    return shape->in_channels / shape->groups * shape->window_height * shape->window_width;
}

int32_t decem_conv_panel_count(const decem_conv_shape *shape) {
    return shape->groups * panels_a_group(shape);
}

int64_t decem_conv_weight_elements(const decem_conv_shape *shape) {
    return (int64_t)decem_conv_panel_count(shape) * DECEM_CONV_COLUMNS * decem_conv_depth(shape);
}

void decem_conv_panels(const decem_conv_shape *shape, int32_t output_step, decem_conv_panel *panels) {
    int32_t group_inputs = shape->in_channels / shape->groups, group_outputs = shape->out_channels / shape->groups;
    for (int32_t group = 0; group < shape->groups; group++)
        for (int32_t first = 0; first < group_outputs; first += DECEM_CONV_COLUMNS, panels++) {
            int32_t left = group_outputs - first;
            panels->input_offset = group * group_inputs;
            panels->output_offset = output_step == 1 ? group * group_outputs + first : first * output_step + group;
            panels->columns = left < DECEM_CONV_COLUMNS ? left : DECEM_CONV_COLUMNS;
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

/* Where element k = 0 of an output channel lies in the packed weights; the next is 8 further. */
static float *column_of(const decem_conv_shape *shape, int32_t channel, float *packed) {
    int32_t group_outputs = shape->out_channels / shape->groups;
    int32_t group = channel / group_outputs, inner = channel % group_outputs;
    int64_t panel = (int64_t)group * panels_a_group(shape) + inner / DECEM_CONV_COLUMNS;
    return packed + panel * decem_conv_depth(shape) * DECEM_CONV_COLUMNS + inner % DECEM_CONV_COLUMNS;
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
