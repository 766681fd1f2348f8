/** Turns a signal that would end the program into an abort, and ends it so when the work has been put away. */

const NAMES = /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

export class Interrupt {
  #controller = new AbortController();
  /** @type {NodeJS.Signals | null} */
  #received = null;
  #listener = (/** @type {NodeJS.Signals} */ name) => {
    this.#received = name;
    this.#controller.abort();
  };

  constructor() {
    for (const name of NAMES) process.on(name, this.#listener);
  }

  get signal() {
    return this.#controller.signal;
  }

  end() {
    for (const name of NAMES) process.removeListener(name, this.#listener);
    if (this.#received) process.kill(process.pid, this.#received);
  }
}
