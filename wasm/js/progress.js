/** At most one report in this time, so that a fast source does not drown its listener. */
const INTERVAL_MS = 50;

/** Counts what has been loaded and tells the caller's `onProgress`, now and then. */
export class ProgressReport {
  #listener;
  /** @type {'wasm' | 'weights' | 'ready'} */
  #phase = 'wasm';
  #source = '';
  #loaded = 0;
  /** @type {number | null} */
  #total = null;
  #start = 0;
  #last = 0;

  /** @param {((progress: import('./types.js').Progress) => void) | undefined} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  /**
   * A phase begins.
   * @param {'wasm' | 'weights' | 'ready'} phase
   * @param {string} [source] what is being loaded; as before if left out
   * @param {number | null} [total] bytes; as before if left out
   */
  phase(phase, source = this.#source, total = this.#total) {
    this.#phase = phase;
    this.#source = source;
    this.#total = total;
    if (phase === 'weights') this.#start = performance.now();
    this.#tell();
    // The first bytes of a phase are always told.
    this.#last = -Infinity;
  }

  /** Bytes of the weights so far. */
  get loaded() {
    return this.#loaded;
  }

  /**
   * More bytes of the weights are in.
   * @param {number} bytes
   */
  add(bytes) {
    this.#loaded += bytes;
    // A server that compresses gives the length of what it sends, not of what arrives.
    if (this.#total !== null && this.#loaded > this.#total) this.#total = null;
    if (this.#loaded === this.#total || performance.now() - this.#last >= INTERVAL_MS) this.#tell();
  }

  #tell() {
    if (!this.#listener) return;
    this.#last = performance.now();
    const seconds = (this.#last - this.#start) / 1000;
    this.#listener({
      phase: this.#phase,
      loaded: this.#loaded,
      total: this.#total,
      source: this.#source,
      bytesPerSecond: this.#loaded > 0 && seconds > 0 ? this.#loaded / seconds : 0,
    });
  }
}
