/**
 * Files of weights kept on this device, by address. In a page they lie in the browser's Cache API: it writes streams, a file
 * that does not come to its end leaves nothing behind, two tabs cannot spoil each other's, and every browser with WebAssembly
 * SIMD has it (of OPFS, Safari 16 to 18 lack the part that writes outside of workers). In Node they lie in a folder.
 *
 * A file is stored only if it can be told later whether it is still right: it came with an ETag or a Last-Modified, or its
 * SHA-256 is known.
 */
import { PageStore } from './cache-page.js';
import { DecemError } from './errors.js';
import { isNode } from './host.js';

/**
 * What is known of a stored file.
 * @typedef {object} FileFacts
 * @property {string} url where it came from, without a fragment; for files made here, any address that says what they are
 * @property {number} bytes
 * @property {string | null} sha256 64 hexadecimal digits, where it was known
 * @property {string | null} etag
 * @property {string | null} lastModified
 * @property {Date} stored when
 * @property {string} [path] in Node
 */

/**
 * What is known before it is written; a page must know the bytes.
 * @typedef {Partial<Pick<FileFacts, 'bytes' | 'sha256' | 'etag' | 'lastModified'>>} NewFacts
 */

/**
 * A stored file, to be read once.
 * @typedef {FileFacts & { chunks: (signal?: AbortSignal) => AsyncIterable<Uint8Array> }} StoredFile
 */

/**
 * A file that is being written: nobody sees it before `commit`.
 * @typedef {object} CacheWriter
 * @property {(chunk: Uint8Array) => Promise<void>} write waits where the disk is slower than the source
 * @property {(known?: NewFacts) => Promise<FileFacts>} commit puts it in the place of what was stored for that address; what has
 *   become known meanwhile may be told
 * @property {() => Promise<void>} discard leaves nothing behind; after a commit it does nothing
 */

/**
 * Where files lie: PageStore or FolderStore. All addresses are whole and without fragments.
 * @typedef {object} Store
 * @property {() => Promise<FileFacts[]>} list
 * @property {(url: string) => Promise<StoredFile | null>} read
 * @property {(url: string, facts: NewFacts) => Promise<CacheWriter>} write
 * @property {(url: string) => Promise<boolean>} delete
 */

/** What is being committed, in this thread: readers wait for it. @type {Set<Promise<unknown>>} */
const pending = new Set();

/** @param {string | URL} url @returns {string} */
function keyOf(url) {
  const key = new URL(url, isNode ? undefined : globalThis.location?.href);
  key.hash = '';
  return key.href;
}

export class WeightsCache {
  #store;

  /**
   * For `openCache` alone.
   * @param {Store} store
   */
  constructor(store) {
    this.#store = store;
  }

  /** @returns {Promise<FileFacts[]>} what is stored, by address */
  async list() {
    await Promise.allSettled(pending);
    const files = await this.#store.list();
    return files.sort((a, b) => (a.url < b.url ? -1 : 1));
  }

  /** @returns {Promise<number>} bytes of all that is stored */
  async size() {
    return (await this.list()).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** @param {string | URL} url @returns {Promise<boolean>} whether it was there */
  async delete(url) {
    await Promise.allSettled(pending);
    return this.#store.delete(keyOf(url));
  }

  /** Deletes all. */
  async clear() {
    for (const { url } of await this.list()) await this.#store.delete(url);
  }

  /** @param {string | URL} url @returns {Promise<StoredFile | null>} null where nothing is stored for it */
  async read(url) {
    await Promise.allSettled(pending);
    return this.#store.read(keyOf(url));
  }

  /**
   * Begins a file. A writer must be committed or discarded.
   * @param {string | URL} url
   * @param {NewFacts} [facts]
   * @returns {Promise<CacheWriter>}
   */
  async write(url, facts = {}) {
    const writer = await this.#store.write(keyOf(url), facts);
    return {
      ...writer,
      commit(known) {
        const committed = writer.commit(known);
        pending.add(committed);
        committed.catch(() => {}).finally(() => pending.delete(committed));
        return committed;
      },
    };
  }
}

/**
 * @param {string} [place] in a page: the Cache's name, 'decem-weights' if left out. In Node: the folder; if left out,
 *   $DECEM_CACHE, else `decem` in $XDG_CACHE_HOME, else ~/.cache/decem
 * @returns {Promise<WeightsCache>} rejects where a page may not store anything (no https)
 */
export async function openCache(place) {
  if (isNode) return new WeightsCache(new (await import('./cache-node.js')).FolderStore(place));
  if (typeof caches === 'undefined') {
    throw new DecemError('Nothing can be stored here: browsers let only pages from https or localhost.', 'UNSUPPORTED');
  }
  return new WeightsCache(new PageStore(place));
}
