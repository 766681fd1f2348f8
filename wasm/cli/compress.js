/** Files compressed for clients that take gzip: once for each version of a file, then from memory. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** Those that gain by it. Pictures do not, and weights are too large to keep. */
const KINDS = ['.css', '.html', '.js', '.json', '.md', '.svg', '.txt', '.wasm', '.webmanifest'];

/** By path. @type {Map<string, { etag: string, bytes: Buffer }>} */
const kept = new Map();

/** @param {string} path @returns {boolean} */
export function isCompressible(path) {
  return KINDS.includes(extname(path));
}

/** @param {string | string[] | undefined} accepted the Accept-Encoding header @returns {boolean} */
export function takesGzip(accepted = '') {
  return String(accepted).split(',').some((coding) => {
    const [name, weight] = coding.split(';').map((part) => part.trim().toLowerCase());
    return name === 'gzip' && !/^q=0(\.0*)?$/.test(weight ?? '');
  });
}

/**
 * @param {{ path: string, etag: string }} file
 * @returns {Promise<Buffer>} its bytes, compressed
 */
export async function gzipped({ path, etag }) {
  const found = kept.get(path);
  if (found?.etag === etag) return found.bytes;
  const bytes = await compress(await readFile(path), { level: 9 });
  kept.set(path, { etag, bytes });
  return bytes;
}
