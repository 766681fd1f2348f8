/** Wrong weights, wrong addresses, wrong names: a code, a sentence that names the thing, and nothing broken for the next. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Classifier, DecemError } from '../../wasm/js/index.js';
import { codeOfStatus } from '../../wasm/js/errors.js';
import { syntheticImage } from './helpers/generator.js';
import { safetensors } from './helpers/safetensors.js';
import { serve } from './helpers/server.js';
import { smallFile, smallMetadata, smallTensors } from './helpers/small.js';

/** Expects a DecemError of that code whose sentence matches, and that a correct load works after it. */
async function rejects(loading, code, sentence) {
  await assert.rejects(loading, (error) => {
    assert.ok(error instanceof DecemError, `a DecemError, not ${error}`);
    assert.equal(error.code, code, error.message);
    assert.ok(error.status === -1 || codeOfStatus(error.status) === code);
    assert.match(error.message, sentence);
    return true;
  });
  const classifier = await Classifier.load(smallFile);
  assert.equal((await classifier.classify(syntheticImage(20, 20))).predictions.length, 5);
  classifier.dispose();
}

const text = (string) => new TextEncoder().encode(string);
const changed = (change) => safetensors(change(smallTensors.map((tensor) => ({ ...tensor }))), smallMetadata);
const [first] = smallTensors;

for (const [what, code, sentence, bytes] of [
  ['an empty file', 'MALFORMED_FILE', /empty/, new Uint8Array()],
  ['a web page', 'MALFORMED_FILE', /HTML/i, text('<!DOCTYPE html><html><body>Not found</body></html>')],
  ['text', 'MALFORMED_FILE', /safetensors/i, text('These are not the weights that you are looking for.')],
  ['a file cut short in its header', 'MALFORMED_FILE', /cut short|ended|missing/i, smallFile.subarray(0, 500)],
  ['a file cut short by one byte', 'MALFORMED_FILE', /cut short|ended|missing/i, smallFile.subarray(0, -1)],
  ['a byte too many', 'MALFORMED_FILE', /after|end|more/i, new Uint8Array([...smallFile, 0])],
  ['a missing tensor', 'MISSING_TENSOR', new RegExp(first.name), changed((all) => all.slice(1))],
  [
    'a tensor too many',
    'UNEXPECTED_TENSOR',
    /extra\.weight/,
    changed((all) => [...all, { name: 'extra.weight', shape: [1], values: new Float32Array(1) }]),
  ],
  [
    'a misshapen tensor',
    'WRONG_SHAPE',
    new RegExp(first.name),
    changed(([head, ...rest]) => [{ ...head, shape: [head.values.length, 1, 1, 1] }, ...rest]),
  ],
  [
    'a weight that is NaN',
    'NOT_FINITE',
    new RegExp(first.name),
    changed(([head, ...rest]) => [{ ...head, values: head.values.map((value, i) => (i === 5 ? NaN : value)) }, ...rest]),
  ],
]) {
  test(`wrong weights: ${what}`, async () => {
    await rejects(Classifier.load(bytes), code, sentence);
  });
}

test('wrong weights: more than 100 TB, says the header', async () => {
  const header = text('{"a":{"dtype":"F32","shape":[30000000000000],"data_offsets":[0,120000000000000]}}');
  const file = new Uint8Array(8 + header.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  await assert.rejects(Classifier.load(file), DecemError);
});

test('tensors of no network, without metadata', async () => {
  const file = safetensors([{ name: 'gru.weight', shape: [2], values: new Float32Array(2) }]);
  await rejects(Classifier.load(file), 'UNRECOGNISED_NETWORK', /network/);
});

test('an unknown network', async () => {
  await rejects(Classifier.load({ network: 'resnet19' }), 'UNKNOWN_NETWORK', /resnet19/);
});

test('an unknown option, and a value out of range', async () => {
  await rejects(Classifier.load({ network: 'resnet18', options: { depth: 3 } }), 'INVALID_OPTION', /depth/);
  await rejects(Classifier.load({ network: 'resnet18', options: { num_classes: 0 } }), 'INVALID_OPTION', /num_classes/);
  await rejects(Classifier.load({ network: 'resnet18', options: { variant: 'caffe' } }), 'INVALID_OPTION', /variant/);
});

test('something that is no source', async () => {
  await rejects(Classifier.load(42), 'INVALID_ARGUMENT', /address/);
});

test('a file that does not exist, and a folder', async () => {
  await rejects(Classifier.load('/nowhere/w.safetensors'), 'FETCH_FAILED', /nowhere.*no such file/);
  await rejects(Classifier.load(import.meta.dirname ?? '.'), 'FETCH_FAILED', /folder/);
});

test('addresses that answer 404, 503, a web page, half a file, or not at all', async (t) => {
  const address = await serve(t, ({ url }, response) => {
    if (url === '/404') response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>');
    else if (url === '/503') response.writeHead(503).end();
    else if (url === '/html') response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<h1>Log in</h1>');
    else {
      response.writeHead(200, { 'content-length': smallFile.length });
      response.write(smallFile.subarray(0, 3000), () => response.destroy());
    }
  });
  await rejects(Classifier.load(`${address}/404`), 'FETCH_FAILED', /\/404 answered 404.*check the address/);
  await rejects(Classifier.load(`${address}/503`), 'FETCH_FAILED', /\/503 answered 503/);
  await rejects(Classifier.load(`${address}/html`), 'FETCH_FAILED', /\/html answered with a web page/);
  await rejects(Classifier.load(`${address}/half`), 'FETCH_FAILED', /\/half broke off after \d+ bytes/);
  await rejects(Classifier.load('http://127.0.0.1:9/w'), 'FETCH_FAILED', /no answer from http:\/\/127\.0\.0\.1:9\/w/);
});

test('a response that has been read, a stream that something else reads, a stream of text', async () => {
  const used = new Response(smallFile);
  await used.arrayBuffer();
  await rejects(Classifier.load(used), 'FETCH_FAILED', /read before/);
  const locked = new Blob([smallFile]).stream();
  locked.getReader();
  await rejects(Classifier.load(locked), 'INVALID_ARGUMENT', /something else/);
  const words = new ReadableStream({ start: (controller) => controller.enqueue('words') });
  await rejects(Classifier.load(words), 'INVALID_ARGUMENT', /Uint8Array/);
});

test('labels that are no list of names', async () => {
  await rejects(Classifier.load(smallFile, { labels: '[1, 2]' }), 'INVALID_ARGUMENT', /array of names/);
  await rejects(Classifier.load(smallFile, { labels: '/nowhere/labels.json' }), 'FETCH_FAILED', /labels\.json/);
});
