/**
 * A static server for the page: a few folders of this repository, with the headers that make a page cross-origin
 * isolated, compression, conditional requests and byte ranges.
 */
import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { gzipped, isCompressible, takesGzip } from './compress.js';
import { listModels } from './models.js';

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */

/** The repository's root folder. */
export const ROOT = new URL('../../', import.meta.url);

/** The page's path. */
export const PAGE = '/web/';

/** All that is served; everything else is "not found". */
const FOLDERS = ['web', 'wasm/js', 'build/wasm', 'models'];

/** Where `npm run site` puts what it minifies, and of which folders: that is served unless its source is newer. */
const SITE = new URL('build/site/', ROOT);
const MINIFIED = ['web', 'wasm/js'];

const MODELS_LIST = '/models/index.json';

/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
};

const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

/**
 * Answers one request.
 * @param {Request} request
 * @param {Response} response
 */
export async function handle(request, response) {
  try {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return sendText(request, response, 405, 'Only GET and HEAD are served.');
    }
    const path = pathOf(request.url ?? '/');
    if (path === '/' || path === PAGE.slice(0, -1)) return redirect(response, PAGE);
    if (path === MODELS_LIST) return sendText(request, response, 200, JSON.stringify(await listModels(new URL('models/', ROOT))), '.json');
    const file = path === null ? null : await fileAt(path === PAGE ? `${PAGE}index.html` : path);
    if (file === null) return sendText(request, response, 404, 'There is nothing at this address.');
    return await sendFile(request, response, file);
  } catch (error) {
    if (response.headersSent) return void response.destroy();
    return sendText(request, response, 500, `The server failed: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * A request's path, decoded; null where it is one that no file here has: above the root, hidden, or malformed.
 * @param {string} url
 * @returns {string | null}
 */
function pathOf(url) {
  let path;
  try {
    path = decodeURIComponent(url.split(/[?#]/, 1)[0]);
  } catch {
    return null;
  }
  const hostile = path.split('/').some((segment) => segment.startsWith('.') || /[\\\0]/.test(segment));
  return hostile || !path.startsWith('/') ? null : path;
}

/**
 * @typedef {object} File
 * @property {string} path
 * @property {number} size
 * @property {number} modified in ms
 * @property {string} etag
 */

/**
 * The file behind a path; null where there is none.
 * @param {string} path
 * @returns {Promise<File | null>}
 */
async function fileAt(path) {
  const folder = FOLDERS.find((name) => path.startsWith(`/${name}/`));
  if (folder === undefined) return null;
  const inside = path.slice(folder.length + 2);
  const source = await fileIn(new URL(folder, ROOT), inside);
  if (source === null || !MINIFIED.includes(folder)) return source;
  const minified = await fileIn(new URL(folder, SITE), inside);
  if (minified === null) return source;
  const changed = inside.endsWith('.js') ? await newestScript() : source.modified;
  return minified.modified >= changed ? minified : source;
}

/** When any script was changed last: a minified one is made of many. @returns {Promise<number>} in ms */
async function newestScript() {
  const names = await Promise.all(MINIFIED.map(async (folder) => {
    const scripts = (await readdir(new URL(folder, ROOT))).filter((name) => name.endsWith('.js'));
    return scripts.map((name) => new URL(`${folder}/${name}`, ROOT));
  }));
  const times = await Promise.all(names.flat().map(async (script) => (await stat(script)).mtimeMs));
  return Math.max(...times);
}

/**
 * A file in a folder; null where there is none, or where a link leads out of the folder.
 * @param {URL} folder
 * @param {string} path
 * @returns {Promise<File | null>}
 */
async function fileIn(folder, path) {
  try {
    const root = await realpath(fileURLToPath(folder));
    const real = await realpath(root + sep + path.replaceAll('/', sep));
    const found = await stat(real);
    if (!real.startsWith(root + sep) || !found.isFile()) return null;
    const etag = `"${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}"`;
    return { path: real, size: found.size, modified: found.mtimeMs, etag };
  } catch {
    return null;
  }
}

/**
 * Sends a file: compressed as a whole where its kind gains by it and the client takes gzip, else as it is.
 * @param {Request} request
 * @param {Response} response
 * @param {File} file
 */
async function sendFile(request, response, file) {
  response.setHeader('Content-Type', TYPES[extname(file.path)] ?? 'application/octet-stream');
  if (isCompressible(file.path)) {
    response.setHeader('Vary', 'Accept-Encoding');
    if (!request.headers.range && takesGzip(request.headers['accept-encoding'])) return sendCompressed(request, response, file);
  }
  return sendPlain(request, response, file);
}

/** @param {Request} request @param {Response} response @param {File} file */
async function sendCompressed(request, response, file) {
  // Other bytes than the plain file's, so another tag.
  const etag = file.etag.replace(/"$/, '-gzip"');
  response.setHeader('ETag', etag);
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
  const bytes = await gzipped(file);
  response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** @param {Request} request @param {Response} response @param {File} file */
async function sendPlain(request, response, { path, size, etag }) {
  response.setHeader('ETag', etag);
  response.setHeader('Accept-Ranges', 'bytes');
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();

  const current = !request.headers['if-range'] || request.headers['if-range'] === etag;
  const range = current ? rangeOf(request.headers.range, size) : undefined;
  if (range === null) {
    response.setHeader('Content-Range', `bytes */${size}`);
    return sendText(request, response, 416, `The file has ${size} bytes.`);
  }
  const { begin, end } = range ?? { begin: 0, end: size };
  if (range) response.setHeader('Content-Range', `bytes ${begin}-${end - 1}/${size}`);
  response.writeHead(range ? 206 : 200, { 'Content-Length': end - begin });
  if (request.method === 'HEAD' || begin === end) return void response.end();
  // A reader that goes away in the middle is nothing to report.
  await pipeline(createReadStream(path, { start: begin, end: end - 1 }), response).catch(() => {});
}

/**
 * The part that a Range header asks for: undefined for all of it (no header, or several ranges), null for a part that
 * the file does not have.
 * @param {string | undefined} header
 * @param {number} size
 * @returns {{ begin: number, end: number } | null | undefined} end is the first byte past it
 */
function rangeOf(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [first, last] = [match[1], match[2]].map(Number);
  const begin = match[1] === '' ? Math.max(0, size - last) : first;
  const end = match[1] === '' || match[2] === '' ? size : Math.min(last + 1, size);
  return begin < end ? { begin, end } : null;
}

/**
 * @param {Request} request
 * @param {Response} response
 * @param {number} status
 * @param {string} text
 * @param {string} [extension] of the kind that the text is
 */
function sendText(request, response, status, text, extension = '.txt') {
  response.writeHead(status, { 'Content-Type': TYPES[extension], 'Content-Length': Buffer.byteLength(text) });
  response.end(request.method === 'HEAD' ? undefined : text);
}

/** @param {Response} response @param {string} path */
function redirect(response, path) {
  response.writeHead(302, { Location: path }).end();
}
