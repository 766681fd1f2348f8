/**
 * A tensor that lies in a file: where, of which type, and how its elements follow one another. Nothing is read
 * before its values are asked for.
 */
import { DecemError } from '../js/errors.js';
import { fromHalf } from './half.js';

/** Elements in a piece of values. */
const PIECE_ELEMENTS = 1 << 18;
const RANK_MAX = 8;

/** Bytes an element, by safetensors' names. */
const DTYPE_BYTES = {
  F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1,
};

/** @typedef {keyof typeof DTYPE_BYTES} Dtype */

/** @param {string} name @returns {name is Dtype} */
export function isDtype(name) {
  return Object.hasOwn(DTYPE_BYTES, name);
}

/** @param {Dtype} dtype @returns {number} */
export function bytesOf(dtype) {
  return DTYPE_BYTES[dtype];
}

/** @param {number[]} shape @returns {number[]} strides of a tensor without gaps, in elements */
export function contiguousStrides(shape) {
  const strides = new Array(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/**
 * @typedef {object} TensorPlace
 * @property {string} name for messages
 * @property {Dtype} dtype
 * @property {number[]} shape
 * @property {number[]} [strides] in elements; without gaps if left out
 * @property {number} start of the first element, in bytes of the file
 * @property {number} end of the bytes that the tensor may lie in
 */

export class Tensor {
  #file;
  #place;

  /**
   * @param {import('./file.js').RandomFile} file
   * @param {TensorPlace} place
   * @throws {DecemError} where the tensor does not lie within its place
   */
  constructor(file, { name, dtype, shape, strides = contiguousStrides(shape), start, end }) {
    const sizes = [...shape, ...strides, start, end];
    const sound = shape.length === strides.length && shape.length <= RANK_MAX && sizes.every((size) => Number.isSafeInteger(size) && size >= 0);
    if (!sound) throw file.malformed(`tensor ${name} has a shape or strides that cannot be: [${shape}], [${strides}].`);
    const count = shape.reduce((product, size) => product * size, 1);
    const span = count === 0 ? 0 : shape.reduce((last, size, axis) => last + (size - 1) * strides[axis], 0) + 1;
    if (!(count <= Number.MAX_SAFE_INTEGER) || start + span * bytesOf(dtype) > end) {
      throw file.malformed(`tensor ${name} of shape [${shape}] does not fit in the bytes that the file has for it: the file is cut short or damaged.`);
    }
    if (end > file.size) throw file.malformed(`tensor ${name} lies past the end of the file: it is cut short. Copy or download it again.`);
    this.#file = file;
    this.#place = { name, dtype, shape, strides, start, end };
    this.dtype = dtype;
    this.shape = shape;
    this.strides = strides;
    this.count = count;
    /** Elements from the first to the last in the file. */
    this.span = span;
  }

  /**
   * @param {number[]} axes of this tensor, in the order in which the other has them
   * @returns {Tensor} the same bytes seen in another order
   */
  permuted(axes) {
    const pick = (/** @type {number[]} */ sizes) => axes.map((axis) => sizes[axis]);
    return new Tensor(this.#file, { ...this.#place, shape: pick(this.shape), strides: pick(this.strides) });
  }

  /**
   * The elements, row by row, in pieces that are valid until the next is asked for.
   * @returns {Generator<Float32Array | Float64Array, void, void>} float64 where the file has that
   */
  *values() {
    const { dtype, shape, strides, count, span } = this;
    const expected = contiguousStrides(shape);
    const dense = shape.every((size, axis) => size === 1 || strides[axis] === expected[axis]);
    if (dense) {
      for (let first = 0; first < count; first += PIECE_ELEMENTS) {
        yield this.#decode(first, Math.min(PIECE_ELEMENTS, count - first));
      }
      return;
    }
    const all = this.#decode(0, span);
    const piece = dtype === 'F64' ? new Float64Array(PIECE_ELEMENTS) : new Float32Array(PIECE_ELEMENTS);
    const at = new Array(shape.length).fill(0);
    let used = 0;
    for (let place = 0, done = 0; done < count; done++) {
      piece[used++] = all[place];
      if (used === PIECE_ELEMENTS) {
        yield piece;
        used = 0;
      }
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        place += strides[axis];
        if (++at[axis] < shape[axis]) break;
        place -= strides[axis] * shape[axis];
        at[axis] = 0;
      }
    }
    if (used > 0) yield piece.subarray(0, used);
  }

  /** @param {number} first element @param {number} count @returns {Float32Array | Float64Array} */
  #decode(first, count) {
    const width = bytesOf(this.dtype);
    const bytes = new Uint8Array(count * width);
    this.#file.fill(bytes, this.#place.start + first * width);
    switch (this.dtype) {
      case 'F32':
        return new Float32Array(bytes.buffer);
      case 'F64':
        return new Float64Array(bytes.buffer);
      case 'F16': {
        const halves = new Uint16Array(bytes.buffer);
        const values = new Float32Array(count);
        for (let i = 0; i < count; i++) values[i] = fromHalf(halves[i]);
        return values;
      }
      case 'BF16': {
        const upper = new Uint16Array(bytes.buffer);
        const words = new Uint32Array(count);
        for (let i = 0; i < count; i++) words[i] = upper[i] << 16;
        return new Float32Array(words.buffer);
      }
      case 'I8':
        return Float32Array.from(new Int8Array(bytes.buffer));
      default:
        throw new DecemError(`${this.#file.path}: whole numbers (${this.dtype}) are no weights.`, 'UNSUPPORTED_DTYPE');
    }
  }
}

/** A tensor of one number again and again, which lies in no file. */
export class FilledTensor {
  dtype = /** @type {const} */ ('F32');

  /** @param {number[]} shape @param {number} value */
  constructor(shape, value) {
    this.shape = shape;
    this.count = shape.reduce((product, size) => product * size, 1);
    this.value = value;
  }

  /** @returns {Generator<Float32Array, void, void>} */
  *values() {
    yield new Float32Array(this.count).fill(this.value);
  }
}

/** Whole numbers, each row of which is multiplied by a scale of its own. */
export class ScaledTensor {
  dtype = /** @type {const} */ ('F32');
  #whole;
  #scales;

  /** @param {Tensor} whole @param {Tensor} scales of its rows: as many numbers as it has of those */
  constructor(whole, scales) {
    this.#whole = whole;
    this.#scales = scales;
    this.shape = whole.shape;
    this.count = whole.count;
  }

  /** @returns {Generator<Float32Array | Float64Array, void, void>} */
  *values() {
    const scales = [...this.#scales.values()].flatMap((piece) => [...piece]);
    const columns = this.count / this.shape[0];
    let at = 0;
    for (const values of this.#whole.values()) {
      for (let i = 0; i < values.length; i++) values[i] *= scales[Math.floor(at++ / columns)];
      yield values;
    }
  }
}

/** @typedef {Tensor | FilledTensor | ScaledTensor} AnyTensor */
