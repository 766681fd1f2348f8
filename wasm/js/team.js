/**
 * The helper threads of a model: each is an instance of the same module on the same memory, with a stack of its own, that
 * waits in decem_model_help for its part of a run (thread.js). A helper that comes late, or never, is no failure: the
 * model's own thread does what nobody else takes.
 */
import { isNode } from './host.js';

const STACK_BYTES = 64 << 10;
const STACK_ALIGNMENT = 16;

/**
 * What a helper needs to begin.
 * @typedef {object} HelperTask
 * @property {WebAssembly.Module} module
 * @property {WebAssembly.Memory} memory shared
 * @property {import('./raw.js').Pointer} model
 * @property {import('./raw.js').Pointer} stackTop of its stack, which grows downwards
 * @property {number} index from 1
 */

/** @typedef {{ terminate: () => void }} Thread */

export class Team {
  #raw;
  #model;
  /** @type {Thread[]} */
  #threads = [];

  /**
   * @private
   * @param {import('./raw.js').Raw} raw
   * @param {import('./raw.js').Pointer} model
   */
  constructor(raw, model) {
    this.#raw = raw;
    this.#model = model;
  }

  /**
   * Starts threads - 1 helpers, and does not wait until they have come.
   * @param {import('./raw.js').Raw} raw on shared memory
   * @param {import('./raw.js').Pointer} model that has been told how many threads it has
   * @param {number} threads
   * @returns {Promise<Team>}
   */
  static async start(raw, model, threads) {
    const team = new Team(raw, model);
    const startThread = isNode ? (await import('./node.js')).startThread : startWorker;
    for (let index = 1; index < threads; index++) {
      const stack = raw.allocate(STACK_BYTES + STACK_ALIGNMENT);
      const stackTop = Math.floor((stack + STACK_BYTES + STACK_ALIGNMENT) / STACK_ALIGNMENT) * STACK_ALIGNMENT;
      try {
        team.#threads.push(startThread({ module: raw.module, memory: raw.memory, model, stackTop, index }));
      } catch {
        break; // no more threads to be had
      }
    }
    return team;
  }

  /** Sends the helpers home. Later runs of the model use one thread. */
  stop() {
    this.#raw.call('decem_model_dismiss', this.#model);
    for (const thread of this.#threads.splice(0)) thread.terminate();
  }
}

/**
 * @param {HelperTask} task
 * @returns {Thread}
 */
function startWorker(task) {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { type: 'module', name: 'decem helper' });
  // Else its failure would count as one of the worker that started it.
  worker.addEventListener('error', (event) => event.preventDefault());
  worker.postMessage(task);
  return worker;
}
