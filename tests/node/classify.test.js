/** What a classifier answers, what it refuses, in which order, and how it ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Classifier } from '../../wasm/js/index.js';
import { syntheticImage } from './helpers/generator.js';
import { SMALL, smallFile } from './helpers/small.js';

const image = syntheticImage(50, 40);
const classifier = await Classifier.load(smallFile);

test('classify: predictions in order, with labels, probabilities and times', async () => {
  const result = await classifier.classify(image, { topK: 10, logits: true });
  assert.equal(result.network, SMALL.network);
  assert.equal(result.trained, true);
  assert.equal(result.outputs, undefined);
  assert.equal(result.predictions.length, 10);
  const total = result.predictions.reduce((sum, { probability }) => sum + probability, 0);
  assert.ok(Math.abs(total - 1) < 1e-5, `probabilities add up to ${total}`);
  result.predictions.reduce((before, prediction) => {
    assert.ok(prediction.probability <= before.probability);
    return prediction;
  });
  for (const { index, label } of result.predictions) assert.equal(label, SMALL.labels[index]);
  assert.equal(result.logits.length, 1);
  const [best] = result.predictions;
  assert.equal(best.index, result.logits[0].indexOf(Math.max(...result.logits[0])));
  const { preprocessMs, inferenceMs, totalMs } = result.timings;
  assert.ok(preprocessMs > 0 && inferenceMs > 0 && totalMs >= preprocessMs + inferenceMs);
});

test('topK: 5 by default, as many as asked for, never more than there are classes', async () => {
  assert.equal((await classifier.classify(image)).predictions.length, 5);
  assert.equal((await classifier.classify(image, { topK: 1 })).predictions.length, 1);
  assert.equal((await classifier.classify(image, { topK: 1000 })).predictions.length, 10);
  await assert.rejects(classifier.classify(image, { topK: 0 }), { code: 'INVALID_ARGUMENT' });
  const three = await Classifier.load(smallFile, { topK: 3, labels: ['zero', 'one'] });
  const { predictions } = await three.classify(image);
  assert.equal(predictions.length, 3);
  for (const { index, label } of predictions) assert.equal(label, ['zero', 'one'][index] ?? `class ${index}`);
});

test('the same image gives the same answer, RGB or RGBA, whatever its alpha', async () => {
  const { logits: expected } = await classifier.classify(image, { logits: true });
  const rgba = new Uint8ClampedArray(50 * 40 * 4);
  for (let i = 0; i < 50 * 40; i++) rgba.set([...image.data.subarray(3 * i, 3 * i + 3), i % 256], 4 * i);
  for (const same of [image, { data: rgba, width: 50, height: 40, channels: 4 }, { data: rgba, width: 50, height: 40 }]) {
    assert.deepEqual((await classifier.classify(same, { logits: true })).logits, expected);
  }
  const other = await classifier.classify(syntheticImage(50, 40, 2), { logits: true });
  assert.notDeepEqual(other.logits, expected);
});

test('images of one pixel, one row and one column, and a wide one', async () => {
  for (const [width, height] of [[1, 1], [1, 300], [300, 1], [60000, 2]]) {
    const { predictions } = await classifier.classify(syntheticImage(width, height));
    assert.equal(predictions.length, 5);
    assert.ok(predictions.every(({ probability }) => probability >= 0 && probability <= 1));
  }
});

test('images that cannot be: each is refused, and the next one is classified', async () => {
  const { logits: expected } = await classifier.classify(image, { logits: true });
  for (const [bad, sentence] of [
    [{ data: new Uint8Array(0), width: 0, height: 0, channels: 3 }, /0/],
    [{ data: new Uint8Array(0), width: 0, height: 5, channels: 3 }, /0/],
    [{ data: new Uint8Array(12), width: 2, height: 3, channels: 3 }, /18 bytes, but data has 12/],
    [{ data: new Uint8Array(70000 * 3), width: 70000, height: 1, channels: 3 }, /65.?535/],
    [{ data: new Uint8Array(12), width: 2, height: 3, channels: 2 }, /channels|3/],
    [{ data: new Uint8Array(12), width: 1.5, height: 2, channels: 4 }, /1\.5/],
    [{ data: new Float32Array(12), width: 2, height: 2, channels: 3 }, /bytes/],
    [{}, /Not an image/],
    [null, /Not an image/],
    [7, /Not an image/],
  ]) {
    await assert.rejects(classifier.classify(bad), ({ name, code, message }) => {
      assert.equal(name, 'DecemError', message);
      assert.match(code, /INVALID_(IMAGE|ARGUMENT)/);
      assert.match(message, sentence);
      return true;
    });
  }
  assert.deepEqual((await classifier.classify(image, { logits: true })).logits, expected);
});

test('the crop is what the network saw: opaque, of its input size, and of the last image', async () => {
  const fresh = await Classifier.load(smallFile);
  assert.equal(await fresh.crop(), null);
  const data = new Uint8Array(36 * 36 * 3);
  for (let i = 0; i < data.length; i += 3) data.set([200, 100, 50], i);
  await fresh.classify({ data, width: 36, height: 36, channels: 3 });
  const crop = await fresh.crop();
  assert.deepEqual([crop.width, crop.height, crop.data.length], [32, 32, 32 * 32 * 4]);
  for (let i = 0; i < crop.data.length; i += 4) assert.deepEqual([...crop.data.subarray(i, i + 4)], [200, 100, 50, 255]);
});

test('the crop of an image that needs no resizing is its middle, to the byte', async () => {
  const fresh = await Classifier.load(smallFile);
  const source = syntheticImage(36, 36);
  await fresh.classify(source);
  const { data } = await fresh.crop();
  for (const [x, y] of [[0, 0], [31, 0], [0, 31], [17, 5]]) {
    const from = 3 * ((y + 2) * 36 + x + 2);
    const to = 4 * (y * 32 + x);
    assert.deepEqual([...data.subarray(to, to + 3)], [...source.data.subarray(from, from + 3)]);
  }
});

test('embed gives the vector before the classifier, which depends on the image', async () => {
  const one = await classifier.embed(image);
  const two = await classifier.embed(syntheticImage(50, 40, 2));
  assert.equal(one.length, 1280);
  assert.ok(one.every(Number.isFinite));
  assert.notDeepEqual(one, two);
});

test('profile times every step, and answers as classify does', async () => {
  const { steps, network, timings } = await classifier.profile(image);
  assert.equal(network, SMALL.network);
  assert.ok(steps.length > 20);
  assert.ok(steps.every(({ name, kernel, macs, ms }) => typeof name === 'string' && kernel && macs >= 0 && ms >= 0));
  const total = steps.reduce((sum, { ms }) => sum + ms, 0);
  assert.ok(total > 0 && total <= timings.inferenceMs);
  assert.equal(steps.reduce((sum, { macs }) => sum + macs, 0), classifier.summary().macs);
});

test('summary: layers, totals, and what the file says of itself', () => {
  const summary = classifier.summary();
  assert.equal(summary.network, SMALL.network);
  assert.equal(summary.options.width_mult, 0.1);
  assert.equal(summary.classes, 10);
  assert.equal(summary.labels, 10);
  assert.equal(summary.trained, true);
  assert.equal(summary.source, 'a test');
  assert.equal(summary.license, 'MIT');
  assert.deepEqual(summary.outputs, ['main']);
  assert.equal(summary.preprocess.resize, 36);
  assert.equal(summary.preprocess.crop, 32);
  assert.equal(summary.parameters, summary.layers.reduce((sum, { parameters }) => sum + parameters, 0));
  assert.equal(summary.macs, summary.layers.reduce((sum, { macs }) => sum + macs, 0));
  assert.ok(summary.memory >= summary.parameters);
  const first = summary.layers.find(({ type }) => type === 'Conv2d');
  assert.deepEqual(first.shape.slice(1), [16, 16]);
});

test('networks are listed, and summed up without weights', async () => {
  const names = await Classifier.networks();
  assert.equal(names.length, 10);
  for (const name of names) assert.equal((await Classifier.summary(name)).network, name);
  const { parameters, classes } = await Classifier.summary('resnet18', { num_classes: 10 });
  assert.equal(classes, 10);
  assert.equal(parameters, 11694312 - 990 * 513);
  await assert.rejects(Classifier.summary('lenet'), { code: 'UNKNOWN_NETWORK' });
});

test("GoogLeNet's three outputs are all there, main first", async () => {
  const googlenet = await Classifier.load({ network: 'googlenet' });
  const { predictions, outputs, logits } = await googlenet.classify(image, { logits: true });
  assert.equal(outputs.length, 3);
  assert.equal(outputs[0].name, 'main');
  assert.equal(outputs[0].predictions, predictions);
  assert.deepEqual(logits.map(({ length }) => length), [1000, 1000, 1000]);
  outputs.forEach((output, i) => {
    assert.equal(output.predictions[0].index, logits[i].indexOf(Math.max(...logits[i])));
  });
  googlenet.dispose();
});

test('calls are answered in order, and each with its own image', async () => {
  const images = [1, 2, 3, 4].map((seed) => syntheticImage(40, 40, seed));
  const order = [];
  const together = await Promise.all(images.map(async (each, i) => {
    const { logits } = await classifier.classify(each, { logits: true });
    order.push(i);
    return logits;
  }));
  assert.deepEqual(order, [0, 1, 2, 3]);
  for (const [i, each] of images.entries()) {
    assert.deepEqual((await classifier.classify(each, { logits: true })).logits, together[i]);
  }
});

test('a waiting call that is aborted rejects at once, and the others go on', async () => {
  const abort = new AbortController();
  const first = classifier.classify(image);
  const waiting = classifier.classify(image, { signal: abort.signal });
  const last = classifier.classify(image);
  abort.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  assert.equal((await first).predictions.length, 5);
  assert.equal((await last).predictions.length, 5);
  await assert.rejects(classifier.classify(image, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('dispose: what waits or comes later rejects; other classifiers go on; twice does no harm', async () => {
  const gone = await Classifier.load(smallFile);
  const pending = [gone.classify(image), gone.embed(image)];
  gone.dispose();
  gone.dispose();
  for (const call of [...pending, gone.classify(image), gone.profile(image), gone.crop()]) {
    await assert.rejects(call, { name: 'DecemError', code: 'DISPOSED' });
  }
  assert.equal(gone.summary().network, SMALL.network);
  assert.equal((await classifier.classify(image)).predictions.length, 5);
});

test('Symbol.dispose disposes', async () => {
  const gone = await Classifier.load(smallFile);
  gone[Symbol.dispose]();
  await assert.rejects(gone.classify(image), { code: 'DISPOSED' });
});

test('stream: the latest frame whenever the last is done, until null or an abort', async () => {
  let frames = 0;
  const results = [];
  await classifier.stream(() => (++frames > 3 ? null : syntheticImage(40, 40, frames)), { onResult: (result) => results.push(result) });
  assert.equal(results.length, 3);

  const abort = new AbortController();
  let seen = 0;
  await classifier.stream(() => image, { signal: abort.signal, onResult: () => ++seen === 2 && abort.abort() });
  assert.equal(seen, 2);

  await assert.rejects(classifier.stream(() => /** @type {any} */ ({}), { onResult() {} }), { code: 'INVALID_IMAGE' });
});

test('memory that cannot grow: a DecemError, and a following load works', async (t) => {
  const { Memory } = WebAssembly;
  t.mock.method(WebAssembly, 'Memory', class extends Memory {
    constructor({ initial, shared }) {
      super({ initial, maximum: initial, shared });
    }
  });
  await assert.rejects(Classifier.load({ network: 'vgg16' }), (error) => {
    assert.match(`${error.code} ${error.message}`, /OUT_OF_MEMORY .*\d+ bytes/);
    return true;
  });
  t.mock.restoreAll();
  assert.equal((await (await Classifier.load(smallFile)).classify(image)).predictions.length, 5);
});
