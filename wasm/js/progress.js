/** At most one report in this time, so that a fast source does not drown its listener. */
const INTERVAL_MS = 50;

/** The speed is that of the last seconds: what counts for the time that is left. */
const SPEED_MS = 5000;

/** Counts what has been loaded and tells the caller's `onProgress`, now and then. */
export class ProgressReport {
  #listener;
  /** @type {'wasm' | 'weights' | 'ready'} */
  #phase = 'wasm';
  #source = '';
  /** @type {import('./types.js').Progress['from']} */
  #from = null;
  #loaded = 0;
  /** @type {number | null} */
  #total = null;
  /** @type {number | null} */
  #retryMs = null;
  #last = 0;
  /** What had been loaded when, for the last seconds; the first is older or the beginning. @type {{ at: number, loaded: number }[]} */
  #marks = [];

  /** @param {((progress: import('./types.js').Progress) => void) | undefined} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  /**
   * A phase begins.
   * @param {'wasm' | 'weights' | 'ready'} phase
   */
  phase(phase) {
    this.#phase = phase;
    this.#tell();
    // The first bytes of a phase are always told.
    this.#last = -Infinity;
  }

  /**
   * Weights begin to come, or begin again.
   * @param {string} source
   * @param {number | null} [total] bytes
   * @param {import('./types.js').Progress['from']} [from]
   */
  begin(source, total = null, from = null) {
    this.#source = source;
    this.#total = total;
    this.#from = from;
    this.#loaded = 0;
    this.#marks = [{ at: performance.now(), loaded: 0 }];
    this.phase('weights');
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

  /** The connection was lost, and will be tried again in so many milliseconds; null: it is there again. @param {number | null} ms */
  wait(ms) {
    if (this.#retryMs === ms) return;
    this.#retryMs = ms;
    this.#tell();
  }

  #tell() {
    if (!this.#listener) return;
    this.#last = performance.now();
    const bytesPerSecond = this.#speed();
    const left = this.#total === null ? null : this.#total - this.#loaded;
    this.#listener({
      phase: this.#phase,
      loaded: this.#loaded,
      total: this.#total,
      source: this.#source,
      from: this.#from,
      bytesPerSecond,
      secondsLeft: left === null || bytesPerSecond === 0 ? null : left / bytesPerSecond,
      retryInSeconds: this.#retryMs === null ? null : this.#retryMs / 1000,
    });
  }

  #speed() {
    if (this.#loaded === 0) return 0;
    const marks = this.#marks;
    while (marks.length > 1 && marks[1].at < this.#last - SPEED_MS) marks.shift();
    const ms = this.#last - marks[0].at;
    const speed = ms > 0 ? ((this.#loaded - marks[0].loaded) / ms) * 1000 : 0;
    marks.push({ at: this.#last, loaded: this.#loaded });
    return speed;
  }
}
