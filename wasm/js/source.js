/** Weights from wherever they are, as a stream of chunks. */
import { DecemError } from './errors.js';
import { isFile, resolvePlace } from './host.js';
import { checkResponse } from './http.js';
import { openDownload } from './download.js';
import { openRemote } from './remote.js';

/**
 * @typedef {object} OpenSource
 * @property {string} name an address, a file's name, or a few words
 * @property {number | null} total bytes; null where the source does not say
 * @property {AsyncIterable<Uint8Array>} chunks to be read once; each is valid until the next is asked for. Leaving the
 *   loop early gives the source back. It throws the signal's reason when that aborts.
 * @property {import('./types.js').Progress['from']} from
 * @property {(known?: import('./cache.js').NewFacts) => Promise<import('./cache.js').FileFacts | null>} [accept] says that the
 *   bytes were right: they may be stored; null where they are not
 * @property {(error: unknown) => Promise<boolean>} [refuse] says that the load ended in this error; answers whether opening the
 *   source again may do better
 */

/** Bytes in memory are passed on in pieces of this size, with a rest after each, so that the thread stays responsive. */
const PIECE_BYTES = 8 << 20;

/**
 * @param {import('./types.js').WeightsSource} source
 * @param {import('./remote.js').RemoteOptions} options
 * @param {number} [attempt] how often it has been opened before, for the same load
 * @returns {Promise<OpenSource>}
 */
export async function openSource(source, options, attempt = 0) {
  const { signal } = options;
  signal?.throwIfAborted();
  if (typeof source === 'string' || source instanceof URL) {
    const place = resolvePlace(source);
    if (isFile(place)) return (await import('./node.js')).openFile(place, signal);
    const url = /** @type {URL} */ (place);
    return /^https?:$/.test(url.protocol) ? openRemote(url, 'weights', options, attempt) : openRequest(url, options);
  }
  if (source instanceof Request) return openRequest(source, options);
  if (source instanceof Response) {
    checkResponse(source, 'weights');
    return openResponse(source, signal);
  }
  if (source instanceof Blob) {
    const name = 'name' in source && typeof source.name === 'string' ? source.name : 'a file';
    return { name, total: source.size, from: 'memory', chunks: readStream(source.stream(), name, signal) };
  }
  if (source instanceof ArrayBuffer) return openBytes(new Uint8Array(source), signal);
  if (ArrayBuffer.isView(source)) {
    return openBytes(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), signal);
  }
  if (source instanceof ReadableStream) return { name: 'a stream', total: null, from: null, chunks: readStream(source, 'a stream', signal) };
  if (typeof source === 'object' && source !== null && Symbol.asyncIterator in source) {
    return { name: 'a stream', total: null, from: null, chunks: readIterable(source, 'a stream', signal) };
  }
  throw new DecemError(
    'Cannot load the weights: give an address, a file, a Response, a stream, bytes, or { network } for synthetic weights.',
    'INVALID_ARGUMENT',
  );
}

/**
 * What has headers of its own is fetched for this time alone; so are addresses such as blob: and data:.
 * @param {URL | Request} request
 * @param {import('./remote.js').RemoteOptions} options
 * @returns {Promise<OpenSource>}
 */
async function openRequest(request, options) {
  const signal = options.signal ?? (request instanceof URL ? undefined : request.signal);
  const download = await openDownload(request, 'weights', { ...options, signal, hashed: options.sha256 !== undefined });
  return { name: download.name, total: download.total, from: 'network', chunks: download.chunks() };
}

/**
 * @param {Response} response
 * @param {AbortSignal} [signal]
 * @returns {OpenSource}
 */
function openResponse(response, signal) {
  const name = response.url || 'a response';
  if (response.bodyUsed || !response.body) {
    throw new DecemError(`Cannot load the weights: the body of ${name} is empty or has been read before.`, 'FETCH_FAILED');
  }
  // Of a compressed answer, Content-Length is the length on the wire.
  const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  return { name, total: length === null ? null : Number(length), from: 'network', chunks: readStream(response.body, name, signal) };
}

/**
 * @param {Uint8Array} bytes
 * @param {AbortSignal} [signal]
 * @returns {OpenSource}
 */
function openBytes(bytes, signal) {
  async function* pieces() {
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      if (start > 0) await new Promise((resolve) => setTimeout(resolve));
      signal?.throwIfAborted();
      yield bytes.subarray(start, start + PIECE_BYTES);
    }
  }
  return { name: 'bytes in memory', total: bytes.length, from: 'memory', chunks: pieces() };
}

/**
 * @param {ReadableStream<Uint8Array>} stream cancelled when the signal aborts or the caller leaves early
 * @param {string} name
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<Uint8Array, void, void>}
 */
export async function* readStream(stream, name, signal) {
  if (stream.locked) {
    throw new DecemError(`Cannot load the weights: ${name} is being read by something else.`, 'INVALID_ARGUMENT');
  }
  const reader = stream.getReader();
  const abort = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener('abort', abort, { once: true });
  let ended = false;
  try {
    for (let loaded = 0; ; ) {
      const { done, value } = await reader.read().catch((cause) => {
        throw brokenOff(name, loaded, signal, cause);
      });
      signal?.throwIfAborted();
      if (done) {
        ended = true;
        return;
      }
      loaded += checkChunk(value, name).length;
      yield value;
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    if (!ended) await reader.cancel().catch(() => {});
  }
}

/**
 * @param {AsyncIterable<Uint8Array>} iterable
 * @param {string} name
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<Uint8Array, void, void>}
 */
async function* readIterable(iterable, name, signal) {
  for await (const chunk of iterable) {
    signal?.throwIfAborted();
    yield checkChunk(chunk, name);
  }
}

/** @param {unknown} chunk @param {string} name @returns {Uint8Array} */
function checkChunk(chunk, name) {
  if (chunk instanceof Uint8Array) return chunk;
  throw new DecemError(`Cannot load the weights: ${name} gave something else than bytes (Uint8Array).`, 'INVALID_ARGUMENT');
}

/**
 * @param {string} name
 * @param {number} loaded
 * @param {AbortSignal | undefined} signal
 * @param {unknown} cause
 * @returns {unknown}
 */
function brokenOff(name, loaded, signal, cause) {
  if (signal?.aborted) return signal.reason;
  return new DecemError(
    `Cannot load the weights: ${name} broke off after ${loaded} bytes. Check the connection and try again.`,
    'FETCH_FAILED',
    { cause },
  );
}
