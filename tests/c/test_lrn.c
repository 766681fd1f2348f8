/* Local response normalisation against its reference, and the reference against numbers worked out by hand. */
#include "kernels/lrn/lrn.h"

#include "maps.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

static uint32_t seed = 4;

/* Values up to 300, as activations before it are: the divisor is then far from 1. */
static void check_case(int32_t channels, int32_t size, int32_t height, int32_t width, int32_t gap) {
    char name[80];
    snprintf(name, sizeof name, "%d channels, size %d, image %dx%d, gap %d", (int)channels, (int)size, (int)height, (int)width, (int)gap);
    check_in(name);
    guarded_map input = make_input(height, width, channels, gap, (border){0, 0, 0, 0}, &seed);
    guarded_map output = make_map(height, width, channels, gap), wanted = make_map(height, width, channels, 0), bound = make_map(height, width, channels, 0);
    for (int32_t y = 0; y < height; y++)
        for (int32_t x = 0; x < width; x++)
            for (int32_t c = 0; c < channels; c++) *map_at(&input.map, y, x, c) *= 300.0f;
    decem_lrn_args args = {input.map, output.map, size}, reference = {input.map, wanted.map, size};
    for (int32_t y = 0; y < height; y++) {
        decem_f32_lrn__simd(&args, height - 1 - y);
        decem_f32_lrn__ref(&reference, y);
    }
    for (int32_t y = 0; y < height; y++)
        for (int32_t x = 0; x < width; x++)
            for (int32_t c = 0; c < channels; c++) *map_at(&bound.map, y, x, c) = 8 * 0x1p-23f * fabsf(*map_at(&wanted.map, y, x, c));
    CHECK(agrees(&output.map, &wanted.map, &bound.map));
    CHECK(is_untouched_around(&output));
    free_map(&input);
    free_map(&output);
    free_map(&wanted);
    free_map(&bound);
}

static void test_channels_and_sizes(void) {
    static const int32_t channels[] = {1, 2, 3, 4, 5, 7, 8, 9, 58, DECEM_LRN_CHANNELS_MAX}, sizes[] = {1, 2, 3, 4, 5, 7, DECEM_LRN_SIZE_MAX};
    for (int32_t i = 0; i < COUNT(channels); i++)
        for (int32_t j = 0; j < COUNT(sizes); j++) {
            int32_t side = channels[i] > 58 ? 1 : 3;
            check_case(channels[i], sizes[j], side, side + 1, 0);
            check_case(channels[i], sizes[j], side, side + 1, 3);
        }
}

/* PyTorch's window of 2 covers the channel and the one before it: 100 / (1 + 1e-4 / 2 * (100^2 + 200^2)) ^ 0.75 and so on. */
static void test_the_definition(void) {
    check_in("by hand");
    guarded_map input = make_input(1, 1, 3, 0, (border){0, 0, 0, 0}, &seed), output = make_map(1, 1, 3, 0);
    input.map.at[0] = 200, input.map.at[1] = 100, input.map.at[2] = -100;
    decem_lrn_args args = {input.map, output.map, 2};
    decem_f32_lrn__ref(&args, 0);
    CHECK(fabs((double)output.map.at[0] - 87.7382675301662) < 1e-4); /* 200 / 3 ^ 0.75 */
    CHECK(fabs((double)output.map.at[1] - 39.0794971390680) < 1e-4); /* 100 / 3.5 ^ 0.75 */
    CHECK(fabs((double)output.map.at[2] + 59.4603557501361) < 1e-4); /* -100 / 2 ^ 0.75 */
    args.size = 3;                                                   /* one channel on either side */
    decem_f32_lrn__ref(&args, 0);
    CHECK(fabs((double)output.map.at[1] - 43.8691337650831) < 1e-4); /* 100 / 3 ^ 0.75 */
    free_map(&input);
    free_map(&output);
}

int main(void) {
    test_the_definition();
    test_channels_and_sizes();
    return check_report();
}
