/* Rows of numbers woven into one: the first of each, then the second of each, and so on. `count` is how many each row has. */
#ifndef DECEM_BASE_WEAVE_H
#define DECEM_BASE_WEAVE_H

#include "base/vector.h"

static inline void decem_weave_2(const float *a, const float *b, int32_t count, float *out) {
    int32_t i = 0;
    for (; i + 4 <= count; i += 4, out += 8) {
        decem_f32x4 x = decem_f32x4_load(a + i), y = decem_f32x4_load(b + i);
        decem_f32x4_store(out, decem_f32x4_zip_low(x, y));
        decem_f32x4_store(out + 4, decem_f32x4_zip_high(x, y));
    }
    for (int32_t rest = count % 4; rest > 0; rest--, i++) {
        *out++ = a[i];
        *out++ = b[i];
    }
}

static inline void decem_weave_3(const float *a, const float *b, const float *c, int32_t count, float *out) {
    int32_t i = 0;
    for (; i + 4 <= count; i += 4, out += 12) {
        decem_f32x4 x = decem_f32x4_load(a + i), y = decem_f32x4_load(b + i), z = decem_f32x4_load(c + i);
        decem_f32x4_store(out, decem_f32x4_zip3_low(x, y, z));
        decem_f32x4_store(out + 4, decem_f32x4_zip3_middle(x, y, z));
        decem_f32x4_store(out + 8, decem_f32x4_zip3_high(x, y, z));
    }
    for (int32_t rest = count % 4; rest > 0; rest--, i++) {
        *out++ = a[i];
        *out++ = b[i];
        *out++ = c[i];
    }
}

#endif
