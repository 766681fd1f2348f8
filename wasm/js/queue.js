import { untilAborted } from './abort.js';

/** Does jobs one at a time, in the order in which they were added. */
export class Queue {
  #closing = new AbortController();
  /** @type {Promise<unknown>} settles when the last job added has ended */
  #tail = Promise.resolve();

  /**
   * Adds a job. Rejects at once when the signal aborts or the queue closes; a job that has not begun by then never
   * begins, and one that runs is waited for before the next begins.
   * @template T
   * @param {() => Promise<T>} job
   * @param {AbortSignal} [signal]
   * @returns {Promise<T>}
   */
  add(job, signal) {
    const result = this.#tail.then(() => {
      this.#closing.signal.throwIfAborted();
      signal?.throwIfAborted();
      return job();
    });
    this.#tail = result.catch(() => {});
    return untilAborted(untilAborted(result, this.#closing.signal), signal);
  }

  /**
   * Rejects every job that waits or runs, and every later one.
   * @param {Error} reason
   */
  close(reason) {
    this.#closing.abort(reason);
  }
}
