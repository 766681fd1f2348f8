/* The fully connected kernel against its reference, and the reordering of its weights. */
#include "kernels/linear/linear.h"

#include "maps.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

static uint32_t seed = 3;

static void check_case(int32_t in, int32_t out, decem_clamp clamp) {
    char name[80];
    snprintf(name, sizeof name, "%d to %d, clamp %g to %g", (int)in, (int)out, (double)clamp.low, (double)clamp.high);
    check_in(name);
    float *input = make_values((size_t)in, &seed), *weights = make_values((size_t)(in * out), &seed), *bias = make_values((size_t)out, &seed);
    float *input_sizes = magnitudes(input, (size_t)in), *weight_sizes = magnitudes(weights, (size_t)(in * out)), *zeros = calloc((size_t)out, sizeof(float));
    guarded_map output = make_map(1, 1, out, 0), wanted = make_map(1, 1, out, 0), bound = make_map(1, 1, out, 0);

    decem_linear_args args = {input, output.map.at, in, out, weights, bias, clamp}, reference = args;
    decem_linear_args spread = {input_sizes, bound.map.at, in, out, weight_sizes, zeros, unbounded};
    reference.output = wanted.map.at;
    int32_t tiles = decem_linear_tiles(&args);
    for (int32_t t = 0; t < tiles; t++) {
        decem_f32_linear__simd(&args, tiles - 1 - t);
        decem_f32_linear__ref(&reference, t);
        decem_f32_linear__ref(&spread, t);
    }
    for (int32_t n = 0; n < out; n++) bound.map.at[n] = (float)in * 0x1p-24f * bound.map.at[n] + fabsf(bias[n]) * 0x1p-22f;
    CHECK(agrees(&output.map, &wanted.map, &bound.map));
    CHECK(is_untouched_around(&output));
    CHECK(is_untouched_around(&wanted));

    free(input);
    free(weights);
    free(bias);
    free(input_sizes);
    free(weight_sizes);
    free(zeros);
    free_map(&output);
    free_map(&wanted);
    free_map(&bound);
}

static void test_sizes(void) {
    static const int32_t ins[] = {1, 2, 3, 4, 5, 7, 8, 9, 58, 1024};
    static const int32_t outs[] = {1, 2, 3, 4, 5, 7, DECEM_LINEAR_TILE - 1, DECEM_LINEAR_TILE, DECEM_LINEAR_TILE + 1, 2 * DECEM_LINEAR_TILE + 3};
    for (int32_t i = 0; i < COUNT(ins); i++)
        for (int32_t j = 0; j < COUNT(outs); j++) {
            check_case(ins[i], outs[j], unbounded);
            check_case(ins[i], outs[j], relu);
            check_case(ins[i], outs[j], narrow);
        }
}

/* An output has the same bits wherever it stands: alone at the end of a tile, or one of four. */
static void test_places(void) {
    check_in("places");
    enum { IN = 37 };
    float *input = make_values(IN, &seed), *row = make_values(IN, &seed), *weights = malloc(9 * IN * sizeof *weights), bias[9] = {0}, output[9];
    for (int32_t n = 0; n < 9; n++) memcpy(weights + n * IN, row, IN * sizeof *row);
    decem_linear_args args = {input, output, IN, 9, weights, bias, unbounded};
    decem_f32_linear__simd(&args, 0);
    for (int32_t n = 1; n < 9; n++) CHECK(same_bits(output[n], output[0]));
    free(input);
    free(row);
    free(weights);
}

/* [2 channels][3 pixels] becomes [3 pixels][2 channels]. */
static void test_pack_row(void) {
    check_in("pack row");
    const float row[] = {0, 1, 2, 10, 11, 12}, wanted[] = {0, 10, 1, 11, 2, 12};
    float packed[6];
    decem_linear_pack_row(2, 3, row, packed);
    CHECK(memcmp(packed, wanted, sizeof wanted) == 0);
}

/* The reference itself, by hand. */
static void test_the_definition(void) {
    check_in("by hand");
    const float input[] = {1, 2, 3}, weights[] = {1, 10, 100, -1, -1, -1}, bias[] = {1000, 2};
    float output[2];
    decem_linear_args args = {input, output, 3, 2, weights, bias, {0.0f, 6.0f, 0}};
    decem_f32_linear__ref(&args, 0);
    CHECK_EQUAL(output[0], 1321);
    CHECK_EQUAL(output[1], -4);
    args.clamp.bounds = 2;
    decem_f32_linear__ref(&args, 0);
    CHECK_EQUAL(output[0], 6);
    CHECK_EQUAL(output[1], 0);
}

int main(void) {
    test_the_definition();
    test_sizes();
    test_places();
    test_pack_row();
    return check_report();
}
