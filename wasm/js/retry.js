/** Trying again: how long to wait before it, and the waiting. */

const FIRST_MS = 500;
const MOST_MS = 15_000;

/** A server may ask for so long a pause; one that asks for more is not waited for. */
const MOST_ASKED_MS = 60_000;

/**
 * Twice as long after each failure in a row, and by chance up to half of that less, so that many who lost the same server do not
 * all come back at once.
 * @param {number} failures in a row before this one
 * @returns {number} milliseconds
 */
export function backoff(failures) {
  return Math.min(MOST_MS, FIRST_MS * 2 ** failures) * (1 - Math.random() / 2);
}

/**
 * What a Retry-After header asks for.
 * @param {string | null} header seconds or a date
 * @returns {number | null} milliseconds; 0 without a header that makes sense; null where it is too long to wait
 */
export function askedPause(header) {
  if (header === null || header.trim() === '') return 0;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  if (ms > MOST_ASKED_MS) return null;
  return ms > 0 ? ms : 0;
}

/**
 * Waits; less where the browser says meanwhile that it is online again. Rejects with the signal's reason when that aborts.
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      globalThis.removeEventListener?.('online', end);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
    globalThis.addEventListener?.('online', end);
    if (signal?.aborted) end();
  });
}
