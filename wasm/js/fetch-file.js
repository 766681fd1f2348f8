/** For tools in Node: a file at an address, whole, in the cache folder. */
import { createHash } from 'node:crypto';
import { DecemError } from './errors.js';
import { ProgressReport } from './progress.js';
import { openRemote } from './remote.js';

/**
 * @typedef {object} FetchFileOptions
 * @property {string} [sha256] that it must have: 64 hexadecimal digits
 * @property {string | import('./cache.js').WeightsCache} [cache] a folder, or what `openCache` gave; the usual folder if left out
 * @property {(progress: import('./types.js').Progress) => void} [onProgress]
 * @property {typeof globalThis.fetch} [fetch]
 * @property {AbortSignal} [signal]
 * @property {number} [retries] failures in a row after which it gives up; 6 if left out
 *
 * @typedef {object} FetchedFile
 * @property {string} path in the cache folder: to be read, not to be changed
 * @property {number} bytes
 * @property {string} sha256 as computed from the bytes
 * @property {'network' | 'cache'} from
 */

/**
 * Brings a file into the cache folder, where it is not there yet, and checks it. A connection that is lost is taken up where it
 * broke off; a stored file that has been damaged is fetched again; nothing half-written stays behind. Rejects with a
 * DecemError: FETCH_FAILED, STORE_FAILED, WRONG_HASH; with the signal's reason when aborted.
 * @param {string | URL} url
 * @param {FetchFileOptions} [options]
 * @returns {Promise<FetchedFile>}
 */
export async function fetchFile(url, options = {}) {
  const report = new ProgressReport(options.onProgress);
  for (let attempt = 0; ; attempt++) {
    const source = await openRemote(new URL(url), 'file', { ...options, mustStore: true, onPause: (ms) => report.wait(ms) }, attempt);
    try {
      const hash = createHash('sha256');
      report.begin(source.name, source.total, source.from);
      for await (const chunk of source.chunks) {
        hash.update(chunk);
        report.add(chunk.length);
      }
      const sha256 = hash.digest('hex');
      if (options.sha256 !== undefined && sha256 !== options.sha256.toLowerCase()) throw wrongHash(source.name, sha256, options.sha256);
      const { path, bytes } = /** @type {import('./cache.js').FileFacts & { path: string }} */ (await source.accept?.({ sha256 }));
      report.phase('ready');
      return { path, bytes, sha256, from: /** @type {'network' | 'cache'} */ (source.from) };
    } catch (error) {
      if (!(await source.refuse?.(error))) throw error;
    }
  }
}

/** @param {string} name @param {string} got @param {string} wanted */
function wrongHash(name, got, wanted) {
  return new DecemError(
    `${name} is not the file that is wanted: its SHA-256 is ${got}, not ${wanted}. It was changed on the server or on the way; try again later.`,
    'WRONG_HASH',
  );
}
