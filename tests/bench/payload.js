// What a page must fetch of each engine before it can run a network, gzipped: the WebAssembly module of the one-threaded
// build and the JavaScript that loads it, minified.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { transformSync } from 'esbuild';
import { ROOT } from '../../wasm/setup/run.js';

const peers = 'tests/bench/node_modules';

const FILES = {
  decem: () => ['decem-relaxed.wasm', 'index.js', 'worker.js', 'thread.js'].map((name) => `build/site/${name.endsWith('.wasm') ? 'build/wasm' : 'wasm/js'}/${name}`),
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
    const bytes = readFileSync(join(ROOT, file));
    const sizeOf = (content) => gzipSync(content, { level: 9 }).length;
    if (file.endsWith('.wasm')) sizes.wasm += sizeOf(bytes);
    else sizes.js += sizeOf(minified(bytes.toString()));
  }
  return sizes;
}

/** @param {string} script */
function minified(script) {
  return transformSync(script, { minify: true, format: 'esm', charset: 'utf8', target: 'es2022' }).code;
}
