/** The inside of a helper thread (team.js): in a browser a worker, in Node a thread of node:worker_threads. */
import { isNode } from './host.js';
import { hostImports } from './raw.js';

/** @param {import('./team.js').HelperTask} task */
async function help({ module, memory, model, stackTop, index }) {
  // Not _initialize: the model's own thread has done that for this memory.
  const { exports } = await WebAssembly.instantiate(module, hostImports(module, memory));
  /** @type {WebAssembly.Global} */ (exports.__stack_pointer).value = stackTop;
  /** @type {(model: number, thread: number) => void} */ (exports.decem_model_help)(model, index);
}

if (isNode) import('./node.js').then(({ threadTask }) => help(threadTask));
else addEventListener('message', ({ data }) => help(data), { once: true });
