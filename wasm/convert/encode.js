/** The numbers of one tensor as the bytes of a file: each as a float, or rows of whole numbers with scales. */
import { DecemError } from '../js/errors.js';
import { HALF_MAX, fromHalf, toHalf } from './half.js';
import { quantiseRow } from './quantise.js';

const FLOAT_MAX = 3.4028234663852886e38;
const NOTHING = new Uint8Array(0);

/**
 * @typedef {object} Encoder
 * @property {number} error the largest difference of a value and what was written for it
 * @property {number} largest the largest value, without its sign
 * @property {(values: Float32Array | Float64Array) => Uint8Array} encode the next values, little-endian
 * @property {() => Uint8Array} end what follows the last of them: the scales, as a tensor of their own
 */

/** @implements {Encoder} */
export class FloatEncoder {
  #name;
  #dtype;
  error = 0;
  largest = 0;

  /** @param {string} name @param {'F32' | 'F16'} dtype */
  constructor(name, dtype) {
    this.#name = name;
    this.#dtype = dtype;
  }

  /** @param {Float32Array | Float64Array} values @returns {Uint8Array} */
  encode(values) {
    this.largest = Math.max(this.largest, largestOf(this.#name, this.#dtype, values));
    if (this.#dtype === 'F32' && values instanceof Float32Array) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const encoded = this.#dtype === 'F32' ? Float32Array.from(values) : halves(values);
    let { error } = this;
    for (let i = 0; i < values.length; i++) {
      const written = this.#dtype === 'F32' ? encoded[i] : fromHalf(encoded[i]);
      const difference = Math.abs(values[i] - written);
      if (difference > error) error = difference;
    }
    this.error = error;
    return new Uint8Array(encoded.buffer);
  }

  end() {
    return NOTHING;
  }
}

/** @implements {Encoder} */
export class RowEncoder {
  #name;
  #row;
  #filled = 0;
  #scales;
  #rows = 0;
  error = 0;
  largest = 0;

  /** @param {string} name @param {number[]} shape */
  constructor(name, shape) {
    this.#name = name;
    this.#row = new Float64Array(shape.slice(1).reduce((product, size) => product * size, 1));
    this.#scales = new Float32Array(shape[0]);
  }

  /** @param {Float32Array | Float64Array} values @returns {Uint8Array} of the rows that these complete */
  encode(values) {
    this.largest = Math.max(this.largest, largestOf(this.#name, 'I8', values));
    const length = this.#row.length;
    const encoded = new Int8Array(Math.floor((this.#filled + values.length) / length) * length);
    for (let at = 0, end = 0; at < values.length; ) {
      const taken = Math.min(length - this.#filled, values.length - at);
      this.#row.set(values.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === length) {
        this.#encodeRow(encoded.subarray(end, end + length));
        end += length;
      }
    }
    return new Uint8Array(encoded.buffer);
  }

  /** @param {Int8Array} out */
  #encodeRow(out) {
    const scale = quantiseRow(this.#row, out);
    for (let i = 0; i < out.length; i++) this.error = Math.max(this.error, Math.abs(this.#row[i] - out[i] * scale));
    this.#scales[this.#rows++] = scale;
    this.#filled = 0;
  }

  end() {
    return new Uint8Array(this.#scales.buffer);
  }
}

/**
 * @param {string} name
 * @param {'F32' | 'F16' | 'I8'} dtype in which they are to be written
 * @param {Float32Array | Float64Array} values
 * @returns {number} the largest, without its sign
 * @throws {DecemError} where one is not finite, or more than the type goes to
 */
function largestOf(name, dtype, values) {
  const most = dtype === 'F16' ? HALF_MAX : FLOAT_MAX;
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    // Not "size > most": that is false of NaN.
    if (!(size <= most)) refuse(name, dtype, values[i]);
    if (size > largest) largest = size;
  }
  return largest;
}

/** @param {string} name @param {'F32' | 'F16' | 'I8'} dtype @param {number} value @returns {never} */
function refuse(name, dtype, value) {
  if (!Number.isFinite(value)) {
    throw new DecemError(
      `Tensor ${name} holds a number that is not finite (${value}): the training may have diverged. Use an earlier checkpoint.`,
      'NOT_FINITE',
    );
  }
  const [most, advice] = dtype === 'F16' ? [HALF_MAX, 'Use --dtype f32.'] : ['3.4e38', 'Save the model as float32.'];
  throw new DecemError(`Tensor ${name} holds ${value}, and ${dtype} goes no further than ${most}. ${advice}`, 'UNSUPPORTED_DTYPE');
}

/** @param {Float32Array | Float64Array} values @returns {Uint16Array} */
function halves(values) {
  const encoded = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) encoded[i] = toHalf(values[i]);
  return encoded;
}
