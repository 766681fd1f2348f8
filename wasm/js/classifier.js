/**
 * The public class: weights in once, then an image in and labels out, as often as wanted.
 *
 * A classifier runs in a worker of its own in browsers, so that the page stays free, and on the calling thread in Node.
 * Each has its own WebAssembly memory, which `dispose` gives back whole.
 *
 * Calls are taken one at a time, in the order in which they were made; a call that is aborted while it waits is
 * never started. For video use `stream`, which drops the frames that there is no time for.
 */
import { startHere } from './client.js';
import { DecemError } from './errors.js';
import { captureImage, readImage } from './image.js';
import { labelOf } from './labels.js';
import { load } from './load.js';
import { Queue } from './queue.js';
import { summarise } from './summary.js';
import { chooseVariant } from './variants.js';
import { compile } from './wasm.js';

/**
 * @import { RunRequest, RunResult } from './types-inside.js'
 * @import { Loaded } from './load.js'
 * @import { Classification, ClassifyOptions, Crop, ImageSource, LoadOptions, NetworkOptions, Profile, StreamOptions, Summary,
 *   SyntheticWeights, Timings, WasmOptions, WeightsSource } from './types.js'
 */

export class Classifier {
  #engine;
  #fetch;
  /** @type {Promise<Classification> | null} */
  #first = null;
  #from;
  #labels;
  #queue = new Queue();
  #summary;
  #topK;
  #variant;

  /**
   * For `Classifier.load` alone.
   * @private
   * @param {Loaded} loaded
   * @param {LoadOptions} options
   */
  constructor({ engine, summary, labels, from, first }, options) {
    this.#engine = engine;
    this.#summary = summary;
    this.#labels = labels;
    this.#topK = options.topK ?? 5;
    this.#fetch = options.fetch;
    this.#from = from;
    this.#variant = options.wasm === undefined ? chooseVariant(options.variant ?? 'auto', false).arithmetic : null;
    if (first) {
      this.#first = this.#queue.add(async () => {
        const { inferenceMs, preprocessMs, ...result } = await first;
        return this.#named({ ...result, timings: { preprocessMs, inferenceMs, totalMs: preprocessMs + inferenceMs } });
      });
      this.#first.catch(() => {}); // it is told to whoever asks
    }
  }

  /**
   * Loads weights and makes them ready to run. Weights are read as a stream: they are never whole in memory twice.
   *
   * With an `image` in the options, its answer is computed layer by layer while later weights are still on their way:
   *
   *     const classifier = await Classifier.load(address, { image: photo });
   *     const { predictions } = await classifier.first;
   *
   * Rejects with a DecemError that names what is wrong with the weights, the address or this browser; with the
   * signal's reason when aborted. Either way everything taken so far is given back.
   *
   * @param {WeightsSource | SyntheticWeights} source a safetensors file, or a network to be filled with synthetic weights
   * @param {LoadOptions} [options]
   * @returns {Promise<Classifier>}
   */
  static async load(source, options = {}) {
    return new Classifier(await load(source, options), options);
  }

  /**
   * The names of the networks, in the article's order.
   * @param {WasmOptions} [options]
   * @returns {Promise<string[]>}
   */
  static async networks(options = {}) {
    return (await startHere(compile(options))).networks();
  }

  /**
   * A network's layers, parameters and costs, without any weights.
   * @param {string} network
   * @param {NetworkOptions} [networkOptions]
   * @param {WasmOptions} [options]
   * @returns {Promise<Summary>}
   */
  static async summary(network, networkOptions, options = {}) {
    const engine = await startHere(compile(options));
    await engine.select(network, networkOptions);
    const { description, metadata } = await engine.describe();
    return summarise(description, { metadata, labels: null });
  }

  /** The network's name, such as 'mobilenetv2'. */
  get network() {
    return this.#summary.network;
  }

  /** False when the weights are synthetic: the predictions then mean nothing. */
  get trained() {
    return this.#summary.trained;
  }

  /** The classes' names in index order; null where the weights name none. */
  get labels() {
    return this.#labels;
  }

  /** Where the weights came from: 'network', 'cache' (stored on this device), 'file' or 'memory'; null where that is not known. */
  get loadedFrom() {
    return this.#from;
  }

  /**
   * The answer for the image that was given to `load`: null where none was. It was computed while the weights came, so it is
   * there about when `load` has settled. It rejects where the image cannot be read; the classifier is none the worse for it.
   */
  get first() {
    return this.#first;
  }

  /** Where it runs: 'worker' or 'thread' (the one that made it). */
  get where() {
    return this.#engine.where;
  }

  /** Its arithmetic: 'strict' or 'relaxed', as for `LoadOptions`; null where the module was given with `wasm`. */
  get variant() {
    return this.#variant;
  }

  /**
   * How many threads a run may use. A helper thread that has not come yet, or never comes, changes no answer: the others do
   * its work.
   */
  get threads() {
    return this.#engine.threads;
  }

  /**
   * What the image shows. The image may be changed or closed once the promise has settled; the present frame of a
   * video or canvas is taken at once.
   * @param {ImageSource} image
   * @param {ClassifyOptions} [options]
   * @returns {Promise<Classification>}
   */
  async classify(image, options = {}) {
    const topK = options.topK ?? this.#topK;
    if (!Number.isInteger(topK) || topK < 1) {
      throw new DecemError(`topK is ${topK}: it must be a whole number from 1 up.`, 'INVALID_ARGUMENT');
    }
    return this.#named(await this.#run(image, { topK, logits: options.logits }, options.signal));
  }

  /**
   * @param {Omit<RunResult, 'preprocessMs' | 'inferenceMs'> & { timings: Timings }} result
   * @returns {Classification}
   */
  #named({ outputs, logits, timings }) {
    const named = outputs.map(({ indices, probabilities }, output) => ({
      name: this.#summary.outputs[output],
      predictions: Array.from(indices, (index, rank) => ({
        index,
        label: labelOf(this.#labels, index),
        probability: probabilities[rank],
      })),
    }));
    return {
      network: this.network,
      trained: this.trained,
      predictions: named[0].predictions,
      ...(named.length > 1 && { outputs: named }),
      ...(logits && { logits }),
      timings,
    };
  }

  /**
   * Classifies a video until the signal aborts, the video ends, or the function returns null. A frame is taken whenever the
   * one before is done; the frames in between are dropped. It rests while the page is hidden or the video pauses.
   * @param {HTMLVideoElement | (() => ImageSource | null | Promise<ImageSource | null>)} source a video, or what gives
   *   the latest frame
   * @param {StreamOptions} options
   * @returns {Promise<void>} settles when it has ended; rejects when a frame cannot be classified
   */
  async stream(source, { onResult, signal, ...options }) {
    const { nextFrame } = await import('./stream.js');
    while (!signal?.aborted) {
      const frame = await nextFrame(source, signal);
      if (frame === null) return;
      try {
        onResult(await this.classify(frame, { ...options, signal }));
      } catch (error) {
        if (signal?.aborted) return;
        throw error;
      }
    }
  }

  /**
   * The vector that the main classifier reads: what the network has made of the image.
   * @param {ImageSource} image
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Float32Array>}
   */
  async embed(image, { signal } = {}) {
    const { embedding } = await this.#run(image, { topK: 1, embedding: true }, signal);
    return /** @type {Float32Array} */ (embedding);
  }

  /**
   * The time that each step of the network takes on an image.
   * @param {ImageSource} image
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Profile>}
   */
  async profile(image, { signal } = {}) {
    const { steps, timings } = await this.#run(image, { topK: 1, profile: true }, signal);
    return { network: this.network, steps: /** @type {Profile['steps']} */ (steps), timings };
  }

  /**
   * The pixels of the last image that the network saw.
   * @returns {Promise<Crop | null>} null before the first image
   */
  async crop() {
    return this.#queue.add(() => this.#engine.crop());
  }

  /**
   * The network's layers, their shapes, parameters and costs, as torchsummary prints them, and what is known of the weights.
   * @returns {Summary}
   */
  summary() {
    return this.#summary;
  }

  /**
   * Gives back the memory, the worker and the threads, at once. Calls that wait or run reject with a DecemError, code DISPOSED. Calling
   * it again does nothing.
   */
  dispose() {
    this.#queue.close(new DecemError('The classifier has been disposed of: load another.', 'DISPOSED'));
    this.#engine.dispose();
  }

  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    this.dispose();
  }

  /**
   * @param {ImageSource} image
   * @param {RunRequest} request
   * @param {AbortSignal} [signal]
   * @returns {Promise<Omit<RunResult, 'preprocessMs' | 'inferenceMs'> & { timings: Timings }>}
   */
  async #run(image, request, signal) {
    signal?.throwIfAborted();
    const captured = await captureImage(image);
    const job = async () => {
      const start = performance.now();
      const readable = await readImage(captured, { fetch: this.#fetch, signal });
      const readMs = performance.now() - start;
      const { inferenceMs, preprocessMs, ...result } = await this.#engine.run(readable, request);
      const totalMs = performance.now() - start;
      return { ...result, timings: { preprocessMs: readMs + preprocessMs, inferenceMs, totalMs } };
    };
    try {
      return await this.#queue.add(job, signal);
    } catch (error) {
      // Part of the work is nobody's now: no later run could end.
      if (error instanceof DecemError && error.code === 'THREAD_LOST') this.dispose();
      throw error;
    }
  }
}
