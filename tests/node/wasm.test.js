/** Where the WebAssembly module may come from, and what is said when it does not. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { Classifier } from '../../wasm/js/index.js';
import { compile } from '../../wasm/js/wasm.js';
import { chooseVariant, hasRelaxedSimd } from '../../wasm/js/variants.js';
import { serve } from './helpers/server.js';

const { url: place } = chooseVariant('auto', false);
const bytes = await readFile(place);

test('the module beside the package is compiled once', async () => {
  assert.equal(await compile({}), await compile({}));
});

test('the module may be given compiled, as bytes, or by its path', async () => {
  const module = await WebAssembly.compile(bytes);
  assert.equal(await compile({ wasm: module }), module);
  assert.ok((await compile({ wasm: bytes })) instanceof WebAssembly.Module);
  assert.ok((await compile({ wasm: place.pathname })) instanceof WebAssembly.Module);
});

test('servers that know .wasm, that do not, that have none, that answer with a page', async (t) => {
  const types = { '/right': 'application/wasm', '/unknown': 'application/octet-stream', '/page': 'text/html', '/text': 'text/plain' };
  const asked = [];
  const address = await serve(t, ({ url }, response) => {
    asked.push(url);
    if (!(url in types)) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': types[url] }).end(url === '/text' ? 'hello' : bytes);
  });
  const right = await compile({ wasm: `${address}/right` });
  assert.ok(right instanceof WebAssembly.Module);
  assert.equal(await compile({ wasm: new URL(`${address}/right`) }), right);
  assert.equal(asked.filter((url) => url === '/right').length, 1, 'fetched once');
  assert.ok((await compile({ wasm: `${address}/unknown` })) instanceof WebAssembly.Module);
  await assert.rejects(compile({ wasm: `${address}/page` }), { code: 'FETCH_FAILED', message: /\/page answered with a web page \(text\/html\)/ });
  await assert.rejects(compile({ wasm: `${address}/text` }), { code: 'FETCH_FAILED', message: /\/text \(the server calls it text\/plain\)/ });
  await assert.rejects(compile({ wasm: `${address}/none` }), { code: 'FETCH_FAILED', message: /\/none answered 404/ });
  types['/none'] = 'application/wasm';
  assert.ok((await compile({ wasm: `${address}/none` })) instanceof WebAssembly.Module, 'a failure is not remembered');
});

test('bytes that are no module, and a module cut short', async () => {
  await assert.rejects(compile({ wasm: new Uint8Array([1, 2, 3, 4]) }), { code: 'FETCH_FAILED', message: /Not a WebAssembly module/ });
  await assert.rejects(compile({ wasm: bytes.subarray(0, 1000) }), { code: 'UNSUPPORTED', message: /Cannot compile/ });
});

test('a module of something else: it is not of this version', async () => {
  const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  await assert.rejects(Classifier.networks({ wasm: empty }), { code: 'UNSUPPORTED', message: /not of this version/ });
});

test('no SIMD: a sentence that says what is needed', async (t) => {
  t.mock.method(WebAssembly, 'validate', () => false);
  await assert.rejects(compile({}), { code: 'UNSUPPORTED', message: /WebAssembly SIMD/ });
});

test('variants: what is asked for, else the fastest that can run here', async () => {
  const name = (arithmetic, shared) => chooseVariant(arithmetic, shared).url.pathname.split('/').at(-1);
  assert.equal(name('strict', false), 'decem-simd.wasm');
  assert.equal(name('strict', true), 'decem-simd-threads.wasm');
  assert.equal(name('auto', true), hasRelaxedSimd() ? 'decem-relaxed-threads.wasm' : 'decem-simd-threads.wasm');
  await assert.rejects(compile({ variant: 'fast' }), { code: 'INVALID_ARGUMENT', message: /variant is fast.*'strict'/ });
});

test('relaxed is refused, not replaced, where it cannot run; auto is strict there', async (t) => {
  const validate = WebAssembly.validate;
  const isRelaxed = (bytes) => bytes.length === 41;
  t.mock.method(WebAssembly, 'validate', (bytes) => !isRelaxed(bytes) && validate(bytes));
  assert.equal(chooseVariant('auto', false).arithmetic, 'strict');
  await assert.rejects(compile({ variant: 'relaxed' }), { code: 'UNSUPPORTED', message: /relaxed SIMD/ });
});
