/**
 * Many inferences in one process, without growth of memory: a few hundred as a test, 10,000 by "npm run soak".
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Classifier } from '../../wasm/js/index.js';
import { syntheticImage } from './helpers/generator.js';

const RUNS = Number(process.argv[2] ?? 300);
/** Runs after which everything is there that will ever be: compiled code, buffers, helper threads. */
const WARM_UPS = 100;
/** The process's memory may wander by so much: the garbage collector takes its time. */
const SLACK_BYTES = 24e6;

for (const threads of [1, 2]) {
  test(`${RUNS} runs of ShuffleNetV2 on ${threads} threads`, async (t) => {
    /** @type {WebAssembly.Memory[]} */
    const memories = [];
    const { Memory } = WebAssembly;
    t.mock.method(WebAssembly, 'Memory', class extends Memory {
      constructor(limits) {
        super(limits);
        memories.push(this);
      }
    });
    const classifier = await Classifier.load({ network: 'shufflenetv2' }, { threads });
    const image = syntheticImage(320, 240);
    const run = async (count) => {
      for (let i = 0; i < count; i++) await classifier.classify(image, { logits: true });
    };
    const heapBytes = () => memories.map(({ buffer }) => buffer.byteLength);

    const { logits: first } = await classifier.classify(image, { logits: true });
    await run(WARM_UPS);
    const [heap, { rss }] = [heapBytes(), process.memoryUsage()];
    await run(RUNS);
    const growth = process.memoryUsage().rss - rss;
    t.diagnostic(`the process grew by ${(growth / 1e6).toFixed(1)} MB, to ${((rss + growth) / 1e6).toFixed(0)} MB`);
    assert.equal(heap.length, 1);
    assert.deepEqual(heapBytes(), heap, 'the heap of the module has grown');
    assert.ok(growth < SLACK_BYTES, `the process has grown by ${growth} bytes`);
    assert.deepEqual((await classifier.classify(image, { logits: true })).logits, first);
    classifier.dispose();
  });
}
