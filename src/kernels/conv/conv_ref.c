#include "kernels/conv/conv.h"

void decem_f32_conv__ref(const decem_conv_shape *shape, decem_map input, const float *weights, const float *bias, decem_map output) {
    int32_t in = shape->in_channels / shape->groups, out = shape->out_channels / shape->groups;
    for (int32_t y = 0; y < output.height; y++)
        for (int32_t x = 0; x < output.width; x++)
            for (int32_t n = 0; n < shape->out_channels; n++) {
                float sum = bias == NULL ? 0.0f : bias[n];
                for (int32_t c = 0; c < in; c++)
                    for (int32_t ky = 0; ky < shape->window_height; ky++)
                        for (int32_t kx = 0; kx < shape->window_width; kx++)
                            sum += input.at[(y * shape->stride + ky) * input.row_stride + (x * shape->stride + kx) * input.pixel_stride + n / out * in + c] *
                                   weights[((n * in + c) * shape->window_height + ky) * shape->window_width + kx];
                output.at[y * output.row_stride + x * output.pixel_stride + n] = sum;
            }
}
