/* The micro-kernels one by one: each makes the same bits as sums taken one after another, whatever the rows and segments, and
 * writes nothing else. */
#include "kernels/conv/gemm.h"

#include "maps.h"

enum { ROWS_MOST = 31, ROW = 400 /* of inputs */, WIDTH = 40 /* of outputs */, OFFSET = 8 };

static uint32_t seed = 11;

typedef void (*kernel)(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count);

static const int32_t segment_lists[][3] = {{0}, {0, 50}, {7, 60, 31}};

static float expected(const float *input, const decem_gemm_panel *panel, const float *addend, int32_t j) {
    float sum = addend == NULL ? panel->bias[j] : panel->bias[j] + addend[panel->output_offset + j];
    for (int32_t s = 0; s < panel->segment_count; s++)
        for (int32_t k = 0; k < panel->length; k++) {
            float x = input[panel->input_offset + panel->segments[s] + k], w = panel->weights[(s * panel->length + k) * 8 + j];
#if defined(__wasm_relaxed_simd__)
            sum = decem_f32x4_lane0(decem_f32x4_madd(decem_f32x4_splat(x), decem_f32x4_splat(w), decem_f32x4_splat(sum)));
#else
            sum = x * w + sum;
#endif
        }
    return decem_clamp_f32(sum, panel->clamp);
}

/* `run` NULL: decem_f32_gemm itself, which takes any number of rows. */
static void check_case(const char *name, kernel run, int32_t row_count, int32_t columns, int32_t segment_count, int32_t length, bool adds, decem_clamp clamp) {
    char context[96];
    snprintf(context, sizeof context, "%s: %d rows, %d columns, %d segments of %d%s", name, (int)row_count, (int)columns, (int)segment_count,
             (int)length, adds ? ", addend" : "");
    check_in(context);
    float *input = make_values(ROWS_MOST * ROW, &seed), *weights = make_values((size_t)(segment_count * length * 8), &seed);
    float *addend = make_values(ROWS_MOST * WIDTH, &seed), *bias = make_values(8, &seed);
    float *output = make_values(ROWS_MOST * WIDTH, &seed), *before = malloc(ROWS_MOST * WIDTH * sizeof *before);
    memcpy(before, output, ROWS_MOST * WIDTH * sizeof *before);
    const float *inputs[ROWS_MOST + DECEM_GEMM_ROWS_PAST], *addends[ROWS_MOST + DECEM_GEMM_ROWS_PAST];
    float *outputs[ROWS_MOST + DECEM_GEMM_ROWS_PAST];
    for (int32_t i = 0; i < row_count + DECEM_GEMM_ROWS_PAST; i++) {
        int32_t row = i < row_count ? (i * 11) % row_count : (row_count * 11 - 11) % row_count; /* in no order */
        inputs[i] = input + row * ROW;
        addends[i] = addend + row * WIDTH;
        outputs[i] = output + row * WIDTH;
    }
    decem_gemm_rows rows = {inputs, adds ? addends : NULL, outputs, row_count};
    decem_gemm_ahead ahead = {weights, weights + segment_count * length * 8}; /* of no consequence but for time */
    decem_gemm_panel panel = {3, OFFSET, segment_lists[segment_count - 1], segment_count, length, weights, bias, clamp, &ahead};
    if (run == NULL) decem_f32_gemm(&rows, &panel, columns);
    else run(&rows, &panel, 0, row_count);

    CHECK(ahead.at >= weights && ahead.at <= ahead.end);
    int32_t written = columns <= 4 ? 4 : 8, wrong = 0, touched = 0;
    for (int32_t i = 0; i < row_count; i++) {
        ptrdiff_t row = (inputs[i] - input) / ROW;
        for (int32_t j = 0; j < WIDTH; j++) {
            float got = output[row * WIDTH + j];
            if (j < OFFSET || j >= OFFSET + written) touched += !same_bits(got, before[row * WIDTH + j]);
            else wrong += !same_bits(got, expected(inputs[i], &panel, adds ? addends[i] : NULL, j - OFFSET));
        }
    }
    CHECK_EQUAL(wrong, 0);
    CHECK_EQUAL(touched, 0);
    free(input);
    free(weights);
    free(addend);
    free(bias);
    free(output);
    free(before);
}

static void check_kernel(const char *name, kernel run, int32_t row_count, int32_t columns) {
    static const int32_t lengths[] = {1, 2, 9, 300}; /* and several looks ahead on the way */
    for (int32_t segments = 1; segments <= 3; segments++)
        for (int32_t l = 0; l < 4; l++)
            for (int adds = 0; adds < 2; adds++) {
                check_case(name, run, row_count, columns, segments, lengths[l], adds, unbounded);
                check_case(name, run, row_count, columns, segments, lengths[l], adds, narrow);
            }
}

int main(void) {
    for (int32_t times = 1; times <= 3; times++) {
        check_kernel("4x8", decem_f32_gemm_4x8__simd, 4 * times, 8);
        check_kernel("5x8", decem_f32_gemm_5x8__simd, 5 * times, 8);
        check_kernel("6x8", decem_f32_gemm_6x8__simd, 6 * times, 8);
        check_kernel("8x4", decem_f32_gemm_8x4__simd, 8 * times, 4);
    }
    for (int32_t row_count = 1; row_count <= ROWS_MOST; row_count++) { /* of multiples of 11, fewer rows would be made */
        if (row_count % 11 == 0) continue;
        check_kernel("all", NULL, row_count, 8);
        check_kernel("all", NULL, row_count, 5);
        check_kernel("all", NULL, row_count, 4);
        check_kernel("all", NULL, row_count, 1);
    }
    return check_report();
}
