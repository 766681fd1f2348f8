/**
 * The C core's model, one to one (src/decem.h says what each call does), in an instance and a memory of its own.
 * A status that is not OK becomes a DecemError with the core's sentence. Everything here is synchronous.
 */
import { DecemError, codeOfStatus } from './errors.js';
import { instantiate, isShared } from './raw.js';
import { Team } from './team.js';
import { mayWait } from './thread-count.js';

/** Pixels are copied into the heap in bands of about this size, so that a large photo is never there whole. */
const BAND_BYTES = 1 << 20;
/** Weights are, too: bytes in memory come in pieces of any size. */
const PIECE_BYTES = 1 << 20;

/** A model that nobody holds any more, and nobody disposed of, lets its helpers go. */
const abandoned = new FinalizationRegistry((/** @type {Team} */ team) => team.stop());

/** @import { Description, MetadataKey } from './types-inside.js' */

export class Model {
  #raw;
  /** @type {import('./raw.js').Pointer} */
  #handle;
  /** @type {Team | null} */
  #team = null;
  /** How many a run may use, this one included. */
  threads = 1;

  /**
   * @private
   * @param {import('./raw.js').Raw} raw
   * @param {import('./raw.js').Pointer} handle
   */
  constructor(raw, handle) {
    this.#raw = raw;
    this.#handle = handle;
  }

  /**
   * @param {WebAssembly.Module} module
   * @param {number} [threads] that a run may use, from 1 to 16. It is 1 after all where the module has no shared memory, or
   *   this thread may not wait for others
   * @returns {Promise<Model>} an empty model
   */
  static async create(module, threads = 1) {
    const raw = await instantiate(module);
    const slot = raw.allocate(4);
    const status = raw.call('decem_model_create', slot);
    if (status !== 0) throw new DecemError('Out of memory: cannot make a model.', codeOfStatus(status));
    const model = new Model(raw, raw.word(slot));
    raw.free(slot);
    if (threads > 1 && isShared(module) && mayWait()) await model.#share(threads);
    return model;
  }

  /** @param {number} threads */
  async #share(threads) {
    this.#check(this.#raw.call('decem_model_set_threads', this.#handle, threads));
    this.#team = await Team.start(this.#raw, this.#handle, threads);
    abandoned.register(this, this.#team, this);
    this.threads = threads;
  }

  /** Lets the helper threads go. The instance's memory goes with the model, whole. */
  dispose() {
    abandoned.unregister(this);
    this.#team?.stop();
    this.#team = null;
  }

  /** @param {number} status of a call on this model */
  #check(status) {
    if (status === 0) return;
    const message = this.#raw.text(this.#raw.pointer('decem_model_message', this.#handle));
    throw new DecemError(message || 'The core gave no reason.', codeOfStatus(status));
  }

  /** @returns {string[]} */
  networks() {
    const count = this.#raw.call('decem_network_count');
    return Array.from({ length: count }, (_, index) => /** @type {string} */ (this.#raw.text(this.#raw.pointer('decem_network_name', index))));
  }

  /**
   * @param {string} network
   * @param {import('./types.js').NetworkOptions} [options]
   */
  select(network, options = {}) {
    this.#raw.withTexts([network, JSON.stringify(options)], (name, json) => {
      this.#check(this.#raw.call('decem_model_select', this.#handle, name, json));
    });
  }

  /** @param {string} hex the SHA-256 that the file must have: to be said before its first byte */
  expectSha256(hex) {
    this.#raw.withTexts([hex], (digits) => this.#check(this.#raw.call('decem_model_expect_sha256', this.#handle, digits)));
  }

  /** @param {Uint8Array} bytes the next of a safetensors file, of any length */
  push(bytes) {
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      const piece = bytes.subarray(start, start + PIECE_BYTES);
      this.#check(this.#raw.call('decem_model_push', this.#handle, this.#raw.stage(piece), piece.length));
    }
  }

  finish() {
    this.#raw.dropStage();
    this.#check(this.#raw.call('decem_model_finish', this.#handle));
  }

  /** @param {number} seed 32-bit unsigned */
  synthesize(seed) {
    this.#check(this.#raw.call('decem_model_synthesize', this.#handle, seed));
  }

  /**
   * Of the weights that `synthesize` would give the chosen network.
   * @param {number} seed
   * @param {number} tensor as the description counts them
   * @param {number} first element
   * @param {number} count of elements
   * @returns {Float32Array}
   */
  syntheticTensor(seed, tensor, first, count) {
    const values = this.#raw.allocate(count * 4);
    try {
      this.#check(this.#raw.call('decem_model_synthetic_tensor', this.#handle, seed, tensor, first, count, values));
      return this.#raw.floats(values, count);
    } finally {
      this.#raw.free(values);
    }
  }

  /** @param {MetadataKey} key @returns {string | null} null where the file has none */
  metadata(key) {
    return this.#raw.withTexts([key], (name) => this.#raw.text(this.#raw.pointer('decem_model_metadata', this.#handle, name)));
  }

  /** @returns {Description} once the network is known */
  describe() {
    return this.#json('decem_model_describe');
  }

  /** @returns {import('./types-inside.js').Graph} once the network is known */
  graph() {
    return this.#json('decem_model_graph');
  }

  /** @param {string} name of the function that gives it */
  #json(name) {
    const json = this.#raw.text(this.#raw.pointer(name, this.#handle));
    if (json === null) throw new DecemError('The network is not known yet, or there is no memory to describe it.', 'WRONG_STATE');
    return JSON.parse(json);
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {number} channels 3 or 4
   */
  beginImage(width, height, channels) {
    this.#check(this.#raw.call('decem_model_begin_image', this.#handle, width, height, channels));
  }

  /**
   * @param {Uint8Array | Uint8ClampedArray} rows [count][rowBytes]
   * @param {number} rowBytes
   */
  pushRows(rows, rowBytes) {
    const count = rows.length / rowBytes;
    const step = Math.max(1, Math.floor(BAND_BYTES / rowBytes));
    for (let row = 0; row < count; row += step) {
      const band = rows.subarray(row * rowBytes, (row + step) * rowBytes);
      this.#check(this.#raw.call('decem_model_push_rows', this.#handle, this.#raw.stage(band), band.length / rowBytes));
    }
  }

  /**
   * @param {number} side of the crop that the network sees
   * @returns {Uint8Array | null} [side][side][3], RGB; null before the first image
   */
  crop(side) {
    const pointer = this.#raw.pointer('decem_model_crop', this.#handle);
    return pointer === 0 ? null : this.#raw.bytes(pointer, side * side * 3);
  }

  /** @param {Float32Array} input [3][H][W], normalised */
  setInput(input) {
    const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    this.#check(this.#raw.call('decem_model_set_input', this.#handle, this.#raw.stage(bytes)));
  }

  run() {
    this.#check(this.#raw.call('decem_model_run', this.#handle));
  }

  /** How many of the first steps have their weights: they can be run while the rest still comes. */
  get readySteps() {
    return this.#raw.call('decem_model_ready_steps', this.#handle);
  }

  /** @param {number} step the next, in order from 0 */
  runStep(step) {
    this.#check(this.#raw.call('decem_model_run_step', this.#handle, step));
  }

  /** @returns {number[]} runs as well, and gives the milliseconds of each step */
  runTimed() {
    const count = this.#raw.call('decem_model_step_count', this.#handle);
    return Array.from({ length: count }, (_, step) => {
      const start = performance.now();
      this.runStep(step);
      return performance.now() - start;
    });
  }

  get outputCount() {
    return this.#raw.call('decem_model_output_count', this.#handle);
  }

  get classCount() {
    return this.#raw.call('decem_model_class_count', this.#handle);
  }

  /** @param {number} output @returns {Float32Array} before softmax */
  logits(output) {
    return this.#result('decem_model_logits', output);
  }

  /** @param {number} output @returns {Float32Array} */
  probabilities(output) {
    return this.#result('decem_model_probabilities', output);
  }

  /** @param {number} output @returns {Float32Array} what the article's network returns */
  output(output) {
    return this.#result('decem_model_output', output);
  }

  /**
   * @param {string} name of the function
   * @param {number} output
   * @returns {Float32Array}
   */
  #result(name, output) {
    const pointer = this.#raw.pointer(name, this.#handle, output);
    if (pointer === 0) throw new DecemError(`There is no output ${output}, or nothing has been run yet.`, 'WRONG_STATE');
    return this.#raw.floats(pointer, this.classCount);
  }

  /** @returns {Float32Array} what the main classifier read in the last run */
  embedding() {
    const slot = this.#raw.allocate(4);
    try {
      const pointer = this.#raw.pointer('decem_model_embedding', this.#handle, slot);
      if (pointer === 0) throw new DecemError('Nothing has been run yet.', 'WRONG_STATE');
      return this.#raw.floats(pointer, this.#raw.word(slot));
    } finally {
      this.#raw.free(slot);
    }
  }

  /**
   * @param {number} output
   * @param {number} count
   * @returns {Int32Array} the most probable classes, most probable first: `count` of them, or all where there are fewer
   */
  top(output, count) {
    const wanted = Math.min(count, this.classCount);
    const indices = this.#raw.allocate(wanted * 4);
    try {
      return this.#raw.integers(indices, this.#raw.call('decem_model_top', this.#handle, output, wanted, indices));
    } finally {
      this.#raw.free(indices);
    }
  }

  /** For tests: keeps every layer's output. To be called before any weights are given. */
  keepActivations() {
    this.#check(this.#raw.call('decem_model_keep_activations', this.#handle));
  }

  /**
   * @param {string} layer
   * @returns {{ shape: number[], values: Float32Array }} [C, H, W] and [C][H][W]
   */
  activation(layer) {
    const slot = this.#raw.allocate(12);
    let values = 0;
    try {
      return this.#raw.withTexts([layer], (name) => {
        this.#check(this.#raw.call('decem_model_activation', this.#handle, name, slot, 0));
        const shape = Array.from(this.#raw.integers(slot, 3));
        const count = shape.reduce((product, size) => product * size, 1);
        values = this.#raw.allocate(count * 4);
        this.#check(this.#raw.call('decem_model_activation', this.#handle, name, slot, values));
        return { shape, values: this.#raw.floats(values, count) };
      });
    } finally {
      this.#raw.free(values);
      this.#raw.free(slot);
    }
  }
}
