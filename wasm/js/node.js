/** Files and threads in Node. */
import { open, readFile as readWholeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker, workerData } from 'node:worker_threads';

import { DecemError } from './errors.js';

const CHUNK_BYTES = 1 << 20;

/** @param {string | URL} place @returns {string} */
export function pathOf(place) {
  return typeof place === 'string' ? place : fileURLToPath(place);
}

/**
 * @param {string} path
 * @param {unknown} cause
 * @returns {DecemError}
 */
function cannotRead(path, cause) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (cause);
  const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
  return new DecemError(`Cannot read ${path}: ${why}.`, 'FETCH_FAILED', { cause });
}

/**
 * @param {string | URL} place
 * @returns {Promise<Uint8Array>} the whole file
 */
export async function readFile(place) {
  const path = pathOf(place);
  try {
    return await readWholeFile(path);
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

/**
 * @param {string | URL} place
 * @param {AbortSignal} [signal]
 * @returns {Promise<import('./source.js').OpenSource>}
 */
export async function openFile(place, signal) {
  const path = pathOf(place);
  try {
    const file = await open(path);
    const { size } = await file.stat();
    return { name: path, total: size, from: 'file', chunks: readChunks(file, path, signal) };
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

/**
 * @param {import('node:fs/promises').FileHandle} file closed at the end, or when the caller stops early
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<Uint8Array, void, void>} each chunk is valid until the next is asked for
 */
async function* readChunks(file, path, signal) {
  try {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES).catch((cause) => {
        throw cannotRead(path, cause);
      });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** @returns {number} how many threads this process can run at once */
export function countCores() {
  return availableParallelism();
}

/** What `startThread` gave this thread to do. @type {import('./team.js').HelperTask} */
export const threadTask = workerData;

/**
 * Starts a helper. It does not keep the process from ending.
 * @param {import('./team.js').HelperTask} task
 * @returns {import('./team.js').Thread}
 */
export function startThread(task) {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { name: 'decem helper', workerData: task, execArgv: [] });
  // Without a listener its failure would be the process's.
  worker.on('error', () => {});
  worker.unref();
  return worker;
}
