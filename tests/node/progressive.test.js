/** The first answer is computed while the weights come, is the same as any other, and is not given before they are checked. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { WeightsCache } from '../../wasm/js/cache.js';
import { Classifier, openCache } from '../../wasm/js/index.js';
import { Model } from '../../wasm/js/model.js';
import { compile } from '../../wasm/js/wasm.js';
import { syntheticImage } from './helpers/generator.js';
import { random } from './helpers/random.js';
import { roughServer } from './helpers/rough-server.js';
import { safetensors } from './helpers/safetensors.js';
import { smallFile, smallMetadata, smallTensors } from './helpers/small.js';
import { WebWorker } from './helpers/web-worker.js';

const image = syntheticImage(50, 40);
const sha256 = createHash('sha256').update(smallFile).digest('hex');
const folder = await mkdtemp(join(tmpdir(), 'decem-progressive-'));
after(() => rm(folder, { recursive: true }));
const options = { image, topK: 10, cache: false };

const reference = await Classifier.load(smallFile, { topK: 10 });
const expected = (await reference.classify(image)).predictions;

/** Loads, and gives the first answer; it must be the one that a later call gives. */
async function firstOf(source, more) {
  const classifier = await Classifier.load(source, { ...options, ...more });
  const { predictions } = await classifier.first;
  assert.deepEqual((await classifier.classify(image)).predictions, predictions);
  assert.equal(classifier.loadedFrom, more?.from ?? classifier.loadedFrom);
  classifier.dispose();
  return predictions;
}

test('steps run before the last byte has come, and there is no answer until the file is checked', async () => {
  const model = await Model.create(await compile({}));
  model.expectSha256(sha256);
  let next = 0;
  let before = 0;
  for (let at = 0; at < smallFile.length; at += 1000) {
    before = next;
    model.push(smallFile.subarray(at, at + 1000));
    if (next === 0 && model.readySteps > 0) {
      model.beginImage(image.width, image.height, 3);
      model.pushRows(image.data, image.width * 3);
    }
    while (next < model.readySteps) model.runStep(next++);
    assert.throws(() => model.logits(0), { code: 'WRONG_STATE' });
  }
  assert.equal(next, model.readySteps);
  assert.ok(before >= next - 3, `${before} of ${next} steps had run before the last piece`);
  model.finish();
  const probabilities = model.probabilities(0);
  assert.deepEqual(expected.map(({ index }) => probabilities[index]), expected.map(({ probability }) => probability));
});

for (const where of ['thread', 'worker']) {
  test(`the first answer, on a ${where}: from a slow server, from bytes, from synthetic weights`, async (t) => {
    if (where === 'worker') globalThis.Worker = WebWorker;
    t.after(() => delete globalThis.Worker);
    const { address } = await roughServer(t, { bytes: smallFile, bytesPerSecond: 3_000_000 });
    assert.deepEqual(await firstOf(address, { sha256, from: 'network' }), expected);
    assert.deepEqual(await firstOf(smallFile, { sha256, from: 'memory' }), expected);
    await firstOf({ network: 'mobilenetv1', options: { width: 0.01, input_size: 32 } });
  });
}

test('an image that comes after the weights, one that never comes, and none', async () => {
  let give;
  const late = new Promise((resolve) => { give = resolve; });
  const fetch = () => late;
  const classifier = await Classifier.load(smallFile, { ...options, image: 'https://example.org/photo.jpg', fetch });
  setTimeout(() => give(new Response('no photo', { status: 404 })), 20);
  await assert.rejects(classifier.first, { code: 'FETCH_FAILED', message: /404/ });
  assert.deepEqual((await classifier.classify(image)).predictions, expected, 'the classifier is none the worse');
  const invalid = await Classifier.load(smallFile, { ...options, image: { data: new Uint8Array(5), width: 2, height: 2 } });
  await assert.rejects(invalid.first, { code: 'INVALID_IMAGE' });
  assert.deepEqual((await invalid.classify(image)).predictions, expected);
  assert.equal((await Classifier.load(smallFile)).first, null);
});

test('calls made at once wait for the first answer', async () => {
  const classifier = await Classifier.load(smallFile, options);
  const other = syntheticImage(30, 30, 7);
  const [first, second] = await Promise.all([classifier.first, classifier.classify(other)]);
  assert.deepEqual(first.predictions, expected);
  assert.deepEqual(second.predictions, (await reference.classify(other)).predictions);
});

test('SHA-256 of files of every length to a block, in pieces at random: as node:crypto has it', async () => {
  const module = await compile({});
  const next = random(1);
  for (let length = 0; length < 64; length += 8) {
    const file = safetensors(smallTensors, { ...smallMetadata, note: 'x'.repeat(length) });
    const hash = createHash('sha256').update(file).digest('hex');
    for (const right of [true, false]) {
      const model = await Model.create(module);
      model.expectSha256(right ? hash : sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')));
      for (let at = 0, piece; at < file.length; at += piece) {
        piece = 1 + Math.floor(next() ** 4 * 100_000);
        model.push(file.subarray(at, at + piece));
      }
      if (right) model.finish();
      else assert.throws(() => model.finish(), { code: 'WRONG_HASH', message: new RegExp(hash) });
    }
  }
});

test('a wrong SHA-256 is named, and so is one that is none; no answer is given', async (t) => {
  const wrong = sha256.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
  const { address } = await roughServer(t, { bytes: smallFile });
  await assert.rejects(Classifier.load(address, { ...options, sha256: wrong }), (error) => {
    assert.deepEqual([error.code, error.status], ['WRONG_HASH', 15]);
    assert.ok(error.message.includes(sha256) && error.message.includes(wrong) && error.message.includes(address), error.message);
    return true;
  });
  await assert.rejects(Classifier.load(smallFile, { sha256: 'abc' }), { code: 'INVALID_ARGUMENT', message: /64 hexadecimal digits/ });
});

test('the connection cut four times at random: the same answer, and the next load needs no network', async (t) => {
  const next = random(11);
  const cuts = Array.from({ length: 4 }, () => 1 + Math.floor(next() * (smallFile.length - 1))).sort((a, b) => a - b);
  const { address, log } = await roughServer(t, { bytes: smallFile, cuts });
  const retries = [];
  const cache = join(folder, 'cut');
  const onProgress = ({ retryInSeconds }) => retryInSeconds !== null && retries.push(retryInSeconds);
  assert.deepEqual(await firstOf(address, { cache, sha256, onProgress, from: 'network' }), expected);
  assert.equal(log.length, 5);
  assert.equal(retries.length, 4);
  const reports = [];
  assert.deepEqual(await firstOf(address, { cache, sha256, onProgress: (report) => reports.push(report), from: 'cache' }), expected);
  assert.equal(log.length, 5, 'no network');
  assert.deepEqual(new Set(reports.filter(({ phase }) => phase === 'weights').map(({ from }) => from)), new Set(['cache']));
});

test('a stored file that was damaged is fetched again by itself; its answer is never seen', async (t) => {
  const { address, gets } = await roughServer(t, { bytes: smallFile });
  const cache = join(folder, 'damaged');
  const stored = async () => (await (await openCache(cache)).list())[0];
  await firstOf(address, { cache, sha256 });
  for (const [damage, count] of [[(bytes) => bytes.fill(1, bytes.length - 40, bytes.length - 39), 2], [(bytes) => bytes.fill(0, 0, 8), 3]]) {
    const { path } = await stored();
    await writeFile(path, damage(await readFile(path)));
    assert.deepEqual(await firstOf(address, { cache, sha256, from: 'network' }), expected);
    assert.equal(gets().length, count);
  }
  assert.ok((await readFile((await stored()).path)).equals(smallFile));
});

test('a stored file that is damaged and cannot be deleted is passed over', async (t) => {
  const { address } = await roughServer(t, { bytes: smallFile });
  const damaged = Buffer.from(smallFile).fill(0, 0, 8);
  const refuse = async () => { throw new Error('read-only'); };
  const cache = new WeightsCache({
    list: async () => [],
    read: async (url) => ({ url, bytes: damaged.length, sha256, etag: null, lastModified: null, stored: new Date(), chunks: async function* () { yield damaged; } }),
    write: refuse,
    delete: refuse,
  });
  assert.deepEqual(await firstOf(address, { cache, sha256, from: 'network' }), expected);
});

test('weights that are refused are not kept, nor are those that nobody could check later', async (t) => {
  const manners = { bytes: smallFile.subarray(0, -8) };
  const { address } = await roughServer(t, manners);
  const cache = join(folder, 'refused');
  await assert.rejects(Classifier.load(address, { cache }), { code: 'MALFORMED_FILE' });
  Object.assign(manners, { bytes: smallFile, etag: null });
  (await Classifier.load(address, { cache })).dispose();
  assert.deepEqual(await readdir(cache), []);
  Object.assign(manners, { lastModified: 'Mon, 02 Nov 2026 10:00:00 GMT' });
  (await Classifier.load(address, { cache })).dispose();
  assert.equal((await (await openCache(cache)).list()).length, 1);
  const classifier = await Classifier.load(address, { cache });
  assert.equal(classifier.loadedFrom, 'cache');
});

test('aborting while the server is asked whether a stored file has changed', async (t) => {
  const manners = { bytes: smallFile };
  const { address } = await roughServer(t, manners);
  const cache = join(folder, 'asked');
  (await Classifier.load(address, { cache })).dispose();
  const abort = new AbortController();
  manners.before = [() => { setTimeout(() => abort.abort(), 10); return true; }]; // and no answer
  const start = performance.now();
  await assert.rejects(Classifier.load(address, { cache, signal: abort.signal }), { name: 'AbortError' });
  assert.ok(performance.now() - start < 5000, 'at once');
});

test('a cache that cannot be written to is no failure', async (t) => {
  const { address } = await roughServer(t, { bytes: smallFile });
  const cache = join(folder, 'a file');
  await writeFile(cache, '');
  assert.deepEqual(await firstOf(address, { cache, from: 'network' }), expected);
});

test('a file that changes while it comes is begun anew: the answer is the new one', async (t) => {
  const other = safetensors(smallTensors.map((tensor) => ({ ...tensor, values: tensor.values.map((value) => value * 1.01) })), smallMetadata);
  const manners = { bytes: smallFile, cuts: [100_000] };
  manners.before = [() => {}, () => void Object.assign(manners, { bytes: other })];
  const { address } = await roughServer(t, manners);
  const changed = await firstOf(address);
  assert.notDeepEqual(changed, expected);
  const classifier = await Classifier.load(other, { topK: 10 });
  assert.deepEqual(changed, (await classifier.classify(image)).predictions);
});
