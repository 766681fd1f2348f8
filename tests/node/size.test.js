/** What a page load fetches before its first weights, from build/site, gzipped: scripts, one build of the module, the rest of the page. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const CODE_LIMIT = 93_000;
const PAGE_LIMIT = 100_000;
const SITE = new URL('../../build/site/', import.meta.url);
const VARIANTS = ['simd', 'simd-threads', 'relaxed', 'relaxed-threads'];

/** Every script that is fetched with one, which is the first: by import or new URL. What is imported dynamically comes later. */
function reachable(start) {
  const found = new Set([new URL(start, SITE).href]);
  for (const script of found) {
    const text = readFileSync(new URL(script), 'utf8');
    for (const [, next] of text.matchAll(/(?:\bfrom|\bimport|new URL\()\s*["'](\.[\w./-]+\.js)["']/g)) found.add(new URL(next, script).href);
  }
  return [...found];
}

const sizeOf = (place) => gzipSync(readFileSync(new URL(place, SITE)), { level: 9 }).length;
const sum = (places) => places.reduce((total, place) => total + sizeOf(place), 0);

// The page imports the binding dynamically, but at once; and so the part for hosts without headers, on those.
const binding = reachable('wasm/js/index.js');
const scripts = [...new Set([...reachable('web/app.js'), ...reachable('web/isolation.js'), ...binding])];
const rest = ['web/index.html', 'web/style.css', 'web/icon.svg', 'models/index.json'];

test('what is counted: the page, the binding, the worker and the helper thread, without comments', () => {
  for (const name of ['app.js', 'index.js', 'worker.js', 'thread.js']) {
    assert.ok(scripts.some((url) => basename(url) === name), name);
  }
  for (const script of scripts) assert.doesNotMatch(readFileSync(new URL(script), 'utf8'), /\/\*\*/, script);
});

for (const variant of VARIANTS) {
  test(`first load with decem-${variant}.wasm, gzipped`, (t) => {
    const wasm = sizeOf(`build/wasm/decem-${variant}.wasm`);
    const code = wasm + sum(scripts);
    const all = code + sum(rest);
    t.diagnostic(`${wasm} bytes of WASM; ${wasm + sum(binding)} with the binding; ${code} with the page's scripts; ${all} in all`);
    assert.ok(code <= CODE_LIMIT, `WASM and scripts are ${code} bytes of ${CODE_LIMIT}`);
    assert.ok(all <= PAGE_LIMIT, `a page load is ${all} bytes of ${PAGE_LIMIT}`);
  });
}
