/* Moves against their reference, to the bit: with and without something to add, clamps, steps between channels, gaps. */
#include "kernels/move/move.h"

#include "maps.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

static uint32_t seed = 6;

static void check_case(int32_t channels, int32_t height, int32_t width, bool adds, int32_t step, decem_clamp clamp, int32_t gap) {
    char name[120];
    snprintf(name, sizeof name, "%d channels, image %dx%d, %s, step %d, clamp %g to %g, gap %d", (int)channels, (int)height, (int)width, adds ? "sum" : "copy",
             (int)step, (double)clamp.low, (double)clamp.high, (int)gap);
    check_in(name);
    /* The output has room for `step` such moves side by side; this one writes the last of each group of channels. */
    guarded_map input = make_input(height, width, channels, gap, (border){0, 0, 0, 0}, &seed);
    guarded_map addend = make_input(height, width, channels, 2 * gap, (border){0, 0, 0, 0}, &seed);
    guarded_map output = make_map(height, width, channels * step, gap), wanted = make_map(height, width, channels * step, gap);
    decem_move_args args = {.input = input.map, .output = output.map, .output_step = step, .clamp = clamp};
    if (adds) args.addend = addend.map;
    decem_move_args reference = args;
    reference.output = wanted.map;
    args.output.at += step - 1;
    reference.output.at += step - 1;
    for (int32_t y = 0; y < height; y++) {
        decem_f32_move__simd(&args, height - 1 - y);
        decem_f32_move__ref(&reference, y);
    }
    /* All of memory: what was moved, and the canaries in the channels and gaps that were not its to write. */
    CHECK(memcmp(output.memory, wanted.memory, output.count * sizeof(float)) == 0);
    CHECK(is_untouched_around(&output));
    for (int32_t c = 0; c < channels * step; c++) CHECK_EQUAL(same_bits(*map_at(&output.map, height - 1, width - 1, c), output.memory[0]), c % step != step - 1);
    free_map(&input);
    free_map(&addend);
    free_map(&output);
    free_map(&wanted);
}

static void test_all(void) {
    static const int32_t channels[] = {1, 2, 3, 4, 5, 7, 8, 9, 58}, steps[] = {1, 2, 3, 8}, sizes[][2] = {{1, 1}, {3, 2}, {2, 7}};
    const decem_clamp clamps[] = {unbounded, relu, narrow};
    for (int32_t i = 0; i < COUNT(channels); i++)
        for (int32_t s = 0; s < COUNT(steps); s++)
            for (int32_t z = 0; z < COUNT(sizes); z++)
                for (int32_t k = 0; k < COUNT(clamps); k++)
                    for (int32_t adds = 0; adds <= 1; adds++)
                        for (int32_t gap = 0; gap <= 3; gap += 3) check_case(channels[i], sizes[z][0], sizes[z][1], adds == 1, steps[s], clamps[k], gap);
}

/* The reference itself, by hand. */
static void test_the_definition(void) {
    check_in("by hand");
    float input[] = {1, -5, 7}, addend[] = {10, 1, 1}, output[6] = {0};
    decem_move_args args = {{input, 1, 1, 3, 3, 3}, {addend, 1, 1, 3, 3, 3}, {output, 1, 1, 3, 6, 6}, 2, {0.0f, 9.0f, 2}};
    decem_f32_move__ref(&args, 0);
    const float wanted[] = {9, 0, 0, 0, 8, 0};
    CHECK(memcmp(output, wanted, sizeof wanted) == 0);
}

int main(void) {
    test_the_definition();
    test_all();
    return check_report();
}
