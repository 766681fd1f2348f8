/** Writes tensors into a safetensors file. */
import { DecemError } from '../js/errors.js';
import { HALF_MAX, fromHalf, toHalf } from './half.js';
import { safetensorsHeader } from './safetensors-file.js';
import { writeWhole } from './whole-file.js';

/** Bytes an element of the types that can be written. */
const WRITTEN_BYTES = { F32: 4, F16: 2 };

/** @typedef {keyof typeof WRITTEN_BYTES} WrittenDtype */

/**
 * The largest error that the type brings.
 * @typedef {object} Loss
 * @property {number} absolute
 * @property {string | null} absoluteTensor where; null where there is no error at all
 * @property {number} relative to the largest value of the tensor
 * @property {string | null} relativeTensor
 */

/**
 * @param {string} path
 * @param {{ name: string, tensor: import('./tensor.js').AnyTensor }[]} tensors in the order in which they are to lie
 * @param {object} how
 * @param {WrittenDtype} how.dtype
 * @param {Record<string, string>} how.metadata
 * @param {(done: number, total: number) => void} [how.onProgress] bytes
 * @param {AbortSignal} [how.signal]
 * @returns {Promise<{ bytes: number, loss: Loss }>} the file's length
 */
export async function writeSafetensors(path, tensors, { dtype, metadata, onProgress, signal }) {
  const entries = tensors.map(({ name, tensor: { shape, count } }) => ({ name, dtype, shape, bytes: count * WRITTEN_BYTES[dtype] }));
  const header = safetensorsHeader(entries, metadata);
  const total = entries.reduce((sum, { bytes }) => sum + bytes, header.length);
  const loss = { absolute: 0, absoluteTensor: null, relative: 0, relativeTensor: null };
  let done = 0;
  await writeWhole(path, async (write) => {
    await write(header);
    done += header.length;
    for (const { name, tensor } of tensors) {
      const encoder = new Encoder(name, dtype);
      for (const values of tensor.values()) {
        const bytes = encoder.encode(values);
        await write(bytes);
        done += bytes.length;
        onProgress?.(done, total);
      }
      note(loss, name, encoder);
    }
  }, signal);
  return { bytes: total, loss };
}

/**
 * @param {Loss} loss
 * @param {string} name
 * @param {Encoder} encoder after the tensor's last values
 */
function note(loss, name, { error, largest }) {
  if (error > loss.absolute) Object.assign(loss, { absolute: error, absoluteTensor: name });
  const relative = error > 0 ? error / largest : 0;
  if (relative > loss.relative) Object.assign(loss, { relative, relativeTensor: name });
}

/** Values of one tensor to bytes; refuses what the type cannot hold. */
export class Encoder {
  #name;
  #dtype;
  /** The largest difference of a value and what was written for it. */
  error = 0;
  /** The largest value, without its sign. */
  largest = 0;

  /** @param {string} name @param {WrittenDtype} dtype */
  constructor(name, dtype) {
    this.#name = name;
    this.#dtype = dtype;
  }

  /** @param {Float32Array | Float64Array} values @returns {Uint8Array} little-endian */
  encode(values) {
    this.#check(values);
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

  /** @param {Float32Array | Float64Array} values */
  #check(values) {
    const most = this.#dtype === 'F16' ? HALF_MAX : 3.4028234663852886e38;
    let { largest } = this;
    for (let i = 0; i < values.length; i++) {
      const size = Math.abs(values[i]);
      // Not "size > most": that is false of NaN.
      if (!(size <= most)) this.#refuse(values[i]);
      if (size > largest) largest = size;
    }
    this.largest = largest;
  }

  /** @param {number} value @returns {never} */
  #refuse(value) {
    if (!Number.isFinite(value)) {
      throw new DecemError(
        `Tensor ${this.#name} holds a number that is not finite (${value}): the training may have diverged. Use an earlier checkpoint.`,
        'NOT_FINITE',
      );
    }
    const [most, advice] = this.#dtype === 'F16' ? [HALF_MAX, 'Use --dtype f32.'] : ['3.4e38', 'Save the model as float32.'];
    throw new DecemError(
      `Tensor ${this.#name} holds ${value}, and ${this.#dtype} goes no further than ${most}. ${advice}`,
      'UNSUPPORTED_DTYPE',
    );
  }
}

/** @param {Float32Array | Float64Array} values @returns {Uint16Array} */
function halves(values) {
  const encoded = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) encoded[i] = toHalf(values[i]);
  return encoded;
}
