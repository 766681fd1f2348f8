/** Gets and compiles the WebAssembly module, once for each address. */
import { untilAborted } from './abort.js';
import { DecemError } from './errors.js';
import { isFile, resolvePlace } from './host.js';
import { fetchChecked, mediaType } from './http.js';
import { countThreads } from './thread-count.js';
import { chooseVariant } from './variants.js';

/** @type {Map<string, Promise<WebAssembly.Module>>} by address or path */
const compiled = new Map();

/**
 * @param {import('./types.js').WasmOptions} options
 * @returns {Promise<WebAssembly.Module>}
 */
export async function compile({ wasm, variant = 'auto', threads, fetch, signal }) {
  signal?.throwIfAborted();
  if (wasm instanceof WebAssembly.Module) return wasm;
  const { url } = chooseVariant(variant, (await countThreads({ threads })) > 1);
  if (wasm instanceof ArrayBuffer || ArrayBuffer.isView(wasm)) return compileBytes(wasm, 'the bytes given as wasm', '');
  const place = resolvePlace(wasm ?? url);
  const key = String(place);
  let module = compiled.get(key);
  if (!module) {
    module = load(place, fetch);
    compiled.set(key, module);
    module.catch(() => compiled.delete(key));
  }
  // Others may wait for the same module: an abort ends this caller's wait, not the compilation.
  return untilAborted(module, signal);
}

/**
 * @param {URL | string} place
 * @param {typeof globalThis.fetch} [fetch]
 * @returns {Promise<WebAssembly.Module>}
 */
async function load(place, fetch) {
  if (isFile(place)) return compileBytes(await (await import('./node.js')).readFile(place), String(place), '');
  const response = await fetchChecked(/** @type {URL} */ (place), 'WebAssembly module', { fetch });
  const type = mediaType(response);
  // Servers that do not know .wasm answer with another type, which compileStreaming refuses.
  if (type !== 'application/wasm') return compileBytes(await response.arrayBuffer(), String(place), type);
  try {
    return await WebAssembly.compileStreaming(response);
  } catch (cause) {
    throw cannotCompile(String(place), cause);
  }
}

/**
 * @param {ArrayBuffer | ArrayBufferView} bytes
 * @param {string} name
 * @param {string} type the media type it came with; '' when not known
 * @returns {Promise<WebAssembly.Module>}
 */
async function compileBytes(bytes, name, type) {
  const view = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
  if (String.fromCharCode(...view.subarray(0, 4)) !== '\0asm') {
    const as = type ? ` (the server calls it ${type})` : '';
    throw new DecemError(`Not a WebAssembly module: ${name}${as}. Serve the package's .wasm file there.`, 'FETCH_FAILED');
  }
  try {
    return await WebAssembly.compile(/** @type {BufferSource} */ (bytes));
  } catch (cause) {
    throw cannotCompile(name, cause);
  }
}

/** @param {string} name @param {unknown} cause @returns {DecemError} */
function cannotCompile(name, cause) {
  const { message } = /** @type {Error} */ (cause);
  return new DecemError(
    `Cannot compile ${name}: ${message}. A page with a Content-Security-Policy must allow script-src 'wasm-unsafe-eval'.`,
    'UNSUPPORTED',
    { cause },
  );
}
