/** Jobs one at a time: order, aborting, closing. And calls to another thread: answers by id. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Queue } from '../../wasm/js/queue.js';
import { RpcClient, serve } from '../../wasm/js/rpc.js';

/** A promise that is settled from outside. */
function deferred() {
  let resolve, reject;
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

const rest = () => new Promise((resolve) => setTimeout(resolve, 5));

test('a job begins when the one before has ended, well or badly', async () => {
  const queue = new Queue();
  const jobs = [deferred(), deferred(), deferred()];
  const begun = [];
  const results = jobs.map(({ promise }, i) => queue.add(() => (begun.push(i), promise)));
  await rest();
  assert.deepEqual(begun, [0]);
  jobs[0].reject(new Error('bad'));
  await assert.rejects(results[0], { message: 'bad' });
  await rest();
  assert.deepEqual(begun, [0, 1]);
  jobs[1].resolve('good');
  jobs[2].resolve('last');
  assert.deepEqual(await Promise.all(results.slice(1)), ['good', 'last']);
});

test('an aborted job that waits never begins; one that runs is waited for', async () => {
  const queue = new Queue();
  const abort = new AbortController();
  const running = deferred();
  const begun = [];
  const first = queue.add(() => (begun.push('first'), running.promise), abort.signal);
  const second = queue.add(async () => begun.push('second'), abort.signal);
  const third = queue.add(async () => begun.push('third'));
  await rest();
  abort.abort();
  await assert.rejects(first, { name: 'AbortError' });
  await assert.rejects(second, { name: 'AbortError' });
  await rest();
  assert.deepEqual(begun, ['first']);
  running.resolve();
  await third;
  assert.deepEqual(begun, ['first', 'third']);
});

test('closing rejects what runs, what waits and what comes later', async () => {
  const queue = new Queue();
  const begun = [];
  const never = queue.add(() => (begun.push('never'), deferred().promise));
  const waiting = queue.add(async () => begun.push('waiting'));
  await rest();
  queue.close(new Error('closed'));
  for (const job of [never, waiting, queue.add(async () => begun.push('later'))]) {
    await assert.rejects(job, { message: 'closed' });
  }
  assert.deepEqual(begun, ['never']);
});

test('answers find their call whatever their order, and errors keep their code', async (t) => {
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const calls = new Map();
  serve(port2, (method) => {
    const call = deferred();
    calls.set(method, call);
    return call.promise;
  });
  const client = new RpcClient(port1);
  port1.start();
  port2.start();
  const results = ['a', 'b', 'c'].map((method) => client.call(method, []));
  while (calls.size < 3) await rest();
  calls.get('c').resolve('C');
  calls.get('b').reject(Object.assign(new Error('no b'), { code: 'MISSING_TENSOR' }));
  await assert.rejects(results[1], { name: 'DecemError', code: 'MISSING_TENSOR', status: 8, message: 'no b' });
  calls.get('a').resolve('A');
  assert.deepEqual(await Promise.all([results[0], results[2]]), ['A', 'C']);
});
