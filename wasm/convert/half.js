/** float16: 1 sign bit, 5 of exponent, 10 of fraction. */

/** The largest finite float16. */
export const HALF_MAX = 65504;

const one = new Float32Array(1);
const bitsOfOne = new Uint32Array(one.buffer);

/** 2 ** -14: below it float16 has a fixed spacing of 2 ** -24. */
const SMALLEST_NORMAL = 2 ** -14;

/**
 * @param {number} value at most HALF_MAX in size
 * @returns {number} its bits as float16, rounded to the nearest, ties to even
 */
export function toHalf(value) {
  one[0] = value;
  const sign = (bitsOfOne[0] >>> 16) & 0x8000;
  const size = Math.abs(one[0]);
  if (size < SMALLEST_NORMAL) {
    // Around 0.5 a float32 has the spacing that float16 has here: the addition rounds.
    one[0] = size + 0.5;
    return sign | (bitsOfOne[0] - 0x3f000000);
  }
  const bits = bitsOfOne[0] & 0x7fffffff;
  return sign | ((bits + 0xfff + ((bits >>> 13) & 1) - (112 << 23)) >>> 13);
}

/** Every float16 by its bits. */
const values = Float32Array.from({ length: 1 << 16 }, (_, bits) => {
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits >>> 15 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
});

/** @param {number} bits of a float16 @returns {number} */
export function fromHalf(bits) {
  return values[bits];
}
