/* Four f32 lanes, on every machine that decem builds for: WASM SIMD by its intrinsics, all else by the vector
 * types that GCC and Clang share. With vector_i32.h and vector_i16.h, all that knows instruction sets.
 *
 * decem_f32x4_madd is a * b + c. In the strict build it rounds twice, everywhere alike, so that native and WASM
 * agree to the bit (compile with -ffp-contract=off); in the relaxed build it is one fused instruction where there is one. */
#ifndef DECEM_BASE_VECTOR_H
#define DECEM_BASE_VECTOR_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__wasm_simd128__)

#include <wasm_simd128.h>

typedef v128_t decem_f32x4;

static inline decem_f32x4 decem_f32x4_load(const float *at) { return wasm_v128_load(at); }
static inline decem_f32x4 decem_f32x4_splat_load(const float *at) { return wasm_v128_load32_splat(at); }
static inline void decem_f32x4_store(float *at, decem_f32x4 a) { wasm_v128_store(at, a); }
static inline decem_f32x4 decem_f32x4_splat(float a) { return wasm_f32x4_splat(a); }
static inline decem_f32x4 decem_f32x4_add(decem_f32x4 a, decem_f32x4 b) { return wasm_f32x4_add(a, b); }
static inline decem_f32x4 decem_f32x4_sub(decem_f32x4 a, decem_f32x4 b) { return wasm_f32x4_sub(a, b); }
static inline decem_f32x4 decem_f32x4_mul(decem_f32x4 a, decem_f32x4 b) { return wasm_f32x4_mul(a, b); }
static inline decem_f32x4 decem_f32x4_div(decem_f32x4 a, decem_f32x4 b) { return wasm_f32x4_div(a, b); }
static inline decem_f32x4 decem_f32x4_sqrt(decem_f32x4 a) { return wasm_f32x4_sqrt(a); }
/* One instruction on x86, where f32x4.min and max are several. */
static inline decem_f32x4 decem_f32x4_max(decem_f32x4 a, decem_f32x4 b) { return wasm_f32x4_pmax(a, b); }
static inline decem_f32x4 decem_f32x4_min(decem_f32x4 a, decem_f32x4 b) { return wasm_f32x4_pmin(a, b); }
#if defined(__wasm_relaxed_simd__)
enum { DECEM_FUSED_MADD = 1 }; /* whether decem_f32x4_madd is one instruction, which needs no register for the product */
static inline decem_f32x4 decem_f32x4_madd(decem_f32x4 a, decem_f32x4 b, decem_f32x4 c) { return wasm_f32x4_relaxed_madd(a, b, c); }
#else
enum { DECEM_FUSED_MADD = 0 };
static inline decem_f32x4 decem_f32x4_madd(decem_f32x4 a, decem_f32x4 b, decem_f32x4 c) { return wasm_f32x4_add(wasm_f32x4_mul(a, b), c); }
#endif
/* a0 b0 a1 b1 and a2 b2 a3 b3 */
static inline decem_f32x4 decem_f32x4_zip_low(decem_f32x4 a, decem_f32x4 b) { return wasm_i32x4_shuffle(a, b, 0, 4, 1, 5); }
static inline decem_f32x4 decem_f32x4_zip_high(decem_f32x4 a, decem_f32x4 b) { return wasm_i32x4_shuffle(a, b, 2, 6, 3, 7); }
/* a0 b0 c0 a1 b1 c1 a2 b2 c2 a3 b3 c3, in three parts */
static inline decem_f32x4 decem_f32x4_zip3_low(decem_f32x4 a, decem_f32x4 b, decem_f32x4 c) {
    return wasm_i32x4_shuffle(wasm_i32x4_shuffle(a, b, 0, 4, 1, 1), c, 0, 1, 4, 3);
}
static inline decem_f32x4 decem_f32x4_zip3_middle(decem_f32x4 a, decem_f32x4 b, decem_f32x4 c) {
    return wasm_i32x4_shuffle(wasm_i32x4_shuffle(a, b, 5, 5, 2, 6), c, 0, 5, 2, 3);
}
static inline decem_f32x4 decem_f32x4_zip3_high(decem_f32x4 a, decem_f32x4 b, decem_f32x4 c) {
    return wasm_i32x4_shuffle(wasm_i32x4_shuffle(a, b, 3, 3, 7, 7), c, 6, 1, 2, 7);
}
static inline float decem_f32x4_lane0(decem_f32x4 a) { return wasm_f32x4_extract_lane(a, 0); }
static inline float decem_f32x4_lane1(decem_f32x4 a) { return wasm_f32x4_extract_lane(a, 1); }
static inline float decem_f32x4_lane2(decem_f32x4 a) { return wasm_f32x4_extract_lane(a, 2); }
static inline float decem_f32x4_lane3(decem_f32x4 a) { return wasm_f32x4_extract_lane(a, 3); }

#else

typedef float decem_f32x4 __attribute__((vector_size(16)));
typedef int32_t decem_i32x4 __attribute__((vector_size(16)));

enum { DECEM_FUSED_MADD = 0 };

static inline decem_f32x4 decem_f32x4_load(const float *at) { decem_f32x4 a; memcpy(&a, at, sizeof a); return a; }
static inline decem_f32x4 decem_f32x4_splat(float a) { return (decem_f32x4){a, a, a, a}; }
static inline decem_f32x4 decem_f32x4_splat_load(const float *at) { return decem_f32x4_splat(*at); }
static inline void decem_f32x4_store(float *at, decem_f32x4 a) { memcpy(at, &a, sizeof a); }
static inline decem_f32x4 decem_f32x4_add(decem_f32x4 a, decem_f32x4 b) { return a + b; }
static inline decem_f32x4 decem_f32x4_sub(decem_f32x4 a, decem_f32x4 b) { return a - b; }
static inline decem_f32x4 decem_f32x4_mul(decem_f32x4 a, decem_f32x4 b) { return a * b; }
static inline decem_f32x4 decem_f32x4_div(decem_f32x4 a, decem_f32x4 b) { return a / b; }
static inline decem_f32x4 decem_f32x4_sqrt(decem_f32x4 a) { return (decem_f32x4){sqrtf(a[0]), sqrtf(a[1]), sqrtf(a[2]), sqrtf(a[3])}; }
static inline decem_f32x4 decem_f32x4_select(decem_i32x4 mask, decem_f32x4 a, decem_f32x4 b) {
    return (decem_f32x4)((mask & (decem_i32x4)a) | (~mask & (decem_i32x4)b));
}
static inline decem_f32x4 decem_f32x4_max(decem_f32x4 a, decem_f32x4 b) { return decem_f32x4_select(a < b, b, a); }
static inline decem_f32x4 decem_f32x4_min(decem_f32x4 a, decem_f32x4 b) { return decem_f32x4_select(b < a, b, a); }
static inline decem_f32x4 decem_f32x4_madd(decem_f32x4 a, decem_f32x4 b, decem_f32x4 c) { return a * b + c; }
static inline decem_f32x4 decem_f32x4_zip_low(decem_f32x4 a, decem_f32x4 b) { return (decem_f32x4){a[0], b[0], a[1], b[1]}; }
static inline decem_f32x4 decem_f32x4_zip_high(decem_f32x4 a, decem_f32x4 b) { return (decem_f32x4){a[2], b[2], a[3], b[3]}; }
static inline decem_f32x4 decem_f32x4_zip3_low(decem_f32x4 a, decem_f32x4 b, decem_f32x4 c) { return (decem_f32x4){a[0], b[0], c[0], a[1]}; }
static inline decem_f32x4 decem_f32x4_zip3_middle(decem_f32x4 a, decem_f32x4 b, decem_f32x4 c) { return (decem_f32x4){b[1], c[1], a[2], b[2]}; }
static inline decem_f32x4 decem_f32x4_zip3_high(decem_f32x4 a, decem_f32x4 b, decem_f32x4 c) { return (decem_f32x4){c[2], a[3], b[3], c[3]}; }
static inline float decem_f32x4_lane0(decem_f32x4 a) { return a[0]; }
static inline float decem_f32x4_lane1(decem_f32x4 a) { return a[1]; }
static inline float decem_f32x4_lane2(decem_f32x4 a) { return a[2]; }
static inline float decem_f32x4_lane3(decem_f32x4 a) { return a[3]; }

#endif

static inline decem_f32x4 decem_f32x4_zero(void) { return decem_f32x4_splat(0.0f); }

/* A constant that stays in a register, or near: engines make those that they know anew wherever they are used, which takes three instructions. To be
 * read before a loop. */
static inline decem_f32x4 decem_f32x4_kept(const volatile float *constant) { return decem_f32x4_splat(*constant); }

/* (lane 0 + lane 1) + (lane 2 + lane 3) */
static inline float decem_f32x4_sum(decem_f32x4 a) {
    return (decem_f32x4_lane0(a) + decem_f32x4_lane1(a)) + (decem_f32x4_lane2(a) + decem_f32x4_lane3(a));
}

/* Rows become columns. */
static inline void decem_f32x4_transpose(decem_f32x4 a[4]) {
    decem_f32x4 even_low = decem_f32x4_zip_low(a[0], a[2]), odd_low = decem_f32x4_zip_low(a[1], a[3]);
    decem_f32x4 even_high = decem_f32x4_zip_high(a[0], a[2]), odd_high = decem_f32x4_zip_high(a[1], a[3]);
    a[0] = decem_f32x4_zip_low(even_low, odd_low);
    a[1] = decem_f32x4_zip_high(even_low, odd_low);
    a[2] = decem_f32x4_zip_low(even_high, odd_high);
    a[3] = decem_f32x4_zip_high(even_high, odd_high);
}

/* DECEM_NOINLINE marks the small functions that hold an inner loop: engines allocate registers well only in small functions. DECEM_INLINE
 * marks what is written once for several constants, and has to become one such function for each. */
#if defined(__GNUC__)
#define DECEM_NOINLINE __attribute__((noinline))
#define DECEM_INLINE inline __attribute__((always_inline))
#else
#define DECEM_NOINLINE
#define DECEM_INLINE inline
#endif

#endif
