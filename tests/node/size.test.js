/** What a page fetches before its first weights: one build of the module, the binding's scripts, and the page of web/. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const BINDING_LIMIT = 80_000;
const PAGE_LIMIT = 110_000;
const ROOT = new URL('../../', import.meta.url);
const VARIANTS = ['simd', 'simd-threads', 'relaxed', 'relaxed-threads'];

/** Every script that is fetched with one, which is the first: by import or new URL. What is imported dynamically comes later. */
function reachable(start) {
  const found = new Set([new URL(start, ROOT).href]);
  for (const script of found) {
    // Comments import types, which nobody fetches.
    const text = readFileSync(new URL(script), 'utf8').replace(/\/\*.*?\*\//gs, '');
    for (const [, next] of text.matchAll(/(?:from |import |new URL\()'(\.[\w./-]+\.js)'/g)) found.add(new URL(next, script).href);
  }
  return [...found];
}

const sizeOf = (place) => gzipSync(readFileSync(new URL(place, ROOT)), { level: 9 }).length;
const sum = (places) => places.reduce((total, place) => total + sizeOf(place), 0);

const binding = reachable('wasm/js/index.js');
const page = [...new Set([...reachable('web/app.js'), ...binding])];
const pageFiles = ['web/index.html', 'web/style.css', 'web/icon.svg'];

test('what is counted: the worker, the helper thread and the page', () => {
  for (const name of ['worker.js', 'raw.js', 'thread.js']) assert.ok(binding.some((url) => basename(url) === name), name);
  for (const name of ['app.js', 'loader.js', 'dom.js']) assert.ok(page.some((url) => basename(url) === name), name);
});

for (const variant of VARIANTS) {
  test(`first load with decem-${variant}.wasm, gzipped`, (t) => {
    const wasm = sizeOf(`build/wasm/decem-${variant}.wasm`);
    const withBinding = wasm + sum(binding);
    const withPage = wasm + sum([...page, ...pageFiles]);
    t.diagnostic(`${wasm} bytes of WASM; ${withBinding} with the binding; ${withPage} with the page`);
    assert.ok(withBinding <= BINDING_LIMIT, `WASM and binding are ${withBinding} bytes of ${BINDING_LIMIT}`);
    assert.ok(withPage <= PAGE_LIMIT, `WASM, binding and page are ${withPage} bytes of ${PAGE_LIMIT}`);
  });
}
