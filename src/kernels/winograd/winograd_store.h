/* The last part of both output transforms: a block's outputs go to memory, pooled, added to, or as they are. */
#ifndef DECEM_KERNELS_WINOGRAD_WINOGRAD_STORE_H
#define DECEM_KERNELS_WINOGRAD_WINOGRAD_STORE_H

#include "kernels/winograd/winograd.h"

/* out: [block][block], four channels from c on. */
static inline void decem_winograd_store(const decem_f32x4 *out, int32_t block, const decem_winograd_target *target, int32_t c) {
    for (int32_t y = 0; y < target->height; y++)
        for (int32_t x = 0; x < target->width; x++) {
            const decem_f32x4 *from = target->pool ? out + 2 * y * block + 2 * x : out + y * block + x;
            decem_f32x4 value = from[0];
            if (target->pool) value = decem_f32x4_max(decem_f32x4_max(value, from[1]), decem_f32x4_max(from[block], from[block + 1]));
            if (target->addend != NULL)
                value = decem_clamp_f32x4(decem_f32x4_add(value, decem_f32x4_load(target->addend + y * target->addend_row_stride + x * target->addend_pixel_stride + c)),
                                          target->after);
            decem_f32x4_store(target->at + y * target->row_stride + x * target->pixel_stride + c, value);
        }
}

#endif
