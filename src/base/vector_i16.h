/* Eight i16 lanes and what becomes of their products: WASM SIMD by its intrinsics, all else by the vector types that GCC and
 * Clang share. With vector.h and vector_i32.h, all that knows instruction sets. */
#ifndef DECEM_BASE_VECTOR_I16_H
#define DECEM_BASE_VECTOR_I16_H

#include "base/vector.h"
#include "base/vector_i32.h"

/* 1.5 * 2^23: added to a number below 2^22 in size, it leaves the nearest whole one (ties to even) in the low bits. */
#define DECEM_ROUNDING 12582912.0f
#define DECEM_ROUNDING_BITS 0x4B400000

#if defined(__wasm_simd128__)

typedef v128_t decem_i16x8;

static inline decem_i16x8 decem_i16x8_load(const int16_t *at) { return wasm_v128_load(at); }
static inline void decem_i16x8_store(int16_t *at, decem_i16x8 a) { wasm_v128_store(at, a); }
/* Eight bytes, one a lane. */
static inline decem_i16x8 decem_i16x8_load_i8(const int8_t *at) { return wasm_i16x8_load8x8(at); }
/* a0 b0 + a1 b1, a2 b2 + a3 b3, ... */
static inline decem_i32x4 decem_i16x8_dot(decem_i16x8 a, decem_i16x8 b) { return wasm_i32x4_dot_i16x8(a, b); }
static inline decem_i32x4 decem_i32x4_max(decem_i32x4 a, decem_i32x4 b) { return wasm_i32x4_max(a, b); }
static inline decem_f32x4 decem_f32x4_from_i32(decem_i32x4 a) { return wasm_f32x4_convert_i32x4(a); }
/* The bits of the numbers without their signs. As integers these are in order, and NaN is above all else. */
static inline decem_i32x4 decem_f32x4_size_bits(decem_f32x4 a) { return wasm_v128_and(a, wasm_i32x4_splat(0x7FFFFFFF)); }
static inline int32_t decem_i32x4_largest(decem_i32x4 a) {
    a = wasm_i32x4_max(a, wasm_i32x4_shuffle(a, a, 2, 3, 0, 1));
    return wasm_i32x4_extract_lane(wasm_i32x4_max(a, wasm_i32x4_shuffle(a, a, 1, 0, 3, 2)), 0);
}
/* The nearest whole numbers, ties to even, of eight that i16 can hold. */
static inline decem_i16x8 decem_i16x8_round(decem_f32x4 low, decem_f32x4 high) {
    const v128_t bits = wasm_i32x4_splat(DECEM_ROUNDING_BITS), rounding = wasm_f32x4_splat(DECEM_ROUNDING);
    return wasm_i16x8_narrow_i32x4(wasm_i32x4_sub(wasm_f32x4_add(low, rounding), bits), wasm_i32x4_sub(wasm_f32x4_add(high, rounding), bits));
}

#else

typedef int16_t decem_i16x8 __attribute__((vector_size(16)));
typedef uint32_t decem_u32x4 __attribute__((vector_size(16)));

static inline decem_i16x8 decem_i16x8_load(const int16_t *at) { decem_i16x8 a; memcpy(&a, at, sizeof a); return a; }
static inline void decem_i16x8_store(int16_t *at, decem_i16x8 a) { memcpy(at, &a, sizeof a); }
static inline decem_i16x8 decem_i16x8_load_i8(const int8_t *at) {
    return (decem_i16x8){at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[7]};
}
static inline decem_i32x4 decem_i16x8_dot(decem_i16x8 a, decem_i16x8 b) {
    decem_i32x4 even_a = (decem_i32x4)((decem_u32x4)a << 16) >> 16, even_b = (decem_i32x4)((decem_u32x4)b << 16) >> 16;
    return even_a * even_b + ((decem_i32x4)a >> 16) * ((decem_i32x4)b >> 16);
}
static inline decem_i32x4 decem_i32x4_max(decem_i32x4 a, decem_i32x4 b) {
    decem_i32x4 more = a > b;
    return (more & a) | (~more & b);
}
static inline decem_f32x4 decem_f32x4_from_i32(decem_i32x4 a) { return (decem_f32x4){(float)a[0], (float)a[1], (float)a[2], (float)a[3]}; }
static inline decem_i32x4 decem_f32x4_size_bits(decem_f32x4 a) { return (decem_i32x4)a & 0x7FFFFFFF; }
static inline int32_t decem_i32x4_largest(decem_i32x4 a) {
    int32_t left = a[0] > a[1] ? a[0] : a[1], right = a[2] > a[3] ? a[2] : a[3];
    return left > right ? left : right;
}
static inline decem_i16x8 decem_i16x8_round(decem_f32x4 low, decem_f32x4 high) {
    decem_i32x4 l = (decem_i32x4)(low + DECEM_ROUNDING) - DECEM_ROUNDING_BITS, h = (decem_i32x4)(high + DECEM_ROUNDING) - DECEM_ROUNDING_BITS;
    return (decem_i16x8){(int16_t)l[0], (int16_t)l[1], (int16_t)l[2], (int16_t)l[3], (int16_t)h[0], (int16_t)h[1], (int16_t)h[2], (int16_t)h[3]};
}

#endif

#endif
