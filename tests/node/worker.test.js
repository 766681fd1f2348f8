/**
 * The same in a worker: a stand-in for the browser's Worker over Node's threads (helpers/web-worker.js) runs the
 * real worker.js and the real messages.
 */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';

import { Classifier } from '../../wasm/js/index.js';
import { syntheticImage } from './helpers/generator.js';
import { smallFile } from './helpers/small.js';
import { WebWorker } from './helpers/web-worker.js';

const image = syntheticImage(50, 40);
const here = await Classifier.load(smallFile);
const expected = await here.classify(image, { logits: true });

beforeEach(() => (globalThis.Worker = WebWorker));
after(() => delete globalThis.Worker);

async function untilNoneAlive() {
  for (const start = Date.now(); WebWorker.alive > 0; ) {
    assert.ok(Date.now() - start < 5000, 'a worker is left over');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a worker is used where there are workers, unless told otherwise', async () => {
  assert.equal(here.where, 'thread');
  const there = await Classifier.load(smallFile);
  assert.equal(there.where, 'worker');
  there.dispose();
  assert.equal((await Classifier.load(smallFile, { worker: false })).where, 'thread');
  await untilNoneAlive();
});

test('the worker answers bit for bit as this thread does', async () => {
  const there = await Classifier.load(smallFile, { worker: true });
  const result = await there.classify(image, { logits: true });
  assert.deepEqual({ ...result, timings: 0 }, { ...expected, timings: 0 });
  assert.deepEqual(await there.embed(image), await here.embed(image));
  assert.deepEqual(await there.crop(), await here.crop());
  assert.equal((await there.profile(image)).steps.length, (await here.profile(image)).steps.length);
  assert.deepEqual(there.summary(), here.summary());
  assert.equal(image.data.length, 50 * 40 * 3, "the caller's pixels stay the caller's");
  there.dispose();
  await untilNoneAlive();
});

test('pixels that are part of a larger buffer', async () => {
  const there = await Classifier.load(smallFile);
  const larger = new Uint8Array(100000);
  larger.set(image.data, 77);
  const part = { ...image, data: larger.subarray(77, 77 + image.data.length) };
  assert.deepEqual((await there.classify(part, { logits: true })).logits, expected.logits);
  assert.equal(larger.length, 100000);
  there.dispose();
});

test('errors keep their code and sentence, and the worker of a failed load ends', async () => {
  await assert.rejects(Classifier.load(smallFile.subarray(0, -1)), (error) => {
    assert.equal(error.name, 'DecemError');
    assert.equal(error.code, 'MALFORMED_FILE');
    assert.equal(error.status, 6);
    return true;
  });
  await assert.rejects(Classifier.load({ network: 'resnet19' }), { code: 'UNKNOWN_NETWORK', message: /resnet19/ });
  await untilNoneAlive();
});

test('a refused image leaves the worker well', async () => {
  const there = await Classifier.load(smallFile);
  await assert.rejects(there.classify({ data: new Uint8Array(1), width: 0, height: 0, channels: 3 }), { name: 'DecemError' });
  assert.deepEqual((await there.classify(image, { logits: true })).logits, expected.logits);
  there.dispose();
});

test('dispose during a run rejects it and ends the worker', async () => {
  const there = await Classifier.load({ network: 'mobilenetv2' });
  const running = there.classify(image);
  const waiting = there.classify(image);
  await new Promise((resolve) => setTimeout(resolve, 5));
  there.dispose();
  await assert.rejects(running, { code: 'DISPOSED' });
  await assert.rejects(waiting, { code: 'DISPOSED' });
  await untilNoneAlive();
});

test('aborting a load ends its worker', async () => {
  const abort = new AbortController();
  const endless = new ReadableStream({ start: (controller) => controller.enqueue(smallFile.subarray(0, 3000)) });
  const loading = Classifier.load(endless, { signal: abort.signal, onProgress: ({ loaded }) => loaded > 0 && abort.abort() });
  await assert.rejects(loading, { name: 'AbortError' });
  await untilNoneAlive();
});

test('aborting while the worker computes rejects at once', async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 30);
  await assert.rejects(Classifier.load({ network: 'vgg16' }, { signal: abort.signal }), { name: 'AbortError' });
  await untilNoneAlive();
});

/** A worker whose thread dies on the first message of that method. */
function dyingAt(method) {
  return class extends WebWorker {
    postMessage(message, transfer) {
      if (message.method !== method) return super.postMessage(message, transfer);
      this.dispatchEvent(Object.assign(new Event('error'), { message: 'it died' }));
    }
  };
}

test('a worker that dies rejects what waits, and whatever comes later', async () => {
  globalThis.Worker = dyingAt('run');
  const there = await Classifier.load(smallFile);
  await assert.rejects(there.classify(image), { code: 'WORKER_FAILED', message: /it died/ });
  await assert.rejects(there.classify(image), { code: 'WORKER_FAILED' });
  there.dispose();
  await untilNoneAlive();
});

test('where no worker starts, this thread does the work; worker: true says why not', async () => {
  globalThis.Worker = dyingAt('create');
  const there = await Classifier.load(smallFile);
  assert.equal(there.where, 'thread');
  assert.deepEqual((await there.classify(image, { logits: true })).logits, expected.logits);
  await assert.rejects(Classifier.load(smallFile, { worker: true }), { code: 'WORKER_FAILED', message: /it died/ });

  globalThis.Worker = class {
    constructor() {
      throw new Error('not allowed here');
    }
  };
  assert.equal((await Classifier.load(smallFile)).where, 'thread');
  await assert.rejects(Classifier.load(smallFile, { worker: true }), { code: 'WORKER_FAILED', message: /not allowed here/ });
  await untilNoneAlive();
});
