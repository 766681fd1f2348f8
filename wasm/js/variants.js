/**
 * The builds of the WebAssembly module, best first, and what each needs of the browser. They are built from the same
 * source by CMakeLists.txt.
 */

/**
 * A module whose one function uses 128-bit SIMD (i8x16.splat, i8x16.popcnt): valid only where that is known.
 */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, // magic and version
  1, 5, 1, 96, 0, 1, 123, // type: () -> v128
  3, 2, 1, 0, // one function of that type
  10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11, // its body
]);

/**
 * @typedef {object} Variant
 * @property {string} name
 * @property {URL} url
 * @property {() => boolean} isSupported
 */

/** @type {Variant[]} */
const VARIANTS = [
  {
    name: 'simd',
    url: new URL('../../build/wasm/decem-simd.wasm', import.meta.url),
    isSupported: () => WebAssembly.validate(SIMD_PROBE),
  },
];

/**
 * The best variant that this browser or Node can run.
 * @returns {Variant | undefined} undefined where it can run none
 */
export function bestVariant() {
  if (typeof WebAssembly !== 'object') return undefined;
  return VARIANTS.find((variant) => variant.isSupported());
}
