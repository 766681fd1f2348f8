/** An engine to work with: in a worker where that can be had, else here. */
import { untilAborted } from './abort.js';
import { DecemError } from './errors.js';
import { TAINTED } from './pixels.js';
import { RpcClient } from './rpc.js';
import { countThreads } from './thread-count.js';
import { compile } from './wasm.js';

/** @typedef {import('./engine.js').Engine | RemoteEngine} AnyEngine */

/** @param {unknown} error @param {string} code */
const isOf = (error, code) => error instanceof DecemError && error.code === code;

/**
 * @param {import('./types.js').LoadOptions} options
 * @returns {Promise<AnyEngine>}
 */
export async function startEngine(options) {
  const threads = await countThreads(options);
  try {
    return await start(options, threads);
  } catch (error) {
    // Shared memory can be scarce where there is other memory.
    if (threads > 1 && isOf(error, 'OUT_OF_MEMORY')) return start(options, 1);
    throw error;
  }
}

/**
 * @param {import('./types.js').LoadOptions} options
 * @param {number} threads
 * @returns {Promise<AnyEngine>}
 */
async function start({ worker, ...options }, threads) {
  const compiling = compile({ ...options, threads });
  compiling.catch(() => {}); // asked for below, unless there is no worker to be had
  if (worker === false || (worker === undefined && typeof Worker !== 'function')) return startHere(compiling, threads);
  try {
    return await RemoteEngine.create(compiling, threads, options.signal);
  } catch (error) {
    if (worker === undefined && isOf(error, 'WORKER_FAILED')) return startHere(compiling, threads);
    throw error;
  }
}

/**
 * On the calling thread. A page that has workers never loads what it takes.
 * @param {Promise<WebAssembly.Module>} compiling
 * @param {number} [threads] as `Model.create` takes them
 */
export async function startHere(compiling, threads) {
  const { Engine } = await import('./engine.js');
  return Engine.create(await compiling, threads);
}

/** The methods of an Engine that lives in a worker of its own. */
export class RemoteEngine {
  where = /** @type {const} */ ('worker');
  /** How many threads a run may use: the worker's own and its helpers. */
  threads = 1;
  #worker;
  #rpc;

  /** @param {Worker} worker */
  constructor(worker) {
    this.#worker = worker;
    this.#rpc = new RpcClient(worker);
    worker.addEventListener('error', (event) => {
      event.preventDefault?.();
      const why = event.message ? `: ${event.message}` : ', without saying why; is worker.js served, and does the page allow worker-src?';
      this.#stop(new DecemError(`The worker failed${why}. Load the classifier again.`, 'WORKER_FAILED'));
    });
  }

  /**
   * @param {Promise<WebAssembly.Module>} compiling while the worker starts
   * @param {number} threads as `Model.create` takes them
   * @param {AbortSignal} [signal]
   * @returns {Promise<RemoteEngine>}
   */
  static async create(compiling, threads, signal) {
    let worker;
    try {
      worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'decem' });
    } catch (cause) {
      throw new DecemError(`No worker can be started: ${/** @type {Error} */ (cause).message}`, 'WORKER_FAILED', { cause });
    }
    const engine = new RemoteEngine(worker);
    try {
      const module = await untilAborted(compiling, signal);
      engine.threads = await untilAborted(engine.#rpc.call('create', [module, threads]), signal);
      return engine;
    } catch (error) {
      engine.dispose();
      throw error;
    }
  }

  /**
   * @param {string} network
   * @param {import('./types.js').NetworkOptions} [options]
   * @returns {Promise<void>}
   */
  select(network, options) {
    return this.#rpc.call('select', [network, options]);
  }

  /** @param {string} hex @returns {Promise<void>} */
  expectSha256(hex) {
    return this.#rpc.call('expectSha256', [hex]);
  }

  /** @param {import('./image.js').ReadableImage} readable copied @returns {Promise<void>} */
  first({ image }) {
    return this.#send('first', { image, own: false }, []);
  }

  /** @param {import('./types-inside.js').RunRequest} request @returns {Promise<import('./types-inside.js').RunResult>} */
  takeFirst(request) {
    return this.#rpc.call('takeFirst', [request]);
  }

  /** @param {Uint8Array} bytes @returns {Promise<number>} how many of the network's first steps have their weights */
  push(bytes) {
    // Copied: the source may own them, or more of the same buffer.
    const copy = bytes.slice();
    return this.#rpc.call('push', [copy], [copy.buffer]);
  }

  /** @returns {Promise<void>} */
  finish() {
    return this.#rpc.call('finish', []);
  }

  /** @param {number} seed @returns {Promise<void>} */
  synthesize(seed) {
    return this.#rpc.call('synthesize', [seed]);
  }

  /** @returns {Promise<import('./types-inside.js').About>} */
  describe() {
    return this.#rpc.call('describe', []);
  }

  /**
   * @param {import('./image.js').ReadableImage} readable handed over when it is decem's own, else copied
   * @param {import('./types-inside.js').RunRequest} request
   * @returns {Promise<import('./types-inside.js').RunResult>}
   */
  run(readable, request) {
    return this.#send('run', readable, [request]);
  }

  /**
   * A call with an image.
   * @param {string} method
   * @param {import('./image.js').ReadableImage} readable
   * @param {unknown[]} more arguments
   * @returns {Promise<any>}
   */
  #send(method, { image, own }, more) {
    if ('data' in image) {
      const data = own ? image.data : image.data.slice();
      return this.#rpc.call(method, [{ image: { ...image, data }, own: true }, ...more], [data.buffer]);
    }
    const transfer = own && !(image instanceof Blob) ? [image] : [];
    return this.#rpc.call(method, [{ image, own: true }, ...more], transfer).catch((cause) => {
      if (cause instanceof DecemError) throw cause;
      // What a page may not read it may not send.
      throw new DecemError(TAINTED, 'INVALID_IMAGE', { cause });
    });
  }

  /** @returns {Promise<import('./types.js').Crop | null>} */
  crop() {
    return this.#rpc.call('crop', []);
  }

  dispose() {
    this.#stop(new DecemError('The classifier has been disposed of: load another.', 'DISPOSED'));
  }

  /** @param {DecemError} reason */
  #stop(reason) {
    this.#rpc.close(reason);
    this.#worker.terminate();
  }
}
