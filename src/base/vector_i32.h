/* Four i32 lanes, for sums over the four channels of a pixel: WASM SIMD by its intrinsics, all else by the vector types
 * that GCC and Clang share. With vector.h and vector_i16.h, all that knows instruction sets. */
#ifndef DECEM_BASE_VECTOR_I32_H
#define DECEM_BASE_VECTOR_I32_H

#include <stdint.h>
#include <string.h>

#if defined(__wasm_simd128__)

#include <wasm_simd128.h>

typedef v128_t decem_i32x4;

static inline decem_i32x4 decem_i32x4_splat(int32_t a) { return wasm_i32x4_splat(a); }
static inline decem_i32x4 decem_i32x4_add(decem_i32x4 a, decem_i32x4 b) { return wasm_i32x4_add(a, b); }
static inline decem_i32x4 decem_i32x4_mul(decem_i32x4 a, decem_i32x4 b) { return wasm_i32x4_mul(a, b); }

/* Four unsigned bytes, one a lane. */
static inline decem_i32x4 decem_i32x4_load_u8(const uint8_t *at) {
    return wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(at)));
}

/* Each lane shifted right by `bits`, rounded down, as a byte: below 0 becomes 0, above 255 becomes 255. The shifted
 * lanes must fit 16 bits. */
static inline void decem_i32x4_store_u8(uint8_t *at, decem_i32x4 a, int32_t bits) {
    v128_t words = wasm_i32x4_shr(a, (uint32_t)bits);
    words = wasm_i16x8_narrow_i32x4(words, words);
    wasm_v128_store32_lane(at, wasm_u8x16_narrow_i16x8(words, words), 0);
}

#else

typedef int32_t decem_i32x4 __attribute__((vector_size(16)));

static inline decem_i32x4 decem_i32x4_splat(int32_t a) { return (decem_i32x4){a, a, a, a}; }
static inline decem_i32x4 decem_i32x4_add(decem_i32x4 a, decem_i32x4 b) { return a + b; }
static inline decem_i32x4 decem_i32x4_mul(decem_i32x4 a, decem_i32x4 b) { return a * b; }
static inline decem_i32x4 decem_i32x4_load_u8(const uint8_t *at) { return (decem_i32x4){at[0], at[1], at[2], at[3]}; }

static inline void decem_i32x4_store_u8(uint8_t *at, decem_i32x4 a, int32_t bits) {
    a >>= bits;
    for (int32_t i = 0; i < 4; i++) at[i] = (uint8_t)(a[i] < 0 ? 0 : a[i] > 255 ? 255 : a[i]);
}

#endif

#endif
