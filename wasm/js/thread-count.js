/** How many threads a classifier runs on. */
import { DecemError } from './errors.js';
import { isNode } from './host.js';

/** DECEM_THREADS_MAX of src/decem.h. */
const MOST = 16;

/**
 * As many as 'auto' takes, however many cores there are: beyond them the networks' smaller layers have too little work to
 * share, and other programs want cores too.
 */
const MOST_UNASKED = 4;

/** A module with a shared memory and nothing else: valid only where WebAssembly has threads. */
const SHARED_MEMORY_PROBE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 5, 4, 1, 3, 1, 1]);

/**
 * Whether threads can share a memory here. Browsers let only pages that are cross-origin isolated.
 * @returns {boolean}
 */
function canShareMemory() {
  if (typeof SharedArrayBuffer !== 'function' || globalThis.crossOriginIsolated === false) return false;
  return WebAssembly.validate(/** @type {BufferSource} */ (SHARED_MEMORY_PROBE));
}

/**
 * Whether this thread may wait for others: a page's own may not.
 * @returns {boolean}
 */
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
 * What an option `threads` comes to here: 'auto' is one thread a core and 4 at most. It is 1, whatever was asked, where
 * memory cannot be shared, and on a page's own thread. Rejects with a DecemError where it is neither 'auto' nor in range.
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

/** @returns {Promise<number>} of the processor, as the system counts them */
async function countCores() {
  if (isNode) return (await import('./node.js')).countCores();
  return navigator.hardwareConcurrency ?? 1;
}
