#include "weights/dtype.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "decem reads little-endian files as they lie");

/* The loops below have no branches, so that compilers turn them into vectors. */

static const uint32_t infinity_bits = 0x7F800000; /* of f32: NaN and infinity have all of them set */

size_t decem_dtype_bytes(decem_dtype dtype) {
    switch (dtype) {
    case DECEM_DTYPE_F32: return 4;
    case DECEM_DTYPE_F16: return 2;
    case DECEM_DTYPE_BF16: return 2;
    case DECEM_DTYPE_I8: return 1;
    case DECEM_DTYPE_I64: return 8;
    case DECEM_DTYPE_OTHER: return 0;
    }
    return 0;
}

static bool all_finite(const float *values, size_t count) {
    uint32_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        bad |= (bits & infinity_bits) == infinity_bits;
    }
    return bad == 0;
}

/* f16: 1 sign, 5 exponent (bias 15), 10 fraction bits; f32's bias is 127. A subnormal is fraction * 2^-24, which
 * is 2^-14 * (1 + fraction / 1024) - 2^-14, exactly. */
static float from_f16(uint16_t half) {
    const uint32_t smallest_normal = (uint32_t)(127 - 14) << 23;
    uint32_t magnitude = (uint32_t)(half & 0x7FFF) << 13;
    uint32_t subnormal_bits = smallest_normal | magnitude, bits;
    float subnormal, base, value;
    memcpy(&subnormal, &subnormal_bits, sizeof subnormal);
    memcpy(&base, &smallest_normal, sizeof base);
    subnormal -= base;
    memcpy(&subnormal_bits, &subnormal, sizeof subnormal_bits);

    bits = magnitude + ((uint32_t)(127 - 15) << 23);
    bits = (half & 0x7C00) == 0 ? subnormal_bits : bits;
    bits |= (half & 0x7C00) == 0x7C00 ? infinity_bits : 0;
    bits |= (uint32_t)(half & 0x8000) << 16;
    memcpy(&value, &bits, sizeof value);
    return value;
}

bool decem_dtype_to_f32(decem_dtype dtype, const uint8_t *bytes, size_t count, float *out) {
    if (count == 0) return true;
    if (dtype == DECEM_DTYPE_F16) {
        for (size_t i = 0; i < count; i++) {
            uint16_t half;
            memcpy(&half, bytes + 2 * i, sizeof half);
            out[i] = from_f16(half);
        }
    } else if (dtype == DECEM_DTYPE_BF16) { /* the upper half of an f32 */
        for (size_t i = 0; i < count; i++) {
            uint16_t upper;
            memcpy(&upper, bytes + 2 * i, sizeof upper);
            uint32_t bits = (uint32_t)upper << 16;
            memcpy(out + i, &bits, sizeof bits);
        }
    } else if (dtype == DECEM_DTYPE_I8) {
        for (size_t i = 0; i < count; i++) out[i] = (float)(int8_t)bytes[i];
        return true;
    } else {
        memcpy(out, bytes, count * sizeof *out);
    }
    return all_finite(out, count);
}
