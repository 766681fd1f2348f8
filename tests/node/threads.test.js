/** Threads: the same answer on any number of them, honest fallbacks where there are none, and none left behind. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { afterEach, test } from 'node:test';

import { DecemError } from '../../wasm/js/errors.js';
import { Classifier } from '../../wasm/js/index.js';
import { Model } from '../../wasm/js/model.js';
import { syntheticImage } from './helpers/generator.js';
import { countsThreads, runScript, threadIds, ticksOf } from './helpers/processes.js';
import { smallFile } from './helpers/small.js';
import { WebWorker } from './helpers/web-worker.js';

const image = syntheticImage(224, 224);
const small = syntheticImage(50, 40);
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const alone = await Classifier.load(smallFile, { threads: 1 });
const { logits: expected } = await alone.classify(small, { logits: true });

afterEach(() => {
  delete globalThis.Worker;
  delete globalThis.crossOriginIsolated;
});

/** Loads the small network with these options, and expects the answer that one thread gives. */
async function answersAs(threads, options) {
  const classifier = await Classifier.load(smallFile, options);
  assert.equal(classifier.threads, threads);
  assert.deepEqual((await classifier.classify(small, { logits: true })).logits, expected);
  classifier.dispose();
}

for (const network of ['mobilenetv2', 'googlenet', 'resnet18']) {
  test(`${network}: strict results are the same to the bit on 1, 2, 3 and 4 threads`, async () => {
    /** @type {Float32Array[]} */
    let first;
    for (const threads of [1, 2, 3, 4]) {
      const classifier = await Classifier.load({ network }, { variant: 'strict', threads });
      assert.equal(classifier.threads, threads);
      for (let run = 0; run < 3; run++) {
        const { logits } = await classifier.classify(image, { logits: true });
        assert.deepEqual(logits, (first ??= logits), `${threads} threads, run ${run}`);
        await rest(50); // helpers come, and fall asleep
      }
      classifier.dispose();
    }
  });
}

test('helpers do take part in the work', { skip: !countsThreads }, async () => {
  const before = new Set(threadIds());
  const classifier = await Classifier.load({ network: 'resnet18' }, { threads: 2 });
  await classifier.classify(image);
  await rest(500);
  const helpers = threadIds().filter((id) => !before.has(id));
  const start = ticksOf(helpers);
  for (const begin = Date.now(); ticksOf(helpers) - start < 10 && Date.now() - begin < 20_000; ) await classifier.classify(image);
  const ticks = ticksOf(helpers) - start;
  classifier.dispose();
  assert.ok(ticks >= 10, `the helpers worked for ${ticks * 10} ms`);
});

test('auto is one thread a core, 4 at most', async () => {
  const cores = Math.min(availableParallelism(), 4);
  await answersAs(cores, {});
  await answersAs(cores, { threads: 'auto' });
});

test('numbers that are none, or out of range, are refused before anything is fetched', async () => {
  for (const threads of [0, -1, 1000, 17, 1.5, NaN, 'x', '2', null, {}]) {
    const fetch = () => assert.fail('it fetched');
    await assert.rejects(Classifier.load('http://localhost/w', { threads: /** @type {any} */ (threads), fetch }), (error) => {
      assert.ok(error instanceof DecemError);
      assert.equal(error.code, 'INVALID_ARGUMENT');
      assert.match(error.message, /threads is .*'auto' or a whole number from 1 to 16/);
      return true;
    });
  }
});

test('16 threads on a network of few tiles', async () => {
  await answersAs(16, { threads: 16 });
});

test('a page that is not isolated: one thread', async () => {
  globalThis.crossOriginIsolated = false;
  await answersAs(1, { threads: 2 });
});

test('no SharedArrayBuffer: one thread', async (t) => {
  const { SharedArrayBuffer } = globalThis;
  t.after(() => (globalThis.SharedArrayBuffer = SharedArrayBuffer));
  delete globalThis.SharedArrayBuffer;
  await answersAs(1, { threads: 2 });
});

test('a thread that may not wait, as a page has: one thread', async (t) => {
  t.mock.method(Atomics, 'wait', () => {
    throw new TypeError('Atomics.wait cannot be called in this context');
  });
  await answersAs(1, { threads: 2, worker: false });
});

test('shared memory refused: one thread; no memory at all: an error', async (t) => {
  const { Memory } = WebAssembly;
  let refused = 0;
  t.mock.method(WebAssembly, 'Memory', class extends Memory {
    constructor(limits) {
      if (limits.shared && ++refused) throw new RangeError('could not allocate memory');
      super(limits);
    }
  });
  await answersAs(1, { threads: 2 });
  assert.ok(refused > 0);
  t.mock.restoreAll();
  t.mock.method(WebAssembly, 'Memory', class {
    constructor() {
      throw new RangeError('could not allocate memory');
    }
  });
  await assert.rejects(Classifier.load(smallFile, { threads: 2 }), { code: 'OUT_OF_MEMORY' });
});

test('helpers that cannot be started: the others do their work', async () => {
  const [major] = process.versions.node.split('.').map(Number);
  const permission = major < 24 ? '--experimental-permission' : '--permission';
  const { threads, logits, refused } = await runScript(`
    import { Worker } from 'node:worker_threads';
    import { Classifier } from '../../../wasm/js/index.js';
    import { syntheticImage } from './generator.js';
    import { smallFile } from './small.js';
    const classifier = await Classifier.load(smallFile, { threads: 3, variant: ${JSON.stringify(alone.variant)} });
    const { logits } = await classifier.classify(syntheticImage(50, 40), { logits: true });
    let refused = '';
    try {
      new Worker('', { eval: true });
    } catch ({ code }) {
      refused = code;
    }
    console.log(JSON.stringify({ threads: classifier.threads, logits: Array.from(logits[0]), refused }));
  `, [permission, '--allow-fs-read=*']);
  assert.equal(refused, 'ERR_ACCESS_DENIED');
  assert.equal(threads, 3);
  assert.deepEqual(logits, Array.from(expected[0]));
});

test('a helper that is lost in the middle of its work: load again', async (t) => {
  const classifier = await Classifier.load(smallFile, { threads: 2 });
  t.mock.method(Model.prototype, 'run', () => {
    throw new DecemError('a thread of this model has died in the middle of its work; load the model again', 'THREAD_LOST');
  });
  await Promise.all([
    assert.rejects(classifier.classify(small), { code: 'THREAD_LOST', status: 14, message: /load the model again/ }),
    assert.rejects(classifier.classify(small), { code: 'DISPOSED' }),
  ]);
  t.mock.restoreAll();
  await assert.rejects(classifier.classify(small), { code: 'DISPOSED' });
  await answersAs(2, { threads: 2 });
});

test('in a worker: helpers of its own, and dispose in the middle of a run ends them all', async () => {
  globalThis.Worker = WebWorker;
  await answersAs(3, { threads: 3, worker: true });
  const classifier = await Classifier.load({ network: 'resnet18' }, { threads: 4 });
  assert.equal(classifier.where, 'worker');
  const running = classifier.classify(image);
  await rest(20);
  classifier.dispose();
  await assert.rejects(running, { code: 'DISPOSED' });
  for (const start = Date.now(); WebWorker.alive > 0; await rest(5)) assert.ok(Date.now() - start < 5000, 'a worker is left over');
});

test('50 classifiers loaded and disposed of leave no thread behind', { skip: !countsThreads }, async () => {
  const { before, after } = await runScript(`
    import { Classifier } from '../../../wasm/js/index.js';
    import { syntheticImage } from './generator.js';
    import { threadIds } from './processes.js';
    import { smallFile } from './small.js';
    const before = threadIds().length;
    for (let i = 0; i < 50; i++) {
      const classifier = await Classifier.load(smallFile, { threads: 3 });
      await classifier.classify(syntheticImage(50, 40));
      classifier.dispose();
    }
    for (const start = Date.now(); threadIds().length > before && Date.now() - start < 10000; ) await new Promise((resolve) => setTimeout(resolve, 20));
    console.log(JSON.stringify({ before, after: threadIds().length }));
  `);
  assert.ok(after <= before, `${before} threads before, ${after} after`);
});

test('classifiers that are forgotten rather than disposed of let their threads go', { skip: !countsThreads }, async () => {
  const { least, most, before } = await runScript(`
    import { Classifier } from '../../../wasm/js/index.js';
    import { threadIds } from './processes.js';
    import { smallFile } from './small.js';
    const before = threadIds().length;
    for (let i = 0; i < 5; i++) await Classifier.load(smallFile, { threads: 3 });
    const most = threadIds().length;
    for (const start = Date.now(); threadIds().length > before && Date.now() - start < 10000; ) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    console.log(JSON.stringify({ before, most, least: threadIds().length }));
  `, ['--expose-gc']);
  assert.ok(most >= before + 10 && least <= before, `${before} threads before, ${most} with five classifiers, ${least} without`);
});

test('a process with a classifier that was never disposed of ends by itself', async () => {
  const { threads } = await runScript(`
    import { Classifier } from '../../../wasm/js/index.js';
    import { smallFile } from './small.js';
    globalThis.classifier = await Classifier.load(smallFile, { threads: 4 });
    console.log(JSON.stringify({ threads: classifier.threads }));
  `);
  assert.equal(threads, 4);
});
