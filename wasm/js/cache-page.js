/** Stored files in a page: entries of one Cache, their facts in the response's headers. */

import { DecemError } from './errors.js';
import { readStream } from './source.js';

/** @import { CacheWriter, FileFacts, NewFacts, StoredFile } from './cache.js' */

const NAME = 'decem-weights';

/** How much may wait for the disk. */
const WAITING_BYTES = 4 << 20;

/** @param {string} url @param {Response} response @returns {FileFacts} */
function factsOf(url, { headers }) {
  return {
    url,
    bytes: Number(headers.get('decem-bytes')),
    sha256: headers.get('decem-sha256'),
    etag: headers.get('etag'),
    lastModified: headers.get('last-modified'),
    stored: new Date(headers.get('decem-stored') ?? 0),
  };
}

export class PageStore {
  #name;

  /** @param {string} [name] */
  constructor(name = NAME) {
    this.#name = name;
  }

  /** @returns {Promise<FileFacts[]>} */
  async list() {
    const cache = await caches.open(this.#name);
    const files = await Promise.all((await cache.keys()).map(async (request) => {
      const response = await cache.match(request);
      return response && factsOf(request.url, response);
    }));
    return files.filter((facts) => facts !== undefined);
  }

  /** @param {string} url @returns {Promise<StoredFile | null>} */
  async read(url) {
    const response = await (await caches.open(this.#name)).match(url);
    if (!response?.body) return null;
    const { body } = response;
    return { ...factsOf(url, response), chunks: (signal) => readStream(body, url, signal) };
  }

  /** @param {string} url @returns {Promise<boolean>} */
  async delete(url) {
    return (await caches.open(this.#name)).delete(url);
  }

  /**
   * The browser reads what is written from a stream, and lets nobody see it before the stream has ended well.
   * @param {string} url
   * @param {NewFacts} facts
   * @returns {Promise<CacheWriter>}
   */
  async write(url, { bytes = 0, sha256, etag, lastModified }) {
    const cache = await caches.open(this.#name);
    const stored = new Date();
    const headers = new Headers({ 'decem-bytes': String(bytes), 'decem-stored': stored.toISOString() });
    if (sha256) headers.set('decem-sha256', sha256);
    if (etag) headers.set('etag', etag);
    if (lastModified) headers.set('last-modified', lastModified);

    let wake = () => {};
    /** @type {unknown} */
    let failure = null;
    /** @type {ReadableStreamDefaultController<Uint8Array>} */
    let controller;
    const body = new ReadableStream({
      start: (own) => { controller = own; },
      pull: () => wake(),
      cancel: (reason) => {
        failure ??= reason ?? new Error('the browser wants no more');
        wake();
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES }));
    const put = cache.put(url, new Response(body, { headers })).catch((cause) => {
      failure = cause;
      wake();
      throw storeFailed(cause);
    });
    put.catch(() => {});
    return {
      async write(chunk) {
        if (failure === null) controller.enqueue(chunk);
        while (failure === null && Number(controller.desiredSize) <= 0) await new Promise((resolve) => { wake = () => resolve(undefined); });
        if (failure !== null) throw storeFailed(failure);
      },
      async commit() {
        if (failure === null) controller.close();
        await put;
        return { url, bytes, sha256: sha256 ?? null, etag: etag ?? null, lastModified: lastModified ?? null, stored };
      },
      async discard() {
        if (failure === null) controller.error(new Error('the load was given up'));
        await put.catch(() => {});
      },
    };
  }
}

/** @param {unknown} cause @returns {DecemError} */
function storeFailed(cause) {
  const { name, message } = /** @type {Error} */ (cause);
  const why = name === 'QuotaExceededError' ? 'the browser gives this site no more room; delete some of what is stored' : message;
  return new DecemError(`Cannot store the file: ${why}.`, 'STORE_FAILED', { cause });
}
