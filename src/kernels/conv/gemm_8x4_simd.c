#include "kernels/conv/gemm.h"

DECEM_NOINLINE void decem_f32_gemm_8x4__simd(const decem_gemm_rows *rows, const decem_gemm_panel *panel, int32_t first, int32_t count) {
    const float *const *inputs = rows->inputs + first, *const *addends = rows->addends == NULL ? NULL : rows->addends + first;
    float *const *outputs = rows->outputs + first;
    const float *bias = panel->bias;
    const int32_t *segments = panel->segments;
    int32_t segment_count = panel->segment_count, length = panel->length, input_offset = panel->input_offset, output_offset = panel->output_offset;
    decem_clamp clamp = panel->clamp;
    for (; count > 0; count -= 8, inputs += 8, outputs += 8) {
        decem_f32x4 c0 = decem_f32x4_load(bias), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        ptrdiff_t d1 = decem_gemm_distance(inputs[0], inputs[1]), d2 = decem_gemm_distance(inputs[0], inputs[2]), d3 = decem_gemm_distance(inputs[0], inputs[3]);
        ptrdiff_t d4 = decem_gemm_distance(inputs[0], inputs[4]), d5 = decem_gemm_distance(inputs[0], inputs[5]);
        ptrdiff_t d6 = decem_gemm_distance(inputs[0], inputs[6]), d7 = decem_gemm_distance(inputs[0], inputs[7]);
        if (addends != NULL) {
            c0 = decem_f32x4_add(c0, decem_f32x4_load(addends[0] + output_offset));
            c1 = decem_f32x4_add(c1, decem_f32x4_load(addends[1] + output_offset));
            c2 = decem_f32x4_add(c2, decem_f32x4_load(addends[2] + output_offset));
            c3 = decem_f32x4_add(c3, decem_f32x4_load(addends[3] + output_offset));
            c4 = decem_f32x4_add(c4, decem_f32x4_load(addends[4] + output_offset));
            c5 = decem_f32x4_add(c5, decem_f32x4_load(addends[5] + output_offset));
            c6 = decem_f32x4_add(c6, decem_f32x4_load(addends[6] + output_offset));
            c7 = decem_f32x4_add(c7, decem_f32x4_load(addends[7] + output_offset));
            addends += 8;
        }
        const float *w = panel->weights;
        for (int32_t s = 0; s < segment_count; s++) {
            const float *a = inputs[0] + input_offset + segments[s], *end = a + length;
            do {
                decem_f32x4 w0 = decem_f32x4_load(w);
                c0 = decem_f32x4_madd(decem_f32x4_splat_load(a), w0, c0);
                c1 = decem_f32x4_madd(decem_gemm_splat_at(a, d1), w0, c1);
                c2 = decem_f32x4_madd(decem_gemm_splat_at(a, d2), w0, c2);
                c3 = decem_f32x4_madd(decem_gemm_splat_at(a, d3), w0, c3);
                c4 = decem_f32x4_madd(decem_gemm_splat_at(a, d4), w0, c4);
                c5 = decem_f32x4_madd(decem_gemm_splat_at(a, d5), w0, c5);
                c6 = decem_f32x4_madd(decem_gemm_splat_at(a, d6), w0, c6);
                c7 = decem_f32x4_madd(decem_gemm_splat_at(a, d7), w0, c7);
                w += 8;
                a++;
            } while (a < end);
        }
        decem_f32x4_store(outputs[0] + output_offset, decem_clamp_f32x4(c0, clamp));
        decem_f32x4_store(outputs[1] + output_offset, decem_clamp_f32x4(c1, clamp));
        decem_f32x4_store(outputs[2] + output_offset, decem_clamp_f32x4(c2, clamp));
        decem_f32x4_store(outputs[3] + output_offset, decem_clamp_f32x4(c3, clamp));
        decem_f32x4_store(outputs[4] + output_offset, decem_clamp_f32x4(c4, clamp));
        decem_f32x4_store(outputs[5] + output_offset, decem_clamp_f32x4(c5, clamp));
        decem_f32x4_store(outputs[6] + output_offset, decem_clamp_f32x4(c6, clamp));
        decem_f32x4_store(outputs[7] + output_offset, decem_clamp_f32x4(c7, clamp));
    }
}
