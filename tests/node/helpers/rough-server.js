/** A server as the world has them: it throttles, breaks off, forgets ranges, fails, redirects, changes its file. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from './server.js';

const CHUNK_BYTES = 16 << 10;

/**
 * @typedef {object} Manners
 * @property {Uint8Array} bytes of the file
 * @property {string | null} [etag] null: none
 * @property {string | null} [lastModified]
 * @property {boolean} [ranges] false: a Range header is not understood
 * @property {number[]} [cuts] offsets in the file at which the connection is cut, each once
 * @property {number} [bytesPerSecond]
 * @property {boolean} [silent] after a cut offset nothing more comes, and the connection stays open
 * @property {((request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => boolean | void)[]} [before] answers
 *   that come first, one each; true: it has been answered
 */

/** The ETag that bytes have, unless the manners say another. */
export const tagOf = (bytes) => `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`;

/**
 * Serves a file until the test ends. The manners may be changed meanwhile.
 * @param {import('node:test').TestContext} t
 * @param {Manners} manners
 */
export async function roughServer(t, manners) {
  /** Each request: what was asked, and which bytes of the file were sent. */
  const log = [];
  const address = await serve(t, async (request, response) => {
    const entry = { method: request.method, url: request.url, range: request.headers.range ?? null, ifRange: request.headers['if-range'] ?? null, begin: 0, sent: 0 };
    log.push(entry);
    if (manners.before?.shift()?.(request, response)) return;
    const { bytes, etag = tagOf(bytes), lastModified = null, ranges = true } = manners;
    if (etag !== null) response.setHeader('ETag', etag);
    if (lastModified !== null) response.setHeader('Last-Modified', lastModified);
    response.setHeader('Content-Type', 'application/octet-stream');
    const wanted = /^bytes=(\d+)-$/.exec(entry.range ?? '');
    const current = entry.ifRange === null || entry.ifRange === etag || entry.ifRange === lastModified;
    const begin = ranges && wanted && current ? Number(wanted[1]) : 0;
    if (begin > 0 && begin >= bytes.length) return void response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}` }).end();
    entry.begin = begin;
    response.writeHead(begin > 0 ? 206 : 200, {
      'Content-Length': bytes.length - begin,
      ...(begin > 0 && { 'Content-Range': `bytes ${begin}-${bytes.length - 1}/${bytes.length}` }),
    });
    if (request.method === 'HEAD') return void response.end();
    await send(response, entry, manners);
  });
  return { address, log, gets: () => log.filter(({ method }) => method === 'GET') };
}

/** Sends from entry.begin on, in chunks, up to the next cut. */
async function send(response, entry, { bytes, cuts = [], bytesPerSecond, silent }) {
  const start = performance.now();
  let at = entry.begin;
  while (at < bytes.length && !response.destroyed) {
    const cut = cuts.find((offset) => offset > at || (offset === at && at === entry.begin && at > 0));
    const end = Math.min(at + CHUNK_BYTES, bytes.length, cut ?? Infinity);
    await new Promise((resolve) => response.write(bytes.subarray(at, end), resolve));
    entry.sent += end - at;
    at = end;
    if (bytesPerSecond) await sleep(Math.max(0, start + ((at - entry.begin) / bytesPerSecond) * 1000 - performance.now()));
    if (at === cut) {
      cuts.splice(cuts.indexOf(cut), 1);
      await sleep(20); // what was sent arrives before the cut
      if (!silent) response.destroy();
      return;
    }
  }
  response.end();
}
