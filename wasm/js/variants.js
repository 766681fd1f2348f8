/** The builds of the WebAssembly module (wasm/CMakeLists.txt), and which of them can run here. A page fetches one of them. */
import { DecemError } from './errors.js';

/** () -> v128 by i8x16.splat and i8x16.popcnt: valid only where 128-bit SIMD is known. */
const SIMD_PROBE = moduleOf([65, 0, 253, 15, 253, 98]);

/** () -> v128 by f32x4.relaxed_madd: valid only where relaxed SIMD is known. */
const RELAXED_PROBE = moduleOf([65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2]);

/**
 * @param {number[]} instructions that leave a v128
 * @returns {Uint8Array} a module with one function, of them
 */
function moduleOf(instructions) {
  const size = instructions.length;
  return new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, // magic and version
    1, 5, 1, 96, 0, 1, 123, // type: () -> v128
    3, 2, 1, 0, // one function of that type
    10, size + 4, 1, size + 2, 0, ...instructions, 11, // its body
  ]);
}

/**
 * @typedef {'strict' | 'relaxed'} Arithmetic strict: the same bits everywhere; relaxed: fused multiply-add
 *
 * @typedef {object} Variant
 * @property {Arithmetic} arithmetic
 * @property {boolean} shared whether threads can work on its memory
 * @property {URL} url
 */

/** @type {Variant[]} */
const VARIANTS = [
  { arithmetic: 'relaxed', shared: true, url: new URL('../../build/wasm/decem-relaxed-threads.wasm', import.meta.url) },
  { arithmetic: 'relaxed', shared: false, url: new URL('../../build/wasm/decem-relaxed.wasm', import.meta.url) },
  { arithmetic: 'strict', shared: true, url: new URL('../../build/wasm/decem-simd-threads.wasm', import.meta.url) },
  { arithmetic: 'strict', shared: false, url: new URL('../../build/wasm/decem-simd.wasm', import.meta.url) },
];

/** @returns {boolean} */
export function hasRelaxedSimd() {
  return WebAssembly.validate(/** @type {BufferSource} */ (RELAXED_PROBE));
}

/**
 * The build to use. Throws a DecemError where what is asked for cannot run here.
 * @param {Arithmetic | 'auto'} asked auto: relaxed where it can be had
 * @param {boolean} shared whether threads are to work on its memory
 * @returns {Variant}
 */
export function chooseVariant(asked, shared) {
  if (!['auto', 'strict', 'relaxed'].includes(asked)) {
    throw new DecemError(`variant is ${String(asked)}: it must be 'auto', 'strict' or 'relaxed'.`, 'INVALID_ARGUMENT');
  }
  if (typeof WebAssembly !== 'object' || !WebAssembly.validate(/** @type {BufferSource} */ (SIMD_PROBE))) {
    throw new DecemError(
      'This browser or Node is too old: decem needs WebAssembly SIMD (Chrome 91, Firefox 89, Safari 16.4, Node 16.4 or later).',
      'UNSUPPORTED',
    );
  }
  const relaxed = asked !== 'strict' && hasRelaxedSimd();
  if (asked === 'relaxed' && !relaxed) {
    throw new DecemError(
      "There is no relaxed SIMD here (Chrome 114 and Node 21 have it): leave variant out, or ask for 'strict'.",
      'UNSUPPORTED',
    );
  }
  const arithmetic = relaxed ? 'relaxed' : 'strict';
  return /** @type {Variant} */ (VARIANTS.find((variant) => variant.arithmetic === arithmetic && variant.shared === shared));
}
