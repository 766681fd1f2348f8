/* What kernels work on.
 *
 * A map is an image in memory, [height][width][channels] f32. It may be a part of a larger one (some channels of
 * a concatenation, the inside of a padded image), so rows and pixels have strides, in elements. The channels of a
 * pixel lie side by side.
 *
 *     at ──> [c0 c1 ... ] pixel_stride [c0 c1 ...] ...      width pixels
 *            row_stride
 *            [c0 c1 ... ] ...
 *
 * A kernel is split into tiles that may run in any order and on any thread: each element of the output is made by one
 * tile, in the same order of operations whatever the split. Kernels allocate nothing and cannot fail: whoever
 * prepares their arguments has checked them. */
#ifndef DECEM_KERNELS_MAP_H
#define DECEM_KERNELS_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/vector.h"

typedef struct decem_map {
    float *at; /* the first channel of the top left pixel */
    int32_t height, width, channels;
    ptrdiff_t row_stride, pixel_stride;
} decem_map;

/* Bounds that an activation puts on a value. */
typedef struct decem_clamp {
    float low, high;
    int32_t bounds; /* 0: none, values pass unread; 1: low alone; 2: both */
} decem_clamp;

static inline decem_f32x4 decem_clamp_f32x4(decem_f32x4 a, decem_clamp clamp) {
    if (clamp.bounds == 0) return a;
    a = decem_f32x4_max(a, decem_f32x4_splat(clamp.low));
    return clamp.bounds == 1 ? a : decem_f32x4_min(a, decem_f32x4_splat(clamp.high));
}

static inline float decem_clamp_f32(float a, decem_clamp clamp) {
    if (clamp.bounds == 0) return a;
    a = a < clamp.low ? clamp.low : a;
    return clamp.bounds == 2 && clamp.high < a ? clamp.high : a;
}

/* How many tiles of size `by` cover `a`. Both above 0. */
static inline int32_t decem_divide_up(int32_t a, int32_t by) {
    return (a + by - 1) / by;
}

/* How many tiles a step should be split into: all in one for one thread; more than threads, so that these finish together. */
static inline int32_t decem_tiles_wanted(int32_t threads) {
    enum { A_THREAD = 4 };
    return threads == 1 ? 1 : threads * A_THREAD;
}

#endif
