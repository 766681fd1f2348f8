/**
 * The browser's Worker for Node, as far as decem uses it: so that the worker's side is tested without a browser.
 * `globalThis.Worker = WebWorker` is what a test does.
 */
import { Worker } from 'node:worker_threads';

export class WebWorker extends EventTarget {
  static alive = 0;
  #thread;

  /** @param {URL} url */
  constructor(url) {
    super();
    WebWorker.alive++;
    this.#thread = new Worker(new URL('./web-worker-thread.js', import.meta.url), { workerData: url.href });
    this.#thread.on('message', (data) => this.dispatchEvent(new MessageEvent('message', { data })));
    this.#thread.on('error', ({ message }) => this.dispatchEvent(Object.assign(new Event('error'), { message })));
    this.#thread.on('exit', () => WebWorker.alive--);
  }

  postMessage(message, transfer) {
    this.#thread.postMessage(message, transfer);
  }

  terminate() {
    this.#thread.terminate();
  }
}
