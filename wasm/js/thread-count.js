/** How many threads a classifier runs on. */
import { DecemError } from './errors.js';
import { isNode } from './host.js';

/** DECEM_THREADS_MAX of src/decem.h. */
const MOST = 16;

/** 'auto' takes no more: smaller layers have too little work to share, and other programs want cores too. */
const MOST_UNASKED = 4;

/** A module with a shared memory: valid only where WebAssembly has threads. */
const SHARED_MEMORY_PROBE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 5, 4, 1, 3, 1, 1]);

/** Browsers let only pages that are cross-origin isolated. @returns {boolean} */
function canShareMemory() {
  if (typeof SharedArrayBuffer !== 'function' || globalThis.crossOriginIsolated === false) return false;
  return WebAssembly.validate(/** @type {BufferSource} */ (SHARED_MEMORY_PROBE));
}

/** Whether this thread may wait for others: a page's own may not. @returns {boolean} */
export function mayWait() {
  try {
    // Returns at once: the word is not 1.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}

/**
 * What the option `threads` (types.js) comes to here. Rejects with a DecemError where it is out of range.
 * @param {{ threads?: number | 'auto', worker?: boolean }} options as in LoadOptions
 * @returns {Promise<number>}
 */
export async function countThreads({ threads = 'auto', worker }) {
  const inRange = typeof threads === 'number' && Number.isInteger(threads) && threads >= 1 && threads <= MOST;
  if (threads !== 'auto' && !inRange) {
    throw new DecemError(`threads is ${String(threads)}: it must be 'auto' or a whole number from 1 to ${MOST}.`, 'INVALID_ARGUMENT');
  }
  if (threads === 1 || !canShareMemory() || (worker === false && !mayWait())) return 1;
  return threads === 'auto' ? Math.min(await countCores(), MOST_UNASKED) : threads;
}

/** @returns {Promise<number>} as the system counts them */
async function countCores() {
  if (isNode) return (await import('./node.js')).countCores();
  return navigator.hardwareConcurrency ?? 1;
}
