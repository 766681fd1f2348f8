#include <stddef.h>

#include "kernels/winograd/winograd.h"

enum {
    SIDE = 6,
    LAST = SIDE - 1, /* the place of infinity along a side */
    ROWS = DECEM_WINOGRAD_FEW,
    AHEAD_EVERY = 4, /* points between two looks ahead: with more looks or fewer it was slower */
    /* Of a cut image's points at infinity: the corner is in the line, and the column's fifth, without a partner, is multiplied for all blocks. */
    LINE_PAIRS = SIDE / 2, COLUMN_PAIRS = LAST / 2
};

/* Points of all blocks, one after another; or two at once of two blocks each, `next_point` and `next_row` apart: as many sums as fill registers, for
 * each waits for the one before. */
static DECEM_INLINE void multiply(const decem_winograd_products *of, decem_gemm_ahead *ahead, int32_t place, int32_t count, int32_t points, int32_t next_point,
                                  int32_t next_row) {
    const float *v = of->v + place * DECEM_WINOGRAD_FEW_V_STRIDE, *u = of->u + place * DECEM_WINOGRAD_FEW_U_STRIDE;
    float *m = of->m + place * DECEM_WINOGRAD_FEW_M_STRIDE;
    int32_t v_next = next_point * DECEM_WINOGRAD_FEW_V_STRIDE, u_next = next_point * DECEM_WINOGRAD_FEW_U_STRIDE, m_next = next_point * DECEM_WINOGRAD_FEW_M_STRIDE;
    int32_t v_row = next_row * DECEM_WINOGRAD_FEW_DEPTH, m_row = next_row * DECEM_CONV_COLUMNS;
    for (; count > 0; count--, v += points * v_next, u += points * u_next, m += points * m_next) {
        if (ahead != NULL && count % AHEAD_EVERY == 0) decem_gemm_look_ahead(ahead);
        decem_f32x4 sums[ROWS][2];
        for (int32_t i = 0; i < ROWS; i++) {
            const float *sum = m + i % points * m_next + i / points * m_row;
            sums[i][0] = decem_f32x4_load(sum);
            sums[i][1] = decem_f32x4_load(sum + 4);
        }
        const float *a = v, *end = v + of->depth, *w = u;
        do {
            decem_f32x4 weights[2][2];
            for (int32_t p = 0; p < points; p++) {
                weights[p][0] = decem_f32x4_load(w + p * u_next);
                weights[p][1] = decem_f32x4_load(w + p * u_next + 4);
            }
            for (int32_t i = 0; i < ROWS; i++) {
                decem_f32x4 x = decem_f32x4_splat_load(a + i % points * v_next + i / points * v_row);
                sums[i][0] = decem_f32x4_madd(x, weights[i % points][0], sums[i][0]);
                sums[i][1] = decem_f32x4_madd(x, weights[i % points][1], sums[i][1]);
            }
            w += DECEM_CONV_COLUMNS;
            a++;
        } while (a < end);
        for (int32_t i = 0; i < ROWS; i++) {
            float *sum = m + i % points * m_next + i / points * m_row;
            decem_f32x4_store(sum, sums[i][0]);
            decem_f32x4_store(sum + 4, sums[i][1]);
        }
    }
}

DECEM_NOINLINE static void multiply_all(const decem_winograd_products *of, decem_gemm_ahead *ahead, int32_t place, int32_t count) {
    multiply(of, ahead, place, count, 1, 1, 1);
}

DECEM_NOINLINE static void multiply_last_line(const decem_winograd_products *of) {
    multiply(of, NULL, LAST * SIDE, LINE_PAIRS, 2, 1, 1);
}

DECEM_NOINLINE static void multiply_last_column(const decem_winograd_products *of) {
    multiply(of, NULL, LAST, COLUMN_PAIRS, 2, SIDE, 2);
}

void decem_winograd_multiply_few(const decem_winograd_products *of) {
    decem_gemm_ahead ahead = of->ahead;
    if (!of->cut) {
        multiply_all(of, &ahead, 0, SIDE * SIDE);
        return;
    }
    for (int32_t y = 0; y < LAST; y++) multiply_all(of, &ahead, y * SIDE, y < 2 * COLUMN_PAIRS ? LAST : SIDE);
    multiply_last_line(of);
    multiply_last_column(of);
}
