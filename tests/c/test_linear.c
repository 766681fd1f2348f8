/* The fully connected kernel against its reference, and the order of its weights. */
#include "kernels/linear/linear.h"

#include "maps.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

static uint32_t seed = 3;

/* Rows of weights, as they come, packed. To be freed by the caller. */
static float *pack(int32_t in, int32_t out, const float *rows) {
    size_t bytes = (size_t)decem_linear_weight_elements(in, out) * sizeof(float);
    float *packed = malloc(bytes);
    memset(packed, 0xff, bytes); /* NaNs, where no weight comes */
    for (int32_t n = 0; n < out; n++) decem_linear_pack_row(in, n, rows + (ptrdiff_t)n * in, packed);
    return packed;
}

static void run(decem_linear_args args) {
    int32_t count = 0, tiles = decem_linear_tiles(&args);
    args.terms = malloc((size_t)(args.channels * args.pixels) * sizeof *args.terms);
    args.term_count = &count;
    decem_linear_find_terms(&args);
    for (int32_t t = tiles - 1; t >= 0; t--) decem_f32_linear__simd(&args, t);
    free(args.terms);
}

/* Every third input is zero. */
static void check_case(int32_t channels, int32_t pixels, int32_t out, decem_clamp clamp) {
    char name[80];
    snprintf(name, sizeof name, "%d x %d to %d, clamp %g to %g", (int)channels, (int)pixels, (int)out, (double)clamp.low, (double)clamp.high);
    check_in(name);
    int32_t in = channels * pixels;
    float *input = make_values((size_t)in, &seed), *rows = make_values((size_t)(in * out), &seed), *bias = make_values((size_t)out, &seed);
    for (int32_t k = 1; k < in; k += 3) input[k] = 0.0f;
    float *input_sizes = magnitudes(input, (size_t)in), *row_sizes = magnitudes(rows, (size_t)(in * out)), *zeros = calloc((size_t)out, sizeof(float));
    float *weights = pack(in, out, rows), *weight_sizes = pack(in, out, row_sizes);
    guarded_map output = make_map(1, 1, out, 0), wanted = make_map(1, 1, out, 0), bound = make_map(1, 1, out, 0);

    decem_linear_args args = {input, output.map.at, channels, pixels, out, weights, bias, clamp, NULL, NULL}, reference = args;
    decem_linear_args spread = {input_sizes, bound.map.at, channels, pixels, out, weight_sizes, zeros, unbounded, NULL, NULL};
    reference.output = wanted.map.at;
    run(args);
    for (int32_t t = 0; t < decem_linear_tiles(&args); t++) {
        decem_f32_linear__ref(&reference, t);
        decem_f32_linear__ref(&spread, t);
    }
    for (int32_t n = 0; n < out; n++) bound.map.at[n] = (float)in * 0x1p-24f * bound.map.at[n] + fabsf(bias[n]) * 0x1p-22f;
    CHECK(agrees(&output.map, &wanted.map, &bound.map));
    CHECK(is_untouched_around(&output));
    CHECK(is_untouched_around(&wanted));

    float *arrays[] = {input, rows, bias, input_sizes, row_sizes, zeros, weights, weight_sizes};
    for (int32_t i = 0; i < COUNT(arrays); i++) free(arrays[i]);
    free_map(&output);
    free_map(&wanted);
    free_map(&bound);
}

static void test_sizes(void) {
    static const int32_t channels[] = {1, 2, 3, 4, 5, 8, 58, 1024}, pixels[] = {1, 4, 49};
    static const int32_t outs[] = {1, 2, 4, 7, DECEM_LINEAR_BLOCK, DECEM_LINEAR_BLOCK + 1, DECEM_LINEAR_TILE - 1, DECEM_LINEAR_TILE, DECEM_LINEAR_TILE + 1,
                                   2 * DECEM_LINEAR_TILE + 3};
    for (int32_t i = 0; i < COUNT(channels); i++)
        for (int32_t j = 0; j < COUNT(outs); j++) {
            int32_t p = pixels[(i + j) % COUNT(pixels)];
            check_case(channels[i], p, outs[j], unbounded);
            check_case(channels[i], p, outs[j], relu);
            check_case(channels[i], p, outs[j], narrow);
        }
}

/* An output has the same bits wherever it stands in a tile. */
static void test_places(void) {
    check_in("places");
    enum { IN = 37, OUT = DECEM_LINEAR_TILE + 1 };
    float *input = make_values(IN, &seed), *row = make_values(IN, &seed), *rows = malloc(OUT * IN * sizeof *rows), bias[OUT] = {0}, output[OUT];
    for (int32_t n = 0; n < OUT; n++) memcpy(rows + n * IN, row, IN * sizeof *row);
    float *weights = pack(IN, OUT, rows);
    run((decem_linear_args){input, output, IN, 1, OUT, weights, bias, unbounded, NULL, NULL});
    for (int32_t n = 1; n < OUT; n++) CHECK(same_bits(output[n], output[0]));
    free(input);
    free(row);
    free(rows);
    free(weights);
}

/* The weights of an input that is zero are not read: here they are NaN. An input that is NaN is not zero. */
static void test_zeros(void) {
    check_in("zeros");
    const float input[] = {0.0f, 2.0f, -0.0f, 3.0f}, row[] = {NAN, 10.0f, NAN, 100.0f}, none[4] = {0}, bias[] = {1.0f};
    float output[1], *weights = pack(4, 1, row);
    run((decem_linear_args){input, output, 4, 1, 1, weights, bias, unbounded, NULL, NULL});
    CHECK_EQUAL(output[0], 321);
    run((decem_linear_args){none, output, 4, 1, 1, weights, bias, unbounded, NULL, NULL});
    CHECK_EQUAL(output[0], 1);
    run((decem_linear_args){(const float[]){0.0f, NAN, 0.0f, 3.0f}, output, 4, 1, 1, weights, bias, unbounded, NULL, NULL});
    CHECK(isnan(output[0]));
    free(weights);
}

/* A map of [2 pixels][3 channels] meets weights of [3 channels][2 pixels], for the kernel and for the reference. */
static void test_the_definition(void) {
    check_in("by hand");
    const float input[] = {1, 2, 3, 4, 5, 6}, rows[] = {1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, -1, -1, -1, -1, -1, -1}, bias[] = {1000000, 2};
    float output[2], *weights = pack(6, 2, rows);
    decem_linear_args args = {input, output, 3, 2, 2, weights, bias, {0.0f, 6.0f, 0}, NULL, NULL};
    run(args);
    CHECK_EQUAL(output[0], 1635241);
    CHECK_EQUAL(output[1], -19);
    decem_f32_linear__ref(&args, 0);
    CHECK_EQUAL(output[0], 1635241);
    CHECK_EQUAL(output[1], -19);
    args.clamp.bounds = 2;
    decem_f32_linear__ref(&args, 0);
    CHECK_EQUAL(output[0], 6);
    CHECK_EQUAL(output[1], 0);
    free(weights);
}

int main(void) {
    test_the_definition();
    test_sizes();
    test_places();
    test_zeros();
    return check_report();
}
