/**
 * From a source of weights to an engine that has them, checked. Where there is an image already, it is run while the weights
 * still come.
 */
import { untilAborted } from './abort.js';
import { startEngine } from './client.js';
import { DecemError } from './errors.js';
import { captureImage, readImage } from './image.js';
import { loadLabels } from './labels.js';
import { ProgressReport } from './progress.js';
import { openSource } from './source.js';
import { summarise } from './summary.js';

/**
 * @import { AnyEngine } from './client.js'
 * @import { ReadableImage } from './image.js'
 * @import { OpenSource } from './source.js'
 * @import { ImageSource, LoadOptions, Progress, Summary, SyntheticWeights, WeightsSource } from './types.js'
 * @import { RunResult } from './types-inside.js'
 */

/**
 * @typedef {object} Loaded
 * @property {AnyEngine} engine
 * @property {Summary} summary
 * @property {string[] | null} labels
 * @property {Progress['from']} from
 * @property {Promise<RunResult> | null} first of the image in the options
 */

/** So much may be on its way to the engine while more is read: neither waits for the other at each chunk. */
const FLYING_BYTES = 4 << 20;

/** What the file's header says, once that has been in. @typedef {{ about: ReturnType<typeof describe> | null }} Header */

/** @param {unknown} source @returns {source is SyntheticWeights} */
function isSynthetic(source) {
  return typeof source === 'object' && source !== null && 'network' in source && typeof source.network === 'string';
}

/**
 * @param {WeightsSource | SyntheticWeights} source
 * @param {LoadOptions} options
 * @returns {Promise<Loaded>}
 */
export async function load(source, options) {
  const report = new ProgressReport(options.onProgress);
  const image = options.image === undefined ? null : openImage(options.image, options);
  image?.catch(() => {}); // told to whoever asks for the answer
  for (let attempt = 0; ; attempt++) {
    report.phase('wasm');
    // The weights are asked for while the engine starts: either takes some 50 ms.
    const asking = new Asking(options.signal ?? (source instanceof Request ? source.signal : undefined));
    const opening = isSynthetic(source) ? null
      : openSource(source, { ...options, signal: asking.signal, onPause: (ms) => report.wait(ms) }, attempt);
    opening?.catch(() => {}); // told below
    const engine = await startEngine(options).catch((error) => {
      asking.stop(error);
      throw error;
    });
    // Copied: a second attempt may need it.
    const given = image?.then((readable) => engine.first({ ...readable, own: false })) ?? null;
    given?.catch(() => {});
    /** @type {OpenSource | null} */
    let weights = null;
    try {
      /** @type {Header} */
      let header = { about: null };
      if (isSynthetic(source)) await synthesize(engine, source, report, options);
      else {
        weights = await /** @type {Promise<OpenSource>} */ (opening);
        header = await push(engine, weights, report, options);
      }
      const from = weights?.from ?? null;
      const first = given?.then(() => engine.takeFirst({ topK: options.topK ?? 5 })) ?? null;
      first?.catch(() => {}).then(() => image).then(closeOwn, () => {});
      void weights?.accept?.();
      weights = null;
      const { summary, labels } = await untilAborted(header.about ?? describe(engine, options), options.signal);
      report.phase('ready');
      return { engine, summary, labels, from, first };
    } catch (error) {
      engine.dispose();
      const again = await weights?.refuse?.(error);
      asking.stop(error);
      if (!again) throw error;
    } finally {
      asking.end();
    }
  }
}

/** A signal that aborts with the caller's, or when nobody wants any more what it was for. */
class Asking {
  #controller = new AbortController();
  #callers;
  #pass = () => this.#controller.abort(this.#callers?.reason);

  /** @param {AbortSignal} [callers] */
  constructor(callers) {
    this.#callers = callers;
    if (callers?.aborted) this.#pass();
    else callers?.addEventListener('abort', this.#pass, { once: true });
  }

  get signal() {
    return this.#controller.signal;
  }

  /** @param {unknown} reason */
  stop(reason) {
    this.#controller.abort(reason);
    this.end();
  }

  /** Leaves nothing at the caller's signal. */
  end() {
    this.#callers?.removeEventListener('abort', this.#pass);
  }
}

/**
 * @param {AnyEngine} engine
 * @param {SyntheticWeights} source
 * @param {ProgressReport} report
 * @param {LoadOptions} options
 */
async function synthesize(engine, { network, options, seed = 1 }, report, { signal }) {
  report.begin(`synthetic weights, seed ${seed}`);
  await untilAborted(engine.select(network, options), signal);
  await untilAborted(engine.synthesize(seed), signal);
}

/**
 * @param {AnyEngine} engine
 * @param {OpenSource} weights
 * @param {ProgressReport} report
 * @param {LoadOptions} options
 * @returns {Promise<Header>}
 */
async function push(engine, weights, report, options) {
  const { network, sha256, signal } = options;
  if (network !== undefined) await untilAborted(engine.select(network, options.options), signal);
  if (sha256 !== undefined) await untilAborted(engine.expectSha256(sha256), signal);
  report.begin(weights.name, weights.total, weights.from);
  /** @type {Header} */
  const header = { about: null };
  /** @type {{ pushed: Promise<number>, bytes: number }[]} */
  const flying = [];
  let bytes = 0;
  const land = async () => {
    const oldest = /** @type {typeof flying[0]} */ (flying.shift());
    const ready = await untilAborted(oldest.pushed, signal);
    if (ready > 0 && header.about === null) {
      header.about = describe(engine, options);
      header.about.catch(() => {});
    }
    bytes -= oldest.bytes;
    report.add(oldest.bytes);
  };
  const chunks = weights.chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const coming = chunks.next();
      coming.catch(() => {}); // told below, unless a push fails first
      while (flying.length > 0 && (bytes > FLYING_BYTES || !(await isFirst(coming, flying[0].pushed)))) await land();
      const { done, value } = await coming;
      if (done) break;
      const pushed = engine.push(value);
      pushed.catch(() => {}); // told when it lands
      flying.push({ pushed, bytes: value.byteLength });
      bytes += value.byteLength;
    }
  } finally {
    void chunks.return?.()?.catch(() => {});
  }
  while (flying.length > 0) await land();
  if (report.loaded === 0) throw new DecemError(`${weights.name} is empty: it holds no weights.`, 'MALFORMED_FILE');
  await untilAborted(engine.finish().catch((error) => {
    throw error.code === 'WRONG_HASH' ? new DecemError(`${weights.name}: ${error.message}`, error.code) : error;
  }), signal);
  return header;
}

/** Whether `a` settles before `b`. @param {Promise<unknown>} a @param {Promise<unknown>} b @returns {Promise<boolean>} */
function isFirst(a, b) {
  return Promise.race([a.then(() => true, () => true), b.then(() => false, () => false)]);
}

/**
 * @param {AnyEngine} engine that knows its network
 * @param {LoadOptions} options
 */
async function describe(engine, options) {
  const { description, metadata } = await engine.describe();
  const labels = await loadLabels(options.labels ?? metadata.labels, options);
  return { summary: summarise(description, { metadata, labels }), labels };
}

/**
 * @param {ImageSource | Promise<ImageSource | null>} given
 * @param {LoadOptions} options
 * @returns {Promise<ReadableImage>}
 */
async function openImage(given, options) {
  const image = await given;
  if (image === null) throw new DecemError('There is no image to begin with.', 'INVALID_IMAGE');
  return readImage(await captureImage(image), options);
}

/** @param {ReadableImage | null} readable */
function closeOwn(readable) {
  if (readable?.own && 'close' in readable.image) readable.image.close();
}
