/** The weights that lie in a folder, and what their headers say of them. */
import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';

/** A header may be so long; the C core has the same limit. */
const HEADER_MAX = 4 << 20;

/**
 * @typedef {object} ModelFile
 * @property {string} file
 * @property {number} bytes
 * @property {string} sha256
 * @property {string} [network] from here on: as the file's metadata says
 * @property {string} [options]
 * @property {string} [license]
 * @property {string} [source]
 */

/** Hashes by path, length and time of change: of a file that stays the same it is computed once. @type {Map<string, Promise<string>>} */
const hashes = new Map();

/**
 * @param {URL} folder
 * @returns {Promise<ModelFile[]>} in order of name; none where there is no folder
 */
export async function listModels(folder) {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith('.safetensors') && !name.startsWith('.')).sort();
  return Promise.all(files.map((file) => describe(folder, file)));
}

/** @param {URL} folder @param {string} file @returns {Promise<ModelFile>} */
async function describe(folder, file) {
  const place = new URL(encodeURIComponent(file), folder);
  const handle = await open(place);
  try {
    const { size, mtimeMs } = await handle.stat();
    const key = `${place.href} ${size} ${mtimeMs}`;
    const hash = hashes.get(key) ?? hashOf(handle);
    hashes.set(key, hash);
    hash.catch(() => hashes.delete(key));
    const { network, options, license, source } = await readMetadata(handle);
    return { file, bytes: size, sha256: await hash, network, options, license, source };
  } finally {
    await handle.close();
  }
}

/** @param {import('node:fs/promises').FileHandle} handle @returns {Promise<string>} SHA-256 of the whole file */
async function hashOf(handle) {
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * A safetensors file's __metadata__; empty where it has none or is not one: loading it will say what is wrong.
 * @param {import('node:fs/promises').FileHandle} handle
 * @returns {Promise<Record<string, string>>}
 */
async function readMetadata(handle) {
  const prefix = Buffer.alloc(8);
  await handle.read(prefix, 0, 8, 0);
  const length = Number(prefix.readBigUInt64LE());
  if (length === 0 || length > HEADER_MAX) return {};
  const header = Buffer.alloc(length);
  await handle.read(header, 0, length, 8);
  try {
    return JSON.parse(header.toString('utf8')).__metadata__ ?? {};
  } catch {
    return {};
  }
}
