/* The micro-kernels of 8 columns: written once for any number of rows, and compiled for each, with all sums in registers. */
#include "kernels/conv/gemm.h"

enum { ROWS_MOST = 6 };

static DECEM_INLINE void multiply_rows(int32_t rows, const decem_gemm_rows *of, const decem_gemm_panel *panel, int32_t first, int32_t count) {
    const float *const *inputs = of->inputs + first, *const *addends = of->addends == NULL ? NULL : of->addends + first;
    float *const *outputs = of->outputs + first;
    const float *bias = panel->bias;
    const int32_t *segments = panel->segments;
    int32_t segment_count = panel->segment_count, length = panel->length, input_offset = panel->input_offset, output_offset = panel->output_offset;
    decem_clamp clamp = panel->clamp;
    decem_gemm_ahead *ahead = panel->ahead;
    for (; count > 0; count -= rows, inputs += rows, outputs += rows) {
        decem_f32x4 sums[ROWS_MOST][2];
        ptrdiff_t distances[ROWS_MOST];
        for (int32_t r = 0; r < rows; r++) {
            sums[r][0] = decem_f32x4_load(bias);
            sums[r][1] = decem_f32x4_load(bias + 4);
            distances[r] = decem_gemm_distance(inputs[0], inputs[r]);
        }
        if (addends != NULL) { /* sums start from it, so that a residual costs no pass of its own */
            for (int32_t r = 0; r < rows; r++) {
                const float *addend = addends[r] + output_offset;
                sums[r][0] = decem_f32x4_add(sums[r][0], decem_f32x4_load(addend));
                sums[r][1] = decem_f32x4_add(sums[r][1], decem_f32x4_load(addend + 4));
            }
            addends += rows;
        }
        const float *w = panel->weights;
        for (int32_t s = 0; s < segment_count; s++) {
            const float *a = inputs[0] + input_offset + segments[s], *end = a + length;
            do {
                const float *stop = decem_gemm_stop(a, end, ahead);
                do {
                    decem_f32x4 w0 = decem_f32x4_load(w), w1 = decem_f32x4_load(w + 4);
                    for (int32_t r = 0; r < rows; r++) { /* one input at a time: with 12 sums, 2 weights and it are all the registers */
                        decem_f32x4 x = decem_gemm_splat_at(a, distances[r]);
                        sums[r][0] = decem_f32x4_madd(x, w0, sums[r][0]);
                        sums[r][1] = decem_f32x4_madd(x, w1, sums[r][1]);
                    }
                    w += 8;
                    a++;
                } while (a < stop);
                decem_gemm_look_ahead(ahead);
            } while (a < end);
        }
        for (int32_t r = 0; r < rows; r++) {
            float *output = outputs[r] + output_offset;
            decem_f32x4_store(output, decem_clamp_f32x4(sums[r][0], clamp));
            decem_f32x4_store(output + 4, decem_clamp_f32x4(sums[r][1], clamp));
        }
    }
}

/* All rows pass in one call: with few channels, calls would cost more than a tenth. */
DECEM_NOINLINE void decem_f32_gemm_4x8__simd(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count) {
    multiply_rows(4, rows, panel, first, count);
}

DECEM_NOINLINE void decem_f32_gemm_5x8__simd(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count) {
    multiply_rows(5, rows, panel, first, count);
}

DECEM_NOINLINE void decem_f32_gemm_6x8__simd(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count) {
    multiply_rows(6, rows, panel, first, count);
}
