#include "kernels/conv/gemm.h"

/* All rows pass in one call: with few channels, calls would cost more than a tenth. */
DECEM_NOINLINE void decem_f32_gemm_4x8__simd(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count) {
    const float *const *inputs = rows->inputs + first, *const *addends = rows->addends == NULL ? NULL : rows->addends + first;
    float *const *outputs = rows->outputs + first;
    const float *bias = panel->bias;
    const int32_t *segments = panel->segments;
    int32_t segment_count = panel->segment_count, length = panel->length, input_offset = panel->input_offset, output_offset = panel->output_offset;
    decem_clamp clamp = panel->clamp;
    decem_gemm_ahead *ahead = panel->ahead;
    for (; count > 0; count -= 4, inputs += 4, outputs += 4) {
        decem_f32x4 c00 = decem_f32x4_load(bias), c01 = decem_f32x4_load(bias + 4);
        decem_f32x4 c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01;
        ptrdiff_t d1 = decem_gemm_distance(inputs[0], inputs[1]), d2 = decem_gemm_distance(inputs[0], inputs[2]);
        ptrdiff_t d3 = decem_gemm_distance(inputs[0], inputs[3]);
        if (addends != NULL) { /* sums start from it, so that a residual costs no pass of its own */
            const float *e0 = addends[0] + output_offset, *e1 = addends[1] + output_offset;
            const float *e2 = addends[2] + output_offset, *e3 = addends[3] + output_offset;
            c00 = decem_f32x4_add(c00, decem_f32x4_load(e0));
            c01 = decem_f32x4_add(c01, decem_f32x4_load(e0 + 4));
            c10 = decem_f32x4_add(c10, decem_f32x4_load(e1));
            c11 = decem_f32x4_add(c11, decem_f32x4_load(e1 + 4));
            c20 = decem_f32x4_add(c20, decem_f32x4_load(e2));
            c21 = decem_f32x4_add(c21, decem_f32x4_load(e2 + 4));
            c30 = decem_f32x4_add(c30, decem_f32x4_load(e3));
            c31 = decem_f32x4_add(c31, decem_f32x4_load(e3 + 4));
            addends += 4;
        }
        const float *w = panel->weights;
        for (int32_t s = 0; s < segment_count; s++) {
            const float *a = inputs[0] + input_offset + segments[s], *end = a + length;
            do {
                const float *stop = decem_gemm_stop(a, end, ahead);
                do {
                    decem_f32x4 w0 = decem_f32x4_load(w), w1 = decem_f32x4_load(w + 4);
                    decem_f32x4 x0 = decem_f32x4_splat_load(a), x1 = decem_gemm_splat_at(a, d1), x2 = decem_gemm_splat_at(a, d2), x3 = decem_gemm_splat_at(a, d3);
                    c00 = decem_f32x4_madd(x0, w0, c00);
                    c01 = decem_f32x4_madd(x0, w1, c01);
                    c10 = decem_f32x4_madd(x1, w0, c10);
                    c11 = decem_f32x4_madd(x1, w1, c11);
                    c20 = decem_f32x4_madd(x2, w0, c20);
                    c21 = decem_f32x4_madd(x2, w1, c21);
                    c30 = decem_f32x4_madd(x3, w0, c30);
                    c31 = decem_f32x4_madd(x3, w1, c31);
                    w += 8;
                    a++;
                } while (a < stop);
                decem_gemm_look_ahead(ahead);
            } while (a < end);
        }
        if (clamp.bounds > 0) {
            c00 = decem_clamp_f32x4(c00, clamp);
            c01 = decem_clamp_f32x4(c01, clamp);
            c10 = decem_clamp_f32x4(c10, clamp);
            c11 = decem_clamp_f32x4(c11, clamp);
            c20 = decem_clamp_f32x4(c20, clamp);
            c21 = decem_clamp_f32x4(c21, clamp);
            c30 = decem_clamp_f32x4(c30, clamp);
            c31 = decem_clamp_f32x4(c31, clamp);
        }
        float *o0 = outputs[0] + output_offset, *o1 = outputs[1] + output_offset;
        float *o2 = outputs[2] + output_offset, *o3 = outputs[3] + output_offset;
        decem_f32x4_store(o0, c00);
        decem_f32x4_store(o0 + 4, c01);
        decem_f32x4_store(o1, c10);
        decem_f32x4_store(o1 + 4, c11);
        decem_f32x4_store(o2, c20);
        decem_f32x4_store(o2 + 4, c21);
        decem_f32x4_store(o3, c30);
        decem_f32x4_store(o3 + 4, c31);
    }
}
