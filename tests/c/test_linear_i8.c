/* The fully connected kernel of 8-bit weights: against its reference within the contract's tolerance, exactly where the sums are
 * whole numbers, and to the bit what every other build gives. */
#include "kernels/linear/linear_i8.h"

#include "maps.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

static uint32_t seed = 3;

typedef struct layer {
    decem_linear_i8_args args;
    float *input, *scales, *bias;
    int8_t *weights;
    int16_t *rounded;
    float unit;
    guarded_map output;
} layer;

/* Random in everything, weights from -128 to 127, some scales 0. */
static layer *make_layer(int32_t in, int32_t out, decem_clamp clamp) {
    layer *made = malloc(sizeof *made);
    int32_t row = decem_linear_i8_row(in);
    made->input = make_values((size_t)in, &seed);
    made->bias = make_values((size_t)out, &seed);
    made->scales = magnitudes(made->bias, (size_t)out);
    made->weights = calloc((size_t)(out * row), 1);
    made->rounded = malloc((size_t)row * sizeof *made->rounded);
    for (int32_t n = 0; n < out; n++) {
        made->bias[n] = next_value(&seed);
        if (n % 7 == 3) made->scales[n] = 0.0f;
        for (int32_t k = 0; k < in; k++) made->weights[n * row + k] = (int8_t)floorf(next_value(&seed) * 128.0f);
    }
    made->output = make_map(1, 1, out, 0);
    made->args = (decem_linear_i8_args){made->input, made->output.map.at, in, out, made->weights, made->scales, made->bias, clamp, made->rounded, &made->unit};
    return made;
}

static void free_layer(layer *made) {
    free(made->input);
    free(made->scales);
    free(made->bias);
    free(made->weights);
    free(made->rounded);
    free_map(&made->output);
    free(made);
}

/* All of it; last tile first. */
static void run(const layer *made) {
    decem_linear_i8_round__simd(&made->args);
    for (int32_t t = decem_linear_i8_tiles(&made->args) - 1; t >= 0; t--) decem_i8_linear__simd(&made->args, t);
}

/* ---- Against the reference ---- */

/* The contract's tolerance of one output. */
static float tolerance(const layer *made, int32_t n) {
    double weights = 0.0, products = 0.0, largest = 0.0;
    for (int32_t k = 0; k < made->args.in; k++) {
        double w = fabs((double)made->weights[n * decem_linear_i8_row(made->args.in) + k] * (double)made->scales[n]), x = fabs((double)made->input[k]);
        weights += w;
        products += w * x;
        if (x > largest) largest = x;
    }
    return (float)(1.02 * 0x1p-16 * largest * weights + (made->args.in / 1024 + 8) * 0x1p-24 * products + fabs((double)made->bias[n]) * 0x1p-22);
}

static void check_layer(layer *made) {
    guarded_map wanted = make_map(1, 1, made->args.out, 0), bound = make_map(1, 1, made->args.out, 0);
    decem_linear_i8_args reference = made->args;
    reference.output = wanted.map.at;
    run(made);
    for (int32_t t = 0; t < decem_linear_i8_tiles(&reference); t++) decem_i8_linear__ref(&reference, t);
    for (int32_t n = 0; n < made->args.out; n++) bound.map.at[n] = tolerance(made, n);
    CHECK(agrees(&made->output.map, &wanted.map, &bound.map));
    CHECK(is_untouched_around(&made->output));
    CHECK(is_untouched_around(&wanted));
    free_map(&wanted);
    free_map(&bound);
}

static void test_sizes(void) {
    static const int32_t ins[] = {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 1024, DECEM_LINEAR_I8_BLOCK - 1, DECEM_LINEAR_I8_BLOCK, DECEM_LINEAR_I8_BLOCK + 1};
    static const int32_t outs[] = {1, 2, 3, 4, 5, 7, DECEM_LINEAR_TILE - 1, DECEM_LINEAR_TILE, DECEM_LINEAR_TILE + 1, 2 * DECEM_LINEAR_TILE + 3};
    static const decem_clamp *const clamps[] = {&unbounded, &relu, &narrow};
    for (int32_t i = 0; i < COUNT(ins); i++)
        for (int32_t j = 0; j < COUNT(outs); j++)
            for (int32_t c = 0; c < COUNT(clamps); c++) {
                char name[80];
                snprintf(name, sizeof name, "%d to %d, clamp %d", (int)ins[i], (int)outs[j], (int)c);
                check_in(name);
                layer *made = make_layer(ins[i], outs[j], *clamps[c]);
                check_layer(made);
                free_layer(made);
            }
}

/* VGG16's first, of the largest sums there can be: everything at its bound, of one sign and of both. */
static void test_extremes(void) {
    static const int8_t weights[] = {-128, 127};
    static const float inputs[] = {1000.0f, -1000.0f};
    for (int32_t w = 0; w < 2; w++)
        for (int32_t x = 0; x < 2; x++) {
            check_in(w ? x ? "127 times -max" : "127 times max" : x ? "-128 times -max" : "-128 times max");
            layer *made = make_layer(25088, 5, unbounded);
            memset(made->weights, weights[w], 5 * 25088);
            for (int32_t k = 0; k < 25088; k++) made->input[k] = inputs[x];
            check_layer(made);
            free_layer(made);
        }
}

/* Whole multiples of the largest input / 32767: nothing is rounded, so sums are exact. */
static void test_exact(void) {
    check_in("exact");
    enum { IN = 100 };
    layer *made = make_layer(IN, 6, unbounded);
    for (int32_t k = 0; k < IN; k++) made->input[k] = k == 70 ? -32767.0f : (float)(k * 37 % 1000 - 500);
    for (int32_t n = 0; n < 6; n++) {
        made->scales[n] = 0.5f;
        made->bias[n] = 3.0f;
    }
    run(made);
    for (int32_t n = 0; n < 6; n++) {
        int64_t sum = 0;
        for (int32_t k = 0; k < IN; k++) sum += made->weights[n * decem_linear_i8_row(IN) + k] * (int64_t)made->input[k];
        CHECK(made->output.map.at[n] == (float)sum * 0.5f + 3.0f);
    }
    free_layer(made);
}

/* An output has the same bits wherever it stands: alone at the end of a tile, or one of four. */
static void test_places(void) {
    check_in("places");
    enum { IN = 37 };
    layer *made = make_layer(IN, 9, unbounded);
    for (int32_t n = 1; n < 9; n++) {
        memcpy(made->weights + n * decem_linear_i8_row(IN), made->weights, IN);
        made->scales[n] = made->scales[0];
        made->bias[n] = made->bias[0];
    }
    run(made);
    for (int32_t n = 1; n < 9; n++) CHECK(same_bits(made->output.map.at[n], made->output.map.at[0]));
    free_layer(made);
}

/* ---- The input ---- */

static void test_rounding(void) {
    check_in("rounding");
    layer *made = make_layer(9, 1, unbounded);
    const float input[] = {0.0f, 1.0f, -1.0f, 0.5f, 1.5f, 2.5f, -2.5f, 2.4999f, 32767.0f};
    static const int16_t wanted[16] = {0, 1, -1, 0, 2, 2, -2, 2, 32767};
    memcpy(made->input, input, sizeof input);
    run(made);
    CHECK(made->unit == 1.0f);
    CHECK(memcmp(made->rounded, wanted, sizeof wanted) == 0);
    free_layer(made);
}

/* Inputs that no unit can be made of. */
static void test_strange_inputs(void) {
    static const struct { float value; bool gives_nan; } rows[] = {
        {0.0f, false}, {-0.0f, false}, {1e-45f, false}, {0x1p-101f, false}, {0x1p-100f, false}, {3e38f, false}, {INFINITY, true}, {-INFINITY, true}, {NAN, true}, {-NAN, true},
    };
    for (int32_t i = 0; i < COUNT(rows); i++)
        for (int32_t at = 0; at < 3; at++) {
            check_in(rows[i].gives_nan ? "not finite" : "tiny or huge");
            layer *made = make_layer(19, 5, unbounded);
            for (int32_t k = 0; k < 19; k++) made->input[k] = 0.0f;
            made->input[at * 9] = rows[i].value;
            for (int32_t n = 0; n < 5; n++) made->scales[n] = 1e-3f;
            run(made);
            for (int32_t n = 0; n < 5; n++) {
                float output = made->output.map.at[n];
                if (rows[i].gives_nan) CHECK(isnan(output));
                else if (fabsf(rows[i].value) < 1.0f) CHECK(output == made->bias[n]);
                else CHECK(isfinite(output) && fabsf(output - made->weights[n * 32 + at * 9] * 1e-3f * rows[i].value) <= 1e32f);
            }
            free_layer(made);
        }
}

/* ---- Once more by hand, and in bits ---- */

static void test_the_definition(void) {
    check_in("by hand");
    const float input[] = {1, 2, 3}, scales[] = {0.5f, 2}, bias[] = {1000, 2};
    int8_t weights[32] = {1, 10, 100};
    float output[2];
    weights[16] = weights[17] = weights[18] = -1;
    decem_linear_i8_args args = {input, output, 3, 2, weights, scales, bias, {0.0f, 6.0f, 0}, NULL, NULL};
    decem_i8_linear__ref(&args, 0);
    CHECK(output[0] == 1160.5f);
    CHECK(output[1] == -10.0f);
    args.clamp.bounds = 2;
    decem_i8_linear__ref(&args, 0);
    CHECK(output[0] == 6.0f);
    CHECK(output[1] == 0.0f);
}

/* [2 channels][3 pixels] becomes [3 pixels][2 channels], filled up with zeros. */
static void test_pack_row(void) {
    check_in("pack row");
    const float row[] = {0, 1, 127, -10, -11, -128};
    static const int8_t wanted[16] = {0, -10, 1, -11, 127, -128};
    int8_t packed[16];
    memset(packed, 7, sizeof packed);
    decem_linear_i8_pack_row(2, 3, row, packed);
    CHECK(memcmp(packed, wanted, sizeof wanted) == 0);
    CHECK_EQUAL(decem_linear_i8_row(1), 16);
    CHECK_EQUAL(decem_linear_i8_row(16), 16);
    CHECK_EQUAL(decem_linear_i8_row(17), 32);
}

/* Sums of several blocks, in every build the same: natively, under sanitizers, in WASM. */
static void test_bits(void) {
    check_in("bits");
    seed = 11;
    layer *made = make_layer(5000, 13, unbounded);
    run(made);
    uint32_t hash = 2166136261u;
    for (int32_t n = 0; n < 13; n++) {
        uint32_t bits;
        memcpy(&bits, &made->output.map.at[n], sizeof bits);
        hash = (hash ^ bits) * 16777619u;
    }
    CHECK_EQUAL(hash, 1870172600);
    free_layer(made);
}

int main(void) {
    test_the_definition();
    test_pack_row();
    test_rounding();
    test_exact();
    test_sizes();
    test_extremes();
    test_places();
    test_strange_inputs();
    test_bits();
    return check_report();
}
