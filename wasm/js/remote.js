/**
 * A file at an address: from the cache where it is stored and still right, else from the network and into the cache on the way.
 *
 * Stored and the SHA-256 is known: no network at all; the reader checks the bytes. Stored without: the server is asked for the
 * file's headers, and where it does not answer, what is stored is used. A stored file that turns out to be wrong is deleted and
 * fetched again.
 */
import { untilAborted } from './abort.js';
import { openCache } from './cache.js';
import { DecemError } from './errors.js';
import { Unfinished, openDownload } from './download.js';
import { backoff, pause } from './retry.js';

/**
 * @import { CacheWriter, FileFacts, NewFacts, StoredFile, WeightsCache } from './cache.js'
 * @import { DownloadOptions } from './download.js'
 * @import { OpenSource } from './source.js'
 */

/**
 * @typedef {object} OwnRemoteOptions
 * @property {string} [sha256] that the file must have; the reader checks it
 * @property {boolean | string | WeightsCache} [cache] false: none; a string: as `openCache` takes it; the usual one if left out
 * @property {boolean} [mustStore] whether it is a failure that the file cannot be stored; else it is read all the same
 *
 * @typedef {OwnRemoteOptions & Omit<DownloadOptions, 'hashed'>} RemoteOptions
 */

/** What a stored file that was damaged can lead to. */
const DAMAGES = ['MALFORMED_FILE', 'NOT_FINITE', 'WRONG_HASH', 'FETCH_FAILED'];

/** So often a file is begun anew that breaks off and cannot be taken up. */
const BEGINNINGS = 3;

/** To be asked whether a file has changed, a server gets this time: what is stored is at hand. */
const ASK_MS = 8000;

/**
 * @param {URL} url
 * @param {string} what is asked for, such as 'weights'
 * @param {RemoteOptions} options
 * @param {number} [attempt] how often it has been opened before, for the same load
 * @returns {Promise<OpenSource>}
 */
export async function openRemote(url, what, options, attempt = 0) {
  const cache = await cacheOf(options);
  // What was stored has been tried, if anything was: it may be damaged and yet not deletable.
  const stored = attempt === 0 ? await cache?.read(url).catch(() => null) : null;
  if (cache && stored && (await isRight(stored, options))) return fromCache(stored, cache, options.signal);
  const download = await openDownload(url, what, { ...options, hashed: options.sha256 !== undefined, ...(cache && { httpCache: 'no-store' }) });
  const { etag, lastModified, name, total } = download;
  const canBeTold = total !== null && (options.sha256 !== undefined || etag !== null || lastModified !== null);
  const facts = { etag, lastModified, sha256: options.sha256?.toLowerCase(), ...(total !== null && { bytes: total }) };
  const keeping = cache && (options.mustStore || canBeTold) ? new Keeping(cache, url, facts, options.mustStore === true) : null;
  return {
    name,
    total,
    from: 'network',
    chunks: keeping ? keeping.passing(download.chunks()) : download.chunks(),
    accept: async (known) => keeping?.accept(known) ?? null,
    async refuse(error) {
      await keeping?.refuse();
      if (!(error instanceof Unfinished) || attempt + 1 >= BEGINNINGS) return false;
      const ms = backoff(attempt);
      options.onPause?.(ms);
      await pause(ms, options.signal);
      return true;
    },
  };
}

/** @param {RemoteOptions} options @returns {Promise<WeightsCache | null>} null where there is to be none, or can be none */
async function cacheOf({ cache = true, mustStore }) {
  if (typeof cache === 'object') return cache;
  if (cache === false) return null;
  try {
    return await openCache(cache === true ? undefined : cache);
  } catch (error) {
    if (mustStore) throw error;
    return null;
  }
}

/**
 * Whether what is stored may be used.
 * @param {StoredFile} stored
 * @param {RemoteOptions} options
 * @returns {Promise<boolean>}
 */
async function isRight(stored, { sha256, fetch = globalThis.fetch, signal }) {
  if (sha256 !== undefined) return stored.sha256 === null || stored.sha256 === sha256.toLowerCase();
  let headers;
  try {
    const silence = AbortSignal.timeout(ASK_MS);
    const asked = fetch(new URL(stored.url), { method: 'HEAD', cache: 'no-store', signal: silence });
    const response = await untilAborted(asked, signal);
    void response.body?.cancel();
    if (response.status >= 500) return true;
    if (!response.ok) return false;
    headers = response.headers;
  } catch {
    signal?.throwIfAborted();
    return true;
  }
  const [etag, lastModified] = [headers.get('etag'), headers.get('last-modified')];
  if (etag !== null && stored.etag !== null) return etag === stored.etag;
  return lastModified !== null && lastModified === stored.lastModified;
}

/** @param {StoredFile} stored @param {WeightsCache} cache @param {AbortSignal} [signal] @returns {OpenSource} */
function fromCache(stored, cache, signal) {
  return {
    name: stored.url,
    total: stored.bytes,
    from: 'cache',
    chunks: stored.chunks(signal),
    accept: async () => stored,
    async refuse(error) {
      if (!(error instanceof DecemError) || !DAMAGES.includes(error.code)) return false;
      await cache.delete(stored.url).catch(() => {});
      return true;
    },
  };
}

/** Keeps the chunks that pass. That it cannot is no failure, unless the caller says so. */
class Keeping {
  #cache;
  #url;
  #facts;
  #must;
  /** @type {CacheWriter | null} */
  #writer = null;

  /**
   * @param {WeightsCache} cache
   * @param {URL} url
   * @param {NewFacts} facts
   * @param {boolean} must
   */
  constructor(cache, url, facts, must) {
    this.#cache = cache;
    this.#url = url;
    this.#facts = facts;
    this.#must = must;
  }

  /** @param {AsyncGenerator<Uint8Array, void, void>} chunks @returns {AsyncGenerator<Uint8Array, void, void>} */
  async *passing(chunks) {
    this.#writer = await this.#unlessOptional(this.#cache.write(this.#url, this.#facts));
    for await (const chunk of chunks) {
      if (this.#writer && (await this.#unlessOptional(this.#writer.write(chunk).then(() => true))) === null) await this.refuse();
      yield chunk;
    }
  }

  /** @param {NewFacts} [known] @returns {Promise<FileFacts | null>} */
  async accept(known) {
    const writer = this.#writer;
    this.#writer = null;
    return writer && this.#unlessOptional(writer.commit(known));
  }

  async refuse() {
    const writer = this.#writer;
    this.#writer = null;
    await writer?.discard().catch(() => {});
  }

  /** @template T @param {Promise<T>} promise @returns {Promise<T | null>} null where it failed, and that is no failure */
  async #unlessOptional(promise) {
    if (this.#must) return promise;
    return promise.catch(() => null);
  }
}
