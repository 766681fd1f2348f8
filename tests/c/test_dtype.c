#include "weights/dtype.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t to_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* IEEE 754 binary16 by its definition. */
static double half_value(uint16_t half) {
    int exponent = half >> 10 & 31;
    double fraction = half & 1023, sign = half >> 15 ? -1 : 1;
    if (exponent == 31) return fraction > 0 ? NAN : sign * INFINITY;
    if (exponent == 0) return sign * ldexp(fraction, -24);
    return sign * ldexp(1024 + fraction, exponent - 25);
}

static void every_f16(void) {
    bool equal = true, signs = true, finite = true;
    for (uint32_t half = 0; half < 65536; half++) {
        uint8_t bytes[2] = {(uint8_t)half, (uint8_t)(half >> 8)};
        float got = 7;
        bool said_finite = decem_dtype_to_f32(DECEM_DTYPE_F16, bytes, 1, &got);
        double wanted = half_value((uint16_t)half);
        finite = finite && said_finite == (bool)isfinite(wanted);
        equal = equal && (isnan(wanted) ? (bool)isnan(got) : (double)got == wanted);
        signs = signs && to_bits(got) >> 31 == half >> 15;
    }
    CHECK(equal);
    CHECK(signs);
    CHECK(finite);
}

static void every_bf16(void) {
    bool equal = true, finite = true;
    for (uint32_t upper = 0; upper < 65536; upper++) {
        uint8_t bytes[2] = {(uint8_t)upper, (uint8_t)(upper >> 8)};
        float got = 7;
        bool said_finite = decem_dtype_to_f32(DECEM_DTYPE_BF16, bytes, 1, &got);
        equal = equal && to_bits(got) == upper << 16;
        finite = finite && said_finite == (bool)isfinite(from_bits(upper << 16));
    }
    CHECK(equal);
    CHECK(finite);
}

/* Runs of every length up to 70, so that vector loops meet their tails, at an odd address; one bad value anywhere. */
static void runs(decem_dtype dtype, const uint8_t *one, const uint8_t *infinite, float value) {
    size_t bytes = decem_dtype_bytes(dtype);
    for (size_t count = 0; count <= 70; count++) {
        uint8_t *memory = malloc(1 + count * bytes);
        float *out = malloc((count + 1) * sizeof *out);
        out[count] = 7;
        for (size_t i = 0; i < count; i++) memcpy(memory + 1 + i * bytes, one, bytes);
        CHECK(decem_dtype_to_f32(dtype, memory + 1, count, out));
        bool all = true;
        for (size_t i = 0; i < count; i++) all = all && out[i] == value;
        CHECK(all);
        CHECK(out[count] == 7);
        if (count > 0) {
            memcpy(memory + 1 + (count * 7 / 11) * bytes, infinite, bytes);
            CHECK(!decem_dtype_to_f32(dtype, memory + 1, count, out));
            CHECK(isinf(out[count * 7 / 11]));
        }
        free(memory);
        free(out);
    }
}

static void f32(void) {
    static const uint32_t patterns[] = {0, 0x80000000, 1, 0x807FFFFF, 0x00800000, 0x3F800000, 0xC2F6E979, 0x7F7FFFFF};
    float out[8];
    CHECK(decem_dtype_to_f32(DECEM_DTYPE_F32, (const uint8_t *)patterns, 8, out));
    for (int i = 0; i < 8; i++) CHECK_EQUAL(to_bits(out[i]), patterns[i]);
    static const uint32_t bad[] = {0x7F800000, 0xFF800000, 0x7F800001, 0x7FC00000, 0xFFFFFFFF};
    for (int i = 0; i < 5; i++) CHECK(!decem_dtype_to_f32(DECEM_DTYPE_F32, (const uint8_t *)&bad[i], 1, out));
}

static void every_i8(void) {
    for (int value = -128; value < 128; value++) {
        float out = 7;
        CHECK(decem_dtype_to_f32(DECEM_DTYPE_I8, (const uint8_t[]){(uint8_t)value}, 1, &out));
        CHECK(out == (float)value);
    }
}

int main(void) {
    every_f16();
    every_bf16();
    every_i8();
    f32();
    runs(DECEM_DTYPE_F32, (const uint8_t[]){0, 0, 0xC0, 0x3F}, (const uint8_t[]){0, 0, 0x80, 0xFF}, 1.5f);
    runs(DECEM_DTYPE_F16, (const uint8_t[]){0, 0x3E}, (const uint8_t[]){0, 0x7C}, 1.5f);
    runs(DECEM_DTYPE_BF16, (const uint8_t[]){0xC0, 0x3F}, (const uint8_t[]){0x80, 0x7F}, 1.5f);
    CHECK_EQUAL(decem_dtype_bytes(DECEM_DTYPE_I8), 1);
    CHECK_EQUAL(decem_dtype_bytes(DECEM_DTYPE_I64), 8);
    CHECK_EQUAL(decem_dtype_bytes(DECEM_DTYPE_OTHER), 0);
    return check_report();
}
