/**
 * One file from the network, as a stream of chunks. A connection that is lost, or that gives nothing for a while, is taken up
 * where it broke off (`Range: bytes=N-`), as long as the server still has the same file: what tells is its ETag, else its
 * Last-Modified, else the SHA-256 that the caller will check. Failures that may pass (no answer, 408, 429, 5xx) are tried
 * again, with pauses that grow; others are explained at once.
 */
import { untilAborted } from './abort.js';
import { DecemError } from './errors.js';
import { isNode } from './host.js';
import { checkResponse, noAnswer } from './http.js';
import { askedPause, backoff, pause } from './retry.js';

/**
 * @typedef {object} DownloadOptions
 * @property {typeof globalThis.fetch} [fetch]
 * @property {AbortSignal} [signal]
 * @property {number} [retries] failures in a row after which it gives up; 6 if left out, about half a minute
 * @property {boolean} [hashed] whether the caller checks the file's SHA-256 at the end
 * @property {RequestCache} [httpCache] what the browser's own cache may do: see `fetch`
 * @property {(ms: number | null) => void} [onPause] the connection was lost, and is tried again in so many milliseconds; null:
 *   it is there again
 * @property {number} [silenceMs] a connection that gives nothing for so long counts as lost; 30 s if left out
 */

const RETRIES = 6;
/** Before the first byte nobody knows whether the address is any good: unless the server asks to be tried again, not so often. */
const RETRIES_AT_FIRST = 2;
const SILENCE_MS = 30_000;

/** Statuses that may be others a moment later. */
const isPassing = (/** @type {number} */ status) => status === 408 || status === 429 || status >= 500;

/** A download that ended early and cannot go on, but may well succeed from its beginning. */
export class Unfinished extends DecemError {}

export class Download {
  #request;
  #what;
  #options;
  /** @type {Response} */
  #response;
  /** Of the connection that is open. */
  #connection = new AbortController();
  #failures = 0;
  #received = 0;

  /** The address that answered. */
  name = '';
  /** @type {number | null} bytes; null where the server does not say */
  total = null;
  /** @type {string | null} */
  etag = null;
  /** @type {string | null} */
  lastModified = null;

  /**
   * For `openDownload` alone.
   * @param {URL | Request} request
   * @param {string} what is asked for, such as 'weights'
   * @param {DownloadOptions} options
   */
  constructor(request, what, options) {
    this.#request = request;
    this.#what = what;
    this.#options = options;
    this.#response = new Response();
  }

  get #address() {
    return this.#request instanceof URL ? this.#request.href : this.#request.url;
  }

  /** Whether what the server has later can be told from what it had. */
  get #isResumable() {
    return this.total !== null && (this.etag !== null || this.lastModified !== null || this.#options.hashed === true);
  }

  /** Waits for the server's answer. @returns {Promise<this>} */
  async open() {
    this.#response = await this.#connect();
    const { headers, url } = this.#response;
    this.name = url || this.#address;
    // Of a compressed answer, Content-Length is the length on the wire.
    const length = headers.has('content-encoding') ? null : headers.get('content-length');
    this.total = length === null ? null : Number(length);
    this.etag = headers.get('etag');
    this.lastModified = headers.get('last-modified');
    return this;
  }

  /**
   * The file, to be read once. Leaving the loop early closes the connection.
   * @returns {AsyncGenerator<Uint8Array, void, void>} each chunk is the reader's own
   */
  async *chunks() {
    /** Bytes to pass over: a server without ranges begins at the beginning again. */
    let skip = 0;
    try {
      for (;;) {
        const lost = yield* this.#read(skip);
        if (lost === null) return;
        if (!this.#isResumable) throw this.#brokeOff(lost.cause, 'the server cannot go on from there');
        await this.#waitOrThrow(this.#brokeOff(lost.cause));
        skip = await this.#resume();
      }
    } finally {
      this.#connection.abort();
    }
  }

  /**
   * Reads what the present connection gives.
   * @param {number} skip
   * @returns {AsyncGenerator<Uint8Array, { cause: unknown } | null, void>} null at the end of the file, else why there is no more
   */
  async *#read(skip) {
    const reader = /** @type {ReadableStream<Uint8Array>} */ (this.#response.body ?? new Response('').body).getReader();
    try {
      for (;;) {
        let part;
        try {
          part = await this.#unlessSilent(reader.read());
        } catch (cause) {
          this.#options.signal?.throwIfAborted();
          return { cause };
        }
        if (part.done) return this.total === null || this.#received === this.total ? null : { cause: new Error('it ended early') };
        const chunk = part.value.subarray(Math.min(skip, part.value.length));
        skip -= part.value.length - chunk.length;
        if (chunk.length === 0) continue;
        this.#failures = 0;
        this.#received += chunk.length;
        // A length that was not the file's.
        if (this.total !== null && this.#received > this.total) this.total = null;
        yield chunk;
        if (this.#received === this.total) return null;
      }
    } finally {
      void reader.cancel().catch(() => {});
    }
  }

  /**
   * Asks for the rest.
   * @returns {Promise<number>} bytes of the answer that are there already
   */
  async #resume() {
    const response = await this.#connect(this.#received);
    this.#response = response;
    if (response.status === 206 ? this.#goesOn(response) : response.status === 200 && this.#isSame(response)) {
      return response.status === 206 ? 0 : this.#received;
    }
    throw new Unfinished(
      `Cannot load the ${this.#what}: ${this.name} changed on the server while it was being loaded. Please load it again.`,
      'FETCH_FAILED',
    );
  }

  /** Whether a part is the one that was asked for. @param {Response} response */
  #goesOn(response) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
    // Other sites seldom show this header to a page; the length is always shown.
    const fits = range
      ? Number(range[1]) === this.#received && (range[2] === '*' || Number(range[2]) === this.total)
      : Number(response.headers.get('content-length')) === Number(this.total) - this.#received;
    return fits && this.#isSame(response);
  }

  /** Whether an answer is of the file that was begun, as far as the server says. @param {Response} response */
  #isSame({ headers }) {
    const etag = headers.get('etag');
    const lastModified = headers.get('last-modified');
    if (this.etag !== null && etag !== null) return this.etag === etag;
    if (this.lastModified !== null && lastModified !== null) return this.lastModified === lastModified;
    return this.#options.hashed === true;
  }

  /**
   * Asks until there is an answer that counts.
   * @param {number} [from] the first byte wanted
   * @returns {Promise<Response>} a file or a part of one; on a later part, perhaps 416
   */
  async #connect(from = 0) {
    for (;;) {
      /** @type {Response | null} */
      let response = null;
      /** @type {unknown} */
      let failure;
      try {
        response = await this.#ask(from);
        if (from === 0 || response.status !== 416) checkResponse(response, this.#what, this.#address);
        this.#options.onPause?.(null);
        return response;
      } catch (error) {
        failure = error;
      }
      this.#connection.abort();
      if (response !== null && !isPassing(response.status)) throw failure;
      this.#options.signal?.throwIfAborted();
      await this.#waitOrThrow(failure, response?.headers.get('retry-after'));
    }
  }

  /** @param {number} from @returns {Promise<Response>} */
  async #ask(from) {
    const { fetch = globalThis.fetch, signal, httpCache } = this.#options;
    signal?.throwIfAborted();
    const connection = new AbortController();
    const pass = () => connection.abort(signal?.reason);
    signal?.addEventListener('abort', pass, { once: true });
    connection.signal.addEventListener('abort', () => signal?.removeEventListener('abort', pass), { once: true });
    this.#connection = connection;

    const input = this.#request instanceof URL ? this.#request : this.#request.clone();
    const headers = new Headers(input instanceof URL ? {} : input.headers);
    // A page may not set this one, and need not: its browser asks for parts as they are.
    if (isNode) headers.set('Accept-Encoding', 'identity');
    if (from > 0) {
      headers.set('Range', `bytes=${from}-`);
      const validator = this.etag !== null && !this.etag.startsWith('W/') ? this.etag : this.lastModified;
      // To another site it would need that site's leave; the answer's own headers tell as well.
      if (validator !== null && this.#isOwnSite) headers.set('If-Range', validator);
    }
    try {
      return await this.#unlessSilent(fetch(input, { headers, signal: connection.signal, ...(httpCache && { cache: httpCache }) }));
    } catch (cause) {
      signal?.throwIfAborted();
      throw noAnswer(this.#what, this.#address, cause);
    }
  }

  get #isOwnSite() {
    return isNode || new URL(this.#address).origin === globalThis.location?.origin;
  }

  /**
   * The promise's value, unless that takes too long: then the connection is given up.
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T>}
   */
  async #unlessSilent(promise) {
    const connection = this.#connection;
    const ms = this.#options.silenceMs ?? SILENCE_MS;
    const timer = setTimeout(() => connection.abort(new Error(`nothing came for ${Math.round(ms / 1000)} s`)), ms);
    try {
      return await untilAborted(promise, connection.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Waits before the next try.
   * @param {unknown} failure what to throw when there is none
   * @param {string | null} [retryAfter] what the server asks for
   */
  async #waitOrThrow(failure, retryAfter = null) {
    const { retries = RETRIES, signal, onPause } = this.#options;
    const asked = askedPause(retryAfter);
    const most = this.name === '' && retryAfter === null ? Math.min(retries, RETRIES_AT_FIRST) : retries;
    if (this.#failures >= most || asked === null) throw failure;
    const ms = Math.max(asked, backoff(this.#failures));
    this.#failures += 1;
    onPause?.(ms);
    await pause(ms, signal);
  }

  /** @param {unknown} cause @param {string} [why] @returns {DecemError} */
  #brokeOff(cause, why) {
    const also = why ? `, and ${why}` : '';
    return new Unfinished(
      `Cannot load the ${this.#what}: ${this.name} broke off after ${this.#received} bytes${also}. Check the connection and try again.`,
      'FETCH_FAILED',
      { cause },
    );
  }
}

/**
 * @param {URL | Request} request a Request is one without a body, since it may be sent again
 * @param {string} what is asked for, such as 'weights'
 * @param {DownloadOptions} [options]
 * @returns {Promise<Download>} once the server has answered
 */
export async function openDownload(request, what, options = {}) {
  return new Download(request, what, options).open();
}
