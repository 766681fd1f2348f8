#include "kernels/winograd/winograd.h"

enum {
    ROWS = DECEM_WINOGRAD_FEW,
    AHEAD_EVERY = 4 /* points between two looks ahead: 36 are enough to read the next weights */
};

DECEM_NOINLINE void decem_winograd_multiply_few(const decem_winograd_products *of) {
    decem_winograd_products at = *of;
    for (; at.points > 0; at.points--, at.v += at.v_point, at.u += at.u_point, at.m += at.m_point) {
        if (at.points % AHEAD_EVERY == 0) decem_gemm_look_ahead(&at.ahead);
        decem_f32x4 sums[ROWS][2];
        for (int32_t r = 0; r < ROWS; r++) {
            const float *m = at.m + r * at.m_row;
            sums[r][0] = at.adds ? decem_f32x4_load(m) : decem_f32x4_zero();
            sums[r][1] = at.adds ? decem_f32x4_load(m + 4) : decem_f32x4_zero();
        }
        const float *v = at.v, *end = v + at.depth, *u = at.u;
        do {
            decem_f32x4 u0 = decem_f32x4_load(u), u1 = decem_f32x4_load(u + 4);
            for (int32_t r = 0; r < ROWS; r++) {
                decem_f32x4 x = decem_f32x4_splat_load(v + r * at.v_row);
                sums[r][0] = decem_f32x4_madd(x, u0, sums[r][0]);
                sums[r][1] = decem_f32x4_madd(x, u1, sums[r][1]);
            }
            u += DECEM_CONV_COLUMNS;
            v++;
        } while (v < end);
        for (int32_t r = 0; r < ROWS; r++) {
            decem_f32x4_store(at.m + r * at.m_row, sums[r][0]);
            decem_f32x4_store(at.m + r * at.m_row + 4, sums[r][1]);
        }
    }
}
