/* The depthwise 3x3 kernel against its reference: edges of channels, sizes, strides, padding and memory layout. */
#include "kernels/depthwise/depthwise.h"

#include "maps.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

static uint32_t seed = 2;

/* Rows of the output, first to last for the reference and last to first for the kernel: no row needs another. */
static void run(decem_depthwise_args args, decem_map output, bool reference) {
    args.output = output;
    for (int32_t y = 0; y < output.height; y++) {
        if (reference) decem_f32_depthwise3x3__ref(&args, y);
        else decem_f32_depthwise3x3__simd(&args, output.height - 1 - y);
    }
}

static void check_case(int32_t channels, int32_t height, int32_t width, border around, int32_t stride, decem_clamp clamp, int32_t gap) {
    if (height + around.top + around.bottom < 3 || width + around.left + around.right < 3) return;
    int32_t out_height = (height + around.top + around.bottom - 3) / stride + 1, out_width = (width + around.left + around.right - 3) / stride + 1;
    char name[120];
    snprintf(name, sizeof name, "%d channels, image %dx%d padded %d %d %d %d, stride %d, clamp %g to %g, gap %d", (int)channels, (int)height, (int)width,
             (int)around.top, (int)around.left, (int)around.bottom, (int)around.right, (int)stride, (double)clamp.low, (double)clamp.high, (int)gap);
    check_in(name);

    guarded_map input = make_input(height, width, channels, gap, around, &seed), absolute = make_magnitudes(&input);
    guarded_map output = make_map(out_height, out_width, channels, gap), wanted = make_map(out_height, out_width, channels, 0);
    guarded_map bound = make_map(out_height, out_width, channels, 0);
    float *weights = malloc((size_t)(9 * channels) * sizeof *weights), *bias = make_values((size_t)channels, &seed), *zeros = calloc((size_t)channels, sizeof(float));
    for (int32_t c = 0; c < channels; c++) {
        float row[9];
        for (int32_t k = 0; k < 9; k++) row[k] = next_value(&seed);
        decem_depthwise_pack_row(channels, c, row, weights);
        if (c % 2 == 1) decem_depthwise_scale_row(channels, c, 0.5f, weights);
        for (int32_t k = 0; k < 9; k++) CHECK(same_bits(weights[k * channels + c], c % 2 == 1 ? row[k] * 0.5f : row[k]));
    }
    float *weight_sizes = magnitudes(weights, (size_t)(9 * channels));

    decem_depthwise_args args = {.input = input.map, .stride = stride, .weights = weights, .bias = bias, .clamp = clamp};
    run(args, output.map, false);
    run(args, wanted.map, true);
    run((decem_depthwise_args){.input = absolute.map, .stride = stride, .weights = weight_sizes, .bias = zeros, .clamp = unbounded}, bound.map, true);
    for (int32_t y = 0; y < out_height; y++)
        for (int32_t x = 0; x < out_width; x++)
            for (int32_t c = 0; c < channels; c++) {
                float *error = map_at(&bound.map, y, x, c);
                *error = 9 * 0x1p-23f * *error + fabsf(bias[c]) * 0x1p-22f;
            }
    CHECK(agrees(&output.map, &wanted.map, &bound.map));
    CHECK(is_untouched_around(&output));

    free(weights);
    free(bias);
    free(zeros);
    free(weight_sizes);
    free_map(&input);
    free_map(&absolute);
    free_map(&output);
    free_map(&wanted);
    free_map(&bound);
}

static void test_channels_and_clamps(void) {
    static const int32_t channels[] = {1, 2, 3, 4, 5, 7, 8, 9, 58};
    const decem_clamp clamps[] = {unbounded, relu, narrow};
    for (int32_t i = 0; i < COUNT(channels); i++)
        for (int32_t k = 0; k < COUNT(clamps); k++)
            for (int32_t gap = 0; gap <= 5; gap += 5) {
                check_case(channels[i], 7, 5, (border){1, 1, 1, 1}, 1, clamps[k], gap);
                check_case(channels[i], 7, 5, (border){1, 1, 1, 1}, 2, clamps[k], gap);
            }
}

static void test_sizes(void) {
    static const int32_t sizes[][2] = {{1, 1}, {2, 2}, {3, 3}, {7, 7}, {14, 14}, {5, 9}, {13, 2}, {1, 11}};
    for (int32_t i = 0; i < COUNT(sizes); i++)
        for (int32_t stride = 1; stride <= 3; stride++) {
            check_case(3, sizes[i][0], sizes[i][1], (border){1, 1, 1, 1}, stride, unbounded, 0);
            check_case(9, sizes[i][0], sizes[i][1], (border){1, 1, 1, 1}, stride, unbounded, 0);
        }
}

static void test_padding_corners(void) {
    for (int32_t corner = 0; corner < 16; corner++)
        for (int32_t stride = 1; stride <= 2; stride++)
            check_case(8, 5, 4, (border){corner & 1, corner >> 1 & 1, corner >> 2 & 1, corner >> 3}, stride, unbounded, 3);
}

/* The reference itself, by hand: a window of ones over 1 to 9, weights 1 to 9, bias 1000. */
static void test_the_definition(void) {
    check_in("by hand");
    guarded_map input = make_input(3, 3, 1, 0, (border){0, 0, 0, 0}, &seed), output = make_map(1, 1, 1, 0);
    float weights[9], bias[] = {1000};
    for (int32_t i = 0; i < 9; i++) *map_at(&input.map, i / 3, i % 3, 0) = weights[i] = (float)(i + 1);
    run((decem_depthwise_args){.input = input.map, .stride = 1, .weights = weights, .bias = bias, .clamp = unbounded}, output.map, true);
    CHECK_EQUAL(output.map.at[0], 1000 + 285); /* 1 + 4 + 9 + ... + 81 */
    free_map(&input);
    free_map(&output);
}

int main(void) {
    test_the_definition();
    test_channels_and_clamps();
    test_sizes();
    test_padding_corners();
    return check_report();
}
