/** Brings weights of the catalogue into the cache: fetched, checked, converted to safetensors with all that is known of them. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openCache } from '../js/cache.js';
import { DecemError } from '../js/errors.js';
import { fetchFile } from '../js/fetch-file.js';
import { loadLabels } from '../js/labels.js';
import { storedUrl } from './catalogue.js';
import { convert } from './convert.js';

/** Folders for the work, beside the cached files. One that is older than this is of a program that was killed. */
const WORK = 'pull-';
const ABANDONED_MS = 24 * 3600 * 1000;

/**
 * @typedef {object} PullOptions
 * @property {import('./write.js').WrittenDtype} [dtype] F32 if left out
 * @property {string} [cache] a folder; the usual one if left out
 * @property {(progress: { phase: 'fetch' | 'convert', done: number, total: number | null }) => void} [onProgress] bytes
 * @property {AbortSignal} [signal]
 */

/**
 * @typedef {object} Pulled
 * @property {string} name
 * @property {string} path of the safetensors file
 * @property {number} bytes
 * @property {string} url where it was fetched
 * @property {number} fetchedBytes
 * @property {string} sha256 of what was fetched
 * @property {string | null} published the digits of it that are published, and were compared
 * @property {import('./convert.js').Report} report of the conversion
 */

/**
 * Pulls, or throws and leaves nothing half-written. What was there before stays until the new file is complete.
 * @param {import('./catalogue.js').Entry} entry
 * @param {PullOptions} [options]
 * @returns {Promise<Pulled>}
 */
export async function pull(entry, { dtype = 'F32', cache: place, onProgress, signal } = {}) {
  const { name, url } = entry;
  if (url === null) throw byHand(entry);
  const cache = await openCache(place);
  const fetched = await fetchChecked(entry, cache, { onProgress, signal });
  const folder = dirname(fetched.path);
  await sweep(folder);
  const work = await mkdtemp(join(folder, WORK));
  try {
    const converted = join(work, `${name}.safetensors`);
    const { network, options, preprocess, license, source } = entry;
    const report = await convert(fetched.path, converted, {
      network, options, preprocess, license, dtype, signal,
      labels: { text: entry.labels, count: (await loadLabels(entry.labels, {}))?.length ?? 0 },
      source: `${source}, ${url}`,
      onProgress: (done, total) => onProgress?.({ phase: 'convert', done, total }),
    });
    const { path, bytes } = await store(cache, storedUrl(entry), converted, signal);
    await cache.delete(url);
    return { name, path: String(path), bytes, url, fetchedBytes: fetched.bytes, sha256: fetched.sha256, published: entry.sha256Prefix ?? null, report };
  } catch (error) {
    if (isOfFile(error)) await cache.delete(url).catch(() => {});
    throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @param {import('./catalogue.js').Entry} entry */
function byHand({ name, network, options, page, note }) {
  const how = `decem convert FILE ${name}.safetensors --network ${network} --options '${JSON.stringify(options)}'`;
  return new DecemError(
    `decem cannot fetch ${name}: ${note}. Download it yourself${page ? ` from ${page}` : ''}, and then: ${how}`,
    'UNSUPPORTED',
  );
}

/**
 * @param {import('./catalogue.js').Entry} entry
 * @param {import('../js/cache.js').WeightsCache} cache
 * @param {Pick<PullOptions, 'onProgress' | 'signal'>} options
 */
async function fetchChecked({ url, sha256Prefix: published = '' }, cache, { onProgress, signal }) {
  for (;;) {
    const fetched = await fetchFile(/** @type {string} */ (url), {
      cache,
      signal,
      onProgress: ({ loaded, total }) => onProgress?.({ phase: 'fetch', done: loaded, total }),
    });
    if (fetched.sha256.startsWith(published)) return fetched;
    await cache.delete(/** @type {string} */ (url));
    // What lay in the cache may have been damaged there.
    if (fetched.from === 'cache') continue;
    throw new DecemError(
      `${url} is not the file that was published: its SHA-256 begins with ${fetched.sha256.slice(0, published.length)}, not with ${published}. ` +
        'It was changed on the server or on the way, and has been thrown away; try again later.',
      'WRONG_HASH',
    );
  }
}

/**
 * Copies a file into the cache.
 * @param {import('../js/cache.js').WeightsCache} cache
 * @param {string} url
 * @param {string} path
 * @param {AbortSignal} [signal]
 */
async function store(cache, url, path, signal) {
  const writer = await cache.write(url);
  try {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
      hash.update(chunk);
      await writer.write(chunk);
    }
    signal?.throwIfAborted();
    return await writer.commit({ sha256: hash.digest('hex') });
  } catch (error) {
    await writer.discard();
    signal?.throwIfAborted();
    throw error;
  }
}

/** @param {unknown} error @returns {boolean} whether it says that the file is wrong, rather than this disk */
function isOfFile(error) {
  return error instanceof DecemError && !['STORE_FAILED', 'INVALID_ARGUMENT', 'OUT_OF_MEMORY'].includes(error.code);
}

/** @param {string} folder */
async function sweep(folder) {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = name.startsWith(WORK) ? await stat(path).catch(() => null) : null;
    if (found && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}
