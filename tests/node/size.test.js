/** What a page fetches before its first weights: the WASM module and every script that the library loads in a browser. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { bestVariant } from '../../wasm/js/variants.js';

const LIMIT = 80_000;
const LIBRARY = new URL('../../wasm/js/', import.meta.url);
/** Loaded in Node alone. */
const NODE_ONLY = new Set(['node.js', 'image-node.js']);

/** The scripts that are reached from these by import, dynamic import or new URL. */
function reachable(names) {
  const found = new Set(names);
  for (const name of found) {
    // Comments import types, which nobody fetches.
    const text = readFileSync(new URL(name, LIBRARY), 'utf8').replace(/\/\*.*?\*\//gs, '');
    for (const [, next] of text.matchAll(/(?:from|import|new URL\()\s*\(?'\.\/([\w-]+\.js)'/g)) {
      if (!NODE_ONLY.has(next)) found.add(next);
    }
  }
  return [...found];
}

test('first load: WASM and JavaScript, gzipped, are at most 80 KB', (t) => {
  const scripts = reachable(['index.js']);
  assert.ok(scripts.includes('worker.js') && scripts.includes('raw.js'), 'the worker and the loader are counted');
  const sizeOf = (url) => gzipSync(readFileSync(url), { level: 9 }).length;
  const wasm = sizeOf(bestVariant().url);
  const scriptBytes = scripts.reduce((sum, name) => sum + sizeOf(new URL(name, LIBRARY)), 0);
  const report = `${wasm} bytes of WASM + ${scriptBytes} of JavaScript (${scripts.length} files) = ${wasm + scriptBytes} of ${LIMIT}, gzipped`;
  t.diagnostic(report);
  assert.ok(wasm + scriptBytes <= LIMIT, report);
});
