/** Weights from every kind of source, in pieces of every size; progress; and aborting. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { Classifier } from '../../wasm/js/index.js';
import { syntheticImage } from './helpers/generator.js';
import { serve } from './helpers/server.js';
import { SMALL, smallFile } from './helpers/small.js';

const image = syntheticImage(50, 40);
const folder = await mkdtemp(join(tmpdir(), 'decem-load-'));
const path = join(folder, 'small.safetensors');
await writeFile(path, smallFile);
after(() => rm(folder, { recursive: true }));

const expected = await logitsFrom(smallFile);

async function logitsFrom(source, options) {
  const classifier = await Classifier.load(source, options);
  const { logits } = await classifier.classify(image, { logits: true });
  classifier.dispose();
  return logits;
}

/** A stream of the file in pieces whose sizes the function gives. */
function streamOf(bytes, sizeOf) {
  let start = 0;
  return new ReadableStream({
    pull(controller) {
      if (start >= bytes.length) return controller.close();
      const size = sizeOf();
      controller.enqueue(bytes.subarray(start, start + size));
      start += size;
    },
  });
}

for (const [name, source] of [
  ['an ArrayBuffer', () => smallFile.slice().buffer],
  ['bytes inside a larger buffer', () => new Uint8Array([7, 7, 7, ...smallFile, 7]).subarray(3, -1)],
  ['a DataView', () => new DataView(smallFile.slice().buffer)],
  ['a Blob', () => new Blob([smallFile])],
  ['a File', () => new File([smallFile], 'small.safetensors')],
  ['a Response', () => new Response(smallFile)],
  ['a stream', () => new Blob([smallFile]).stream()],
  ['a Node stream', () => createReadStream(path)],
  ['a path', () => path],
  ['a file URL', () => pathToFileURL(path)],
  ["a file URL's text", () => pathToFileURL(path).href],
]) {
  test(`weights from ${name}`, async () => {
    assert.deepEqual(await logitsFrom(source()), expected);
  });
}

test('weights from a URL and from a Request', async (t) => {
  const address = await serve(t, (request, response) => response.end(smallFile));
  for (const source of [`${address}/a`, new URL(`${address}/b`), new Request(`${address}/c`)]) {
    assert.deepEqual(await logitsFrom(source), expected);
  }
});

test("the caller's own fetch is used", async () => {
  const asked = [];
  const fetch = async (url) => {
    asked.push(String(url));
    return new Response(smallFile);
  };
  assert.deepEqual(await logitsFrom('https://example.org/weights', { fetch }), expected);
  assert.deepEqual(asked, ['https://example.org/weights']);
});

for (const size of [4096, 65537, smallFile.length - 1, smallFile.length]) {
  test(`weights in pieces of ${size} bytes`, async () => {
    assert.deepEqual(await logitsFrom(streamOf(smallFile, () => size)), expected);
  });
}

test('weights byte by byte, through the header and into the tensors, then by sevens', async () => {
  let pieces = 0;
  assert.deepEqual(await logitsFrom(streamOf(smallFile, () => (++pieces < 50000 ? 1 : pieces < 60000 ? 7 : 100000))), expected);
});

test('weights in pieces of changing size', async () => {
  let size = 1;
  assert.deepEqual(await logitsFrom(streamOf(smallFile, () => (size = (size * 5) % 9973))), expected);
});

test('progress: phases in order, bytes that only grow, and the total at the end', async (t) => {
  const address = await serve(t, (request, response) => {
    response.writeHead(200, { 'content-length': smallFile.length });
    response.write(smallFile.subarray(0, 1000));
    setTimeout(() => response.end(smallFile.subarray(1000)), 120);
  });
  const reports = [];
  const classifier = await Classifier.load(`${address}/w.safetensors`, { onProgress: (report) => reports.push(report) });
  classifier.dispose();
  const phases = reports.map(({ phase }) => phase).filter((phase, index, all) => phase !== all[index - 1]);
  assert.deepEqual(phases, ['wasm', 'weights', 'ready']);
  const weights = reports.filter(({ phase }) => phase === 'weights');
  assert.ok(weights.some(({ loaded }) => loaded > 0 && loaded < smallFile.length), 'a report in mid-load');
  weights.reduce((before, report) => {
    assert.ok(report.loaded >= before.loaded);
    return report;
  });
  assert.equal(weights.at(-1).loaded, smallFile.length);
  assert.equal(weights.at(-1).total, smallFile.length);
  assert.equal(weights.at(-1).source, `${address}/w.safetensors`);
  assert.ok(weights.at(-1).bytesPerSecond > 0 && weights.at(-1).bytesPerSecond < (smallFile.length / 0.1));
});

test('aborting in mid-load rejects at once, cancels the source, and a later load works', async (t) => {
  const abort = new AbortController();
  let cancelled;
  const endless = new ReadableStream({
    start: (controller) => controller.enqueue(smallFile.subarray(0, 5000)),
    cancel: (reason) => (cancelled = reason),
  });
  const loading = Classifier.load(endless, {
    signal: abort.signal,
    onProgress: ({ loaded }) => loaded > 0 && setTimeout(() => abort.abort()),
  });
  await assert.rejects(loading, { name: 'AbortError' });
  assert.equal(cancelled, abort.signal.reason);
  assert.deepEqual(await logitsFrom(smallFile), expected);
});

test('a source of wrong weights is cancelled, not read to its end', async () => {
  let cancelled = false;
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('<!DOCTYPE html>')),
    cancel: () => void (cancelled = true),
  });
  await assert.rejects(Classifier.load(endless), { code: 'MALFORMED_FILE' });
  assert.ok(cancelled);
});

test('wrong weights are refused while the source keeps the rest to itself', async () => {
  async function* stuck() {
    yield new Uint8Array(100).fill(0xff);
    await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
  }
  await assert.rejects(Classifier.load(stuck()), { code: 'MALFORMED_FILE' });
});

test('aborting a fetch closes its connection', async (t) => {
  const abort = new AbortController();
  let closed;
  const address = await serve(t, (request, response) => {
    response.write(smallFile.subarray(0, 100));
    closed = new Promise((resolve) => response.on('close', resolve));
    setTimeout(() => abort.abort(new Error('enough')), 20);
  });
  await assert.rejects(Classifier.load(address, { signal: abort.signal }), { message: 'enough' });
  await closed;
});

test("a Request's own signal and headers count", async (t) => {
  const abort = new AbortController();
  let header;
  const address = await serve(t, (request, response) => {
    header = request.headers['x-token'];
    response.write(smallFile.subarray(0, 100));
    setTimeout(() => abort.abort(new Error('enough')), 20);
  });
  const request = new Request(address, { signal: abort.signal, headers: { 'x-token': 'abc' } });
  await assert.rejects(Classifier.load(request), { message: 'enough' });
  assert.equal(header, 'abc');
});

test('a signal that has aborted before begins nothing', async () => {
  const fetch = () => assert.fail('fetched');
  await assert.rejects(Classifier.load('https://example.org/', { fetch, signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('synthetic weights are called untrained, and a file trained', async () => {
  const synthetic = await Classifier.load({ network: SMALL.network, options: SMALL.options });
  assert.equal(synthetic.trained, false);
  assert.equal(synthetic.summary().trained, false);
  assert.equal((await synthetic.classify(image)).trained, false);
  assert.equal((await synthetic.classify(image)).predictions[0].label.startsWith('class '), true);
  const file = await Classifier.load(smallFile);
  assert.equal((await file.classify(image)).trained, true);
});
