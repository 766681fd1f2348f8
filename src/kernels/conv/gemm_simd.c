#include "kernels/conv/gemm.h"

DECEM_NOINLINE void decem_f32_gemm_4x8__simd(const float *const *rows, int32_t row_offset, const int32_t *segments,
                                             int32_t segment_count, int32_t length, const float *weights, const float *bias,
                                             float *const *outputs, int32_t output_offset, decem_clamp clamp) {
    decem_f32x4 c00 = decem_f32x4_load(bias), c01 = decem_f32x4_load(bias + 4);
    decem_f32x4 c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01;
    do {
        const float *a0 = rows[0] + row_offset + *segments, *a1 = rows[1] + row_offset + *segments;
        const float *a2 = rows[2] + row_offset + *segments, *a3 = rows[3] + row_offset + *segments;
        int32_t left = length;
        do {
            decem_f32x4 w0 = decem_f32x4_load(weights), w1 = decem_f32x4_load(weights + 4);
            decem_f32x4 x0 = decem_f32x4_splat_load(a0), x1 = decem_f32x4_splat_load(a1);
            decem_f32x4 x2 = decem_f32x4_splat_load(a2), x3 = decem_f32x4_splat_load(a3);
            c00 = decem_f32x4_madd(x0, w0, c00);
            c01 = decem_f32x4_madd(x0, w1, c01);
            c10 = decem_f32x4_madd(x1, w0, c10);
            c11 = decem_f32x4_madd(x1, w1, c11);
            c20 = decem_f32x4_madd(x2, w0, c20);
            c21 = decem_f32x4_madd(x2, w1, c21);
            c30 = decem_f32x4_madd(x3, w0, c30);
            c31 = decem_f32x4_madd(x3, w1, c31);
            weights += 8;
            a0++, a1++, a2++, a3++;
        } while (--left > 0);
        segments++;
    } while (--segment_count > 0);
    if (clamp.active) {
        decem_f32x4 low = decem_f32x4_splat(clamp.low), high = decem_f32x4_splat(clamp.high);
        c00 = decem_f32x4_min(decem_f32x4_max(c00, low), high);
        c01 = decem_f32x4_min(decem_f32x4_max(c01, low), high);
        c10 = decem_f32x4_min(decem_f32x4_max(c10, low), high);
        c11 = decem_f32x4_min(decem_f32x4_max(c11, low), high);
        c20 = decem_f32x4_min(decem_f32x4_max(c20, low), high);
        c21 = decem_f32x4_min(decem_f32x4_max(c21, low), high);
        c30 = decem_f32x4_min(decem_f32x4_max(c30, low), high);
        c31 = decem_f32x4_min(decem_f32x4_max(c31, low), high);
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
