/**
 * What differs between a browser and Node. The functions of `node.js` and `image-node.js` are loaded only in Node;
 * bundlers leave both out of a page (package.json, "browser").
 */

export const isNode =
  typeof process === 'object' && typeof process.versions?.node === 'string' && typeof document === 'undefined';

/**
 * What a string means: an address, or in Node, where it has no scheme, a file's path.
 * @param {string | URL} place
 * @returns {URL | string} an address to fetch, or a path
 */
export function resolvePlace(place) {
  if (place instanceof URL) return place;
  if (isNode) return /^(https?|data|blob|file):/i.test(place) ? new URL(place) : place;
  return new URL(place, globalThis.document?.baseURI ?? globalThis.location?.href);
}

/**
 * Whether a place must be read as a file rather than fetched.
 * @param {URL | string} place as `resolvePlace` gives it
 * @returns {boolean}
 */
export function isFile(place) {
  return isNode && (typeof place === 'string' || place.protocol === 'file:');
}
