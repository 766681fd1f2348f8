// What a page must fetch of each engine before it can run a network, gzipped: the WebAssembly module of the one-threaded
// build and the JavaScript that loads it.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from '../../wasm/setup/run.js';

const peers = 'tests/bench/node_modules';
/** Of our JavaScript, what only Node loads, and what is comments alone. */
const NOT_IN_PAGES = ['node.js', 'image-node.js', 'types.js', 'types-inside.js'];

const FILES = {
  decem: () => {
    const scripts = readdirSync(join(ROOT, 'wasm', 'js')).filter((name) => name.endsWith('.js') && !NOT_IN_PAGES.includes(name));
    return ['build/wasm/decem-relaxed.wasm', ...scripts.map((name) => `wasm/js/${name}`)];
  },
  ort: () => ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'].map((name) => `${peers}/onnxruntime-web/dist/${name}`),
  tfjs: () => [
    `${peers}/@tensorflow/tfjs-core/dist/tf-core.min.js`,
    `${peers}/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js`,
    `${peers}/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm`,
  ],
  litert: () => [
    `${peers}/@litertjs/core/dist/index.js`,
    `${peers}/@litertjs/wasm-utils/dist/index.js`,
    `${peers}/@litertjs/core/wasm/litert_wasm_internal.js`,
    `${peers}/@litertjs/core/wasm/litert_wasm_internal.wasm`,
  ],
};

/** @param {string} engine @returns {{ wasm: number, js: number }} bytes, gzipped */
export function payload(engine) {
  const sizes = { wasm: 0, js: 0 };
  for (const file of FILES[engine]()) {
    sizes[file.endsWith('.wasm') ? 'wasm' : 'js'] += gzipSync(readFileSync(join(ROOT, file)), { level: 9 }).length;
  }
  return sizes;
}
