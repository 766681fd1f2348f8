/** The catalogue: where the weights of others are to be had, and what they are. models/catalogue.json, or another of the same form. */
import { readFile } from 'node:fs/promises';
import { openCache } from '../js/cache.js';
import { DecemError } from '../js/errors.js';

const SHIPPED = new URL('../../models/catalogue.json', import.meta.url);

/**
 * @typedef {object} Entry
 * @property {string} name what they are asked for by
 * @property {string} network
 * @property {import('../js/types.js').NetworkOptions} options that the weights need
 * @property {Record<string, unknown>} preprocess how photographs become the input
 * @property {string} labels the name of the list of classes
 * @property {number | null} top1 accuracy on ImageNet's validation images in %, as published; null where none is
 * @property {number | null} top5
 * @property {string} source who made them, in words
 * @property {string} license
 * @property {string | null} url null where programs cannot fetch them: `page` is for people then
 * @property {string} [page]
 * @property {string} [sha256Prefix] the first digits of the file's SHA-256, as published: whole hashes are not
 * @property {number} [mebibytes] the file's size, as published
 * @property {string} [note]
 */

/**
 * @param {string | URL} [place] a JSON file; $DECEM_CATALOGUE, else the one that comes with decem, if left out
 * @returns {Promise<Entry[]>}
 */
export async function readCatalogue(place = process.env.DECEM_CATALOGUE || SHIPPED) {
  let entries;
  try {
    entries = JSON.parse(await readFile(place, 'utf8'));
  } catch (cause) {
    throw new DecemError(`Cannot read the catalogue ${place}: ${/** @type {Error} */ (cause).message}.`, 'INVALID_ARGUMENT', { cause });
  }
  if (!Array.isArray(entries) || !entries.every(isEntry)) {
    throw new DecemError(`${place} is no catalogue: it must be an array of objects as models/catalogue.json has them.`, 'INVALID_ARGUMENT');
  }
  return entries;
}

/** @param {any} entry @returns {boolean} */
function isEntry(entry) {
  if (typeof entry !== 'object' || entry === null) return false;
  const { name, network, options, preprocess, labels, source, license, url, sha256Prefix } = entry;
  const texts = [name, network, labels, source, license].every((text) => typeof text === 'string');
  const objects = [options, preprocess].every((value) => typeof value === 'object' && value !== null);
  const hash = sha256Prefix === undefined || /^[\da-f]{8,64}$/.test(sha256Prefix);
  return texts && objects && hash && /^[\w.-]+$/.test(name) && (url === null || /^https?:/.test(url));
}

/**
 * The address under which an entry's weights lie in the cache once they are converted.
 * @param {Entry} entry
 * @returns {string}
 */
export function storedUrl({ name, url }) {
  return `decem:pulled/${name}.safetensors?from=${encodeURIComponent(String(url))}`;
}

/**
 * What has been pulled of a catalogue's entry.
 * @param {string} name
 * @returns {Promise<{ entry: Entry, file: import('../js/cache.js').FileFacts | null } | null>} null where there is no such entry
 */
export async function findPulled(name) {
  const entry = (await readCatalogue()).find((candidate) => candidate.name === name);
  return entry ? { entry, file: await (await openCache()).read(storedUrl(entry)) } : null;
}
