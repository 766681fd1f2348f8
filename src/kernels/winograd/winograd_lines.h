/* Lines of a block, one after another: the transforms of blocks are made of those of their columns, and then of their rows. */
#ifndef DECEM_KERNELS_WINOGRAD_WINOGRAD_LINES_H
#define DECEM_KERNELS_WINOGRAD_WINOGRAD_LINES_H

#include "kernels/winograd/winograd.h"

enum {
    LINES_CHANNELS = 16, /* at once, at most: what lies between columns and rows stays in the first-level cache */
    LINES_NEXT = DECEM_WINOGRAD_SIDE_MOST * LINES_CHANNELS /* elements between lines of what lies between */
};

#define ADD decem_f32x4_add
#define SUB decem_f32x4_sub
#define MUL decem_f32x4_mul
#define MADD decem_f32x4_madd

/* `count` lines of some values, [channels] each. Strides are in elements. The last of the points, infinity, lies apart where there are
 * fewer than a side has, and so does the last line: `last_point` and `last_line` say how far from the first. That is so on one side only, `in`
 * or `out`. */
typedef struct decem_winograd_lines {
    const float *in;
    ptrdiff_t in_value, in_line;
    float *out;
    ptrdiff_t out_value, out_line;
    ptrdiff_t last_point, last_line;
    int32_t count, channels;
} decem_winograd_lines;

/* The same with distances that are known when compiled, for what is transformed most: those of what lies between columns and rows. */
static inline decem_winograd_lines decem_winograd_columns(const decem_winograd_lines *of) {
    decem_winograd_lines lines = *of;
    lines.out_value = LINES_NEXT;
    lines.out_line = LINES_CHANNELS;
    return lines;
}

static inline decem_winograd_lines decem_winograd_rows(const decem_winograd_lines *of) {
    decem_winograd_lines lines = *of;
    lines.in_value = LINES_CHANNELS;
    lines.in_line = LINES_NEXT;
    return lines;
}

#endif
