/** Fetching, with errors that name the address and say what to do. */
import { DecemError } from './errors.js';
import { isNode } from './host.js';

/**
 * @typedef {object} FetchOptions
 * @property {typeof globalThis.fetch} [fetch]
 * @property {AbortSignal} [signal]
 */

/**
 * The response's media type without its parameters, such as 'text/html'; '' when it has none.
 * @param {Response} response
 * @returns {string}
 */
export function mediaType(response) {
  return (response.headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase();
}

/**
 * Rejects answers that are errors, or pages where a file was asked for.
 * @param {Response} response
 * @param {string} what was asked for, such as 'weights'
 * @param {string} [address] where it is asked for, when the response does not know
 */
export function checkResponse(response, what, address = '') {
  const url = response.url || address || 'the response';
  if (!response.ok) {
    const status = `${response.status} ${response.statusText}`.trim();
    const remedy = response.status === 404 ? 'check the address' : 'try again later, or ask whoever runs the server';
    throw new DecemError(`Cannot load the ${what}: ${url} answered ${status}. Please ${remedy}.`, 'FETCH_FAILED');
  }
  if (mediaType(response) === 'text/html') {
    throw new DecemError(
      `Cannot load the ${what}: ${url} answered with a web page (text/html), not with a file. Use the address of the file itself.`,
      'FETCH_FAILED',
    );
  }
}

/**
 * @param {string} what was asked for, such as 'weights'
 * @param {string} address
 * @param {unknown} cause
 * @returns {DecemError}
 */
export function noAnswer(what, address, cause) {
  // Node says why, such as "getaddrinfo ENOTFOUND example.org"; browsers do not.
  const { cause: reason } = /** @type {{ cause?: { message?: string } }} */ (cause ?? {});
  const why = reason?.message ? ` (${reason.message})` : '';
  const remedy = isNode ? 'Check the address and the connection' : 'Check the connection and try again; a server of another site must allow yours to read it (CORS)';
  return new DecemError(`Cannot load the ${what}: no answer from ${address}${why}. ${remedy}.`, 'FETCH_FAILED', { cause });
}

/**
 * @param {URL | Request} input
 * @param {string} what is asked for, such as 'weights'
 * @param {FetchOptions} options
 * @returns {Promise<Response>} its status is a success and it is not a web page
 */
export async function fetchChecked(input, what, { fetch = globalThis.fetch, signal }) {
  const address = input instanceof URL ? input.href : input.url;
  let response;
  try {
    response = await fetch(input, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw noAnswer(what, address, cause);
  }
  try {
    checkResponse(response, what, address);
  } catch (error) {
    await response.body?.cancel();
    throw error;
  }
  return response;
}
