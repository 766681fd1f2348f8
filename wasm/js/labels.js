/** The names of classes. */
import { DecemError } from './errors.js';
import { isFile, resolvePlace } from './host.js';
import { fetchChecked } from './http.js';

/** Lists that many weights share: JSON arrays beside this package. */
export const LISTS = new Map([['imagenet-1k', new URL('../../models/labels/imagenet-1k.json', import.meta.url)]]);

/**
 * @param {string[] | string | URL | null} labels the names; or as text: a JSON array of them, the name of a list, or the
 *   place of a JSON file
 * @param {import('./http.js').FetchOptions} options
 * @returns {Promise<string[] | null>} null where there are none
 */
export async function loadLabels(labels, options) {
  if (labels === null || labels === '') return null;
  if (Array.isArray(labels)) return checkLabels(labels, 'labels');
  if (typeof labels === 'string' && labels.trimStart().startsWith('[')) return parseLabels(labels, 'The weights');
  const place = resolvePlace(LISTS.get(String(labels)) ?? labels);
  if (isFile(place)) {
    const bytes = await (await import('./node.js')).readFile(place);
    return parseLabels(new TextDecoder().decode(bytes), String(place));
  }
  const response = await fetchChecked(/** @type {URL} */ (place), 'labels', options);
  return parseLabels(await response.text(), String(place));
}

/**
 * @param {string[] | null} labels
 * @param {number} index
 * @returns {string}
 */
export function labelOf(labels, index) {
  return labels?.[index] ?? `class ${index}`;
}

/** @param {string} text @param {string} name @returns {string[] | null} */
function parseLabels(text, name) {
  let labels;
  try {
    labels = JSON.parse(text);
  } catch (cause) {
    throw new DecemError(`${name}: labels must be a JSON array of names. ${/** @type {Error} */ (cause).message}.`, 'INVALID_ARGUMENT', { cause });
  }
  return checkLabels(labels, name);
}

/** @param {unknown} labels @param {string} name @returns {string[] | null} */
function checkLabels(labels, name) {
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === 'string')) {
    throw new DecemError(`${name}: labels must be an array of names, one for each class.`, 'INVALID_ARGUMENT');
  }
  return labels.length > 0 ? labels : null;
}
