/**
 * One model and what is done with it, call by call: what a worker does for its page, or the calling thread for itself.
 * Every method answers with a promise, so that `RemoteEngine` (client.js) is the same from outside.
 */
import { DecemError } from './errors.js';
import { FirstRun, giveImage } from './first-run.js';
import { Model } from './model.js';
import { openPixels } from './pixels.js';

/** @import { About, Description, RunRequest, RunResult } from './types-inside.js' */

export class Engine {
  /** @type {'thread' | 'worker'} where it runs, seen from who made it */
  where = /** @type {const} */ ('thread');
  /** @type {Model | null} */
  #model;
  /** @type {Description | null} */
  #description = null;
  /** @type {FirstRun | null} */
  #first = null;

  /** @param {Model} model */
  constructor(model) {
    this.#model = model;
    /** How many a run may use. */
    this.threads = model.threads;
  }

  /**
   * @param {WebAssembly.Module} module
   * @param {number} [threads] as `Model.create` takes them
   * @returns {Promise<Engine>}
   */
  static async create(module, threads) {
    return new Engine(await Model.create(module, threads));
  }

  get #live() {
    if (this.#model) return this.#model;
    throw new DecemError('The classifier has been disposed of: load another.', 'DISPOSED');
  }

  async networks() {
    return this.#live.networks();
  }

  /** @param {string} network @param {import('./types.js').NetworkOptions} [options] */
  async select(network, options) {
    this.#live.select(network, options);
  }

  /** @param {string} hex */
  async expectSha256(hex) {
    this.#live.expectSha256(hex);
  }

  /**
   * The image that is to be classified first: it is run as far as the weights are in, and further with each push.
   * @param {import('./image.js').ReadableImage} image
   */
  async first(image) {
    this.#first = new FirstRun(this.#live, image);
  }

  /**
   * @param {RunRequest} request
   * @returns {Promise<RunResult>} of that image, once the weights are finished
   */
  async takeFirst(request) {
    const first = /** @type {FirstRun} */ (this.#first);
    this.#first = null;
    await first.finish();
    return this.#result(request, first.preprocessMs, first.inferenceMs);
  }

  /** @param {Uint8Array} bytes @returns {Promise<number>} how many of the network's first steps have their weights */
  async push(bytes) {
    this.#live.push(bytes);
    this.#first?.advance();
    return this.#live.readySteps;
  }

  async finish() {
    this.#live.finish();
  }

  /** @param {number} seed */
  async synthesize(seed) {
    this.#live.synthesize(seed);
  }

  /** @returns {Promise<About>} */
  async describe() {
    const model = this.#live;
    this.#description = model.describe();
    const metadata = {
      network: model.metadata('network'),
      options: model.metadata('options'),
      preprocess: model.metadata('preprocess'),
      labels: model.metadata('labels'),
      license: model.metadata('license'),
      source: model.metadata('source'),
    };
    return { description: this.#description, metadata };
  }

  /**
   * @param {import('./image.js').ReadableImage} image
   * @param {RunRequest} request
   * @returns {Promise<RunResult>}
   */
  async run(image, request) {
    const start = performance.now();
    const pixels = await openPixels(image);
    const model = this.#live;
    giveImage(model, pixels);
    const prepared = performance.now();
    const times = request.profile ? model.runTimed() : model.run();
    return this.#result(request, prepared - start, performance.now() - prepared, times);
  }

  /**
   * @param {RunRequest} request
   * @param {number} preprocessMs
   * @param {number} inferenceMs
   * @param {number[] | void} [times] of each step
   * @returns {RunResult} of the last run
   */
  #result(request, preprocessMs, inferenceMs, times) {
    const model = this.#live;
    const each = Array.from({ length: model.outputCount }, (_, output) => output);
    return {
      outputs: each.map((output) => {
        const indices = model.top(output, request.topK);
        const probabilities = model.probabilities(output);
        return { indices, probabilities: Float32Array.from(indices, (index) => probabilities[index]) };
      }),
      ...(request.logits && { logits: each.map((output) => model.logits(output)) }),
      ...(request.embedding && { embedding: model.embedding() }),
      ...(times && { steps: this.#describedSteps.map((step, index) => ({ ...step, ms: times[index] })) }),
      preprocessMs,
      inferenceMs,
    };
  }

  get #describedSteps() {
    this.#description ??= this.#live.describe();
    return this.#description.steps;
  }

  /** @returns {Promise<import('./types.js').Crop | null>} */
  async crop() {
    this.#description ??= this.#live.describe();
    const side = this.#description.preprocess.crop;
    const rgb = this.#live.crop(side);
    if (!rgb) return null;
    const data = new Uint8ClampedArray(side * side * 4).fill(255);
    for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
      data[to] = rgb[from];
      data[to + 1] = rgb[from + 1];
      data[to + 2] = rgb[from + 2];
    }
    return { width: side, height: side, data };
  }

  /** The instance's memory goes with it, whole. */
  dispose() {
    this.#model?.dispose();
    this.#model = null;
  }
}
