/* The transforms of one line of a block, in registers, with the points 0, 1, -1, 2, -2 and infinity; a narrow line has only 0, 1, -1 and
 * infinity of them, and leaves the two between as they are. Of two lines' worth the transforms of blocks are made. */
#ifndef DECEM_KERNELS_WINOGRAD_WINOGRAD_LINES_H
#define DECEM_KERNELS_WINOGRAD_WINOGRAD_LINES_H

#include "kernels/winograd/winograd.h"

enum { SIDE = DECEM_WINOGRAD_SIDE, BLOCK_MOST = 4 };

#define ADD decem_f32x4_add
#define SUB decem_f32x4_sub
#define PLUS decem_f32x4_plus

static inline decem_f32x4 times(float factor, decem_f32x4 a) {
    return decem_f32x4_mul(decem_f32x4_splat(factor), a);
}

/* Bt d: six values to six. */
static inline void input_line(decem_f32x4 *d) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4], d5 = d[5];
    decem_f32x4 even = times(-1.0f / 6, SUB(d4, times(4, d2))), odd = times(-1.0f / 6, SUB(d3, times(4, d1)));
    decem_f32x4 outer_even = times(1.0f / 24, SUB(d4, d2)), outer_odd = times(1.0f / 12, SUB(d3, d1));
    d[0] = ADD(SUB(d0, times(1.25f, d2)), times(0.25f, d4));
    d[1] = ADD(even, odd);
    d[2] = SUB(even, odd);
    d[3] = ADD(outer_even, outer_odd);
    d[4] = SUB(outer_even, outer_odd);
    d[5] = ADD(SUB(times(4, d1), times(5, d3)), d5);
}

/* The same for four values, at the points 0, 1, -1 and infinity, where six have these. */
static inline void narrow_input_line(decem_f32x4 *d) {
    decem_f32x4 d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3];
    d[0] = SUB(d0, d2);
    d[1] = times(0.5f, ADD(d2, d1));
    d[2] = times(0.5f, SUB(d2, d1));
    d[5] = SUB(d3, d1);
}

/* At m: six values to four or two. */
static DECEM_INLINE void output_line(const decem_f32x4 *m, int32_t block, decem_f32x4 *out) {
    decem_f32x4 sum1 = ADD(m[1], m[2]), difference1 = SUB(m[1], m[2]), sum2 = ADD(m[3], m[4]), difference2 = SUB(m[3], m[4]);
    out[0] = ADD(ADD(m[0], sum1), sum2);
    out[1] = ADD(difference1, times(2, difference2));
    if (block == 4) {
        out[2] = ADD(sum1, times(4, sum2));
        out[3] = ADD(difference1, times(8, difference2));
    }
    out[block - 1] = ADD(out[block - 1], m[5]);
}

/* At m: four values, where six have them, to two. */
static inline void narrow_output_line(const decem_f32x4 *m, decem_f32x4 *out) {
    out[0] = ADD(m[0], ADD(m[1], m[2]));
    out[1] = ADD(SUB(m[1], m[2]), m[5]);
}

/* A block's outputs go to memory, pooled, added to, or as they are: four channels from c on. */
static inline void store_block(decem_f32x4 (*out)[BLOCK_MOST], const decem_winograd_target *target, int32_t c) {
    for (int32_t y = 0; y < target->height; y++)
        for (int32_t x = 0; x < target->width; x++) {
            decem_f32x4 value = target->pool ? decem_f32x4_max(decem_f32x4_max(out[2 * y][2 * x], out[2 * y][2 * x + 1]),
                                                               decem_f32x4_max(out[2 * y + 1][2 * x], out[2 * y + 1][2 * x + 1]))
                                             : out[y][x];
            if (target->addend != NULL)
                value = decem_clamp_f32x4(ADD(value, decem_f32x4_load(target->addend + y * target->addend_row_stride + x * target->addend_pixel_stride + c)),
                                          target->after);
            decem_f32x4_store(target->at + y * target->row_stride + x * target->pixel_stride + c, value);
        }
}

#endif
