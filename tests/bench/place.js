// Where this runs, and where the files lie: the same in Node and in a page served from the root of the repository.

export const isNode = typeof document === 'undefined';

const root = new URL('../../', import.meta.url);

/** @param {string} name a file of the repository @returns {string} its path in Node, its address in a page */
export function repositoryPlace(name) {
  const url = new URL(name, root);
  return isNode ? decodeURIComponent(url.pathname) : url.href;
}

/** The folder of the peers' packages; ends in '/'. */
export const peers = repositoryPlace('tests/bench/node_modules/');

/** @param {string} name a file of build/bench @returns {string} */
export function modelPlace(name) {
  return repositoryPlace(`build/bench/${name}`);
}

/** @param {string} place a path in Node, an address in a page @returns {Promise<ArrayBuffer>} */
async function read(place) {
  if (isNode) {
    const { readFile } = await import('node:fs/promises');
    const { buffer, byteOffset, byteLength } = await readFile(place);
    return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
  }
  const response = await fetch(place);
  if (!response.ok) throw new Error(`${place}: HTTP ${response.status}`);
  return response.arrayBuffer();
}

/** @param {string} name a file of build/bench */
export function readBytes(name) {
  return read(modelPlace(name));
}

/** @param {string} name a file of build/bench @returns {Promise<any>} */
export function readJson(name) {
  return readJsonFrom(modelPlace(name));
}

/** @param {string} place a path in Node, an address in a page @returns {Promise<any>} */
export async function readJsonFrom(place) {
  return JSON.parse(new TextDecoder().decode(await read(place)));
}

/**
 * The image that every network is given: [3][224][224], and as the engines of TensorFlow take it, [224][224][3].
 * @returns {Promise<{ chw: Float32Array, hwc: Float32Array }>}
 */
export async function readInput() {
  const chw = new Float32Array(await readBytes('input.f32'));
  const plane = chw.length / 3;
  const hwc = Float32Array.from(chw, (_, index) => chw[(index % 3) * plane + Math.floor(index / 3)]);
  return { chw, hwc };
}
