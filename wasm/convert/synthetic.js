/** A network's synthetic weights as tensors: the core makes them, piece by piece. */

const PIECE_ELEMENTS = 1 << 18;

export class SyntheticTensor {
  dtype = /** @type {const} */ ('F32');
  #model;
  #seed;
  #index;

  /**
   * @param {import('../js/model.js').Model} model whose network is chosen
   * @param {number} seed
   * @param {number} index as its description counts the tensors
   * @param {number[]} shape
   */
  constructor(model, seed, index, shape) {
    this.#model = model;
    this.#seed = seed;
    this.#index = index;
    this.shape = shape;
    this.count = shape.reduce((product, size) => product * size, 1);
  }

  /** @returns {Generator<Float32Array, void, void>} */
  *values() {
    for (let first = 0; first < this.count; first += PIECE_ELEMENTS) {
      yield this.#model.syntheticTensor(this.#seed, this.#index, first, Math.min(PIECE_ELEMENTS, this.count - first));
    }
  }
}
