/**
 * Calls to another thread and their answers. A call is { id, method, args }; its answer { id, result } or
 * { id, error: { message, code } }. Answers find their call by its id, in whatever order they come.
 */
import { DecemError } from './errors.js';

/**
 * What a Worker, and the inside of one, have in common.
 * @typedef {object} Port
 * @property {(message: unknown, transfer: Transferable[]) => void} postMessage
 * @property {(type: string, listener: (event: any) => void) => void} addEventListener
 */

/** The side that calls. */
export class RpcClient {
  #port;
  #nextId = 1;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: unknown) => void }>} */
  #pending = new Map();
  /** @type {Error | null} */
  #closed = null;

  /** @param {Port} port */
  constructor(port) {
    this.#port = port;
    port.addEventListener('message', ({ data: { id, result, error } }) => {
      const call = this.#pending.get(id);
      this.#pending.delete(id);
      if (error) call?.reject(new DecemError(error.message, error.code));
      else call?.resolve(result);
    });
    port.addEventListener('messageerror', () => {
      this.close(new DecemError('An answer of the worker could not be read.', 'WORKER_FAILED'));
    });
  }

  /**
   * @param {string} method
   * @param {unknown[]} args
   * @param {Transferable[]} [transfer] what of `args` is handed over rather than copied
   * @returns {Promise<any>}
   */
  call(method, args, transfer = []) {
    if (this.#closed) return Promise.reject(this.#closed);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      try {
        this.#port.postMessage({ id, method, args }, transfer);
      } catch (error) {
        this.#pending.delete(id);
        reject(error);
      }
    });
  }

  /**
   * Rejects every call that has no answer yet, and every later one.
   * @param {Error} reason
   */
  close(reason) {
    this.#closed ??= reason;
    for (const { reject } of this.#pending.values()) reject(this.#closed);
    this.#pending.clear();
  }
}

/**
 * The side that is called.
 * @param {Port} port
 * @param {(method: string, args: any[]) => Promise<unknown>} handle
 */
export function serve(port, handle) {
  port.addEventListener('message', async ({ data: { id, method, args } }) => {
    try {
      port.postMessage({ id, result: await handle(method, args) }, []);
    } catch (cause) {
      const { message, code = 'INTERNAL' } = /** @type {DecemError} */ (cause);
      port.postMessage({ id, error: { message, code } }, []);
    }
  });
}
