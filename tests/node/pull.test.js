/** decem pull: weights from a server that cuts, fails, redirects and lies, to a cache that decem classify reads by name. No internet. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import { readCatalogue } from '../../wasm/convert/catalogue.js';
import { convert } from '../../wasm/convert/convert.js';
import { pull } from '../../wasm/convert/pull.js';
import { loadLabels } from '../../wasm/js/labels.js';
import { Model } from '../../wasm/js/model.js';
import { compile } from '../../wasm/js/wasm.js';
import { CheckpointMaker, withoutTorch } from './helpers/checkpoints.js';
import { ROOT, jsonLines, start } from './helpers/cli.js';
import { syntheticInput, syntheticTensors } from './helpers/generator.js';
import { dict, pickle, tensor, torchFile } from './helpers/pickles.js';
import { roughServer } from './helpers/rough-server.js';
import { safetensors } from './helpers/safetensors.js';
import { SMALL, smallTensors } from './helpers/small.js';

const module = await compile({});
const folder = mkdtempSync(join(tmpdir(), 'decem-pull-'));
after(() => rmSync(folder, { recursive: true }));
const hashOf = (/** @type {Uint8Array} */ bytes) => createHash('sha256').update(bytes).digest('hex');

/** The small network's weights as torch.save writes a state_dict. */
const PTH = torchFile(
  pickle(dict(Object.fromEntries(smallTensors.map(({ name, shape, values }, index) => {
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
    return [name, tensor(String(index), values.length, { shape, strides })];
  })))),
  Object.fromEntries(smallTensors.map(({ values }, index) => [index, new Uint8Array(values.buffer)])),
);
const LABELS = join(folder, 'ten.json');
writeFileSync(LABELS, JSON.stringify(SMALL.labels));

/** @param {string} address @param {object} [more] @returns {import('../../wasm/convert/catalogue.js').Entry} */
function entryOf(address, more) {
  return {
    name: 'small', network: SMALL.network, options: SMALL.options, preprocess: SMALL.preprocess, labels: LABELS, top1: 12.3, top5: 45.6,
    source: 'a test', license: 'MIT', url: `${address}/small.pth`, sha256Prefix: hashOf(PTH).slice(0, 8), ...more,
  };
}

let caches = 0;
const newCache = () => join(folder, `cache${++caches}`);

/** @param {string} cache @param {number} files with their lines of facts, and nothing else */
function holds(cache, files) {
  const names = existsSync(cache) ? readdirSync(cache) : [];
  assert.equal(names.length, 2 * files, names.join());
}

/** Runs the command line with a catalogue and a cache of its own. @param {string} cache @param {object[]} entries @param {string[]} args */
function decem(cache, entries, ...args) {
  const catalogue = `${cache}.catalogue.json`;
  writeFileSync(catalogue, JSON.stringify(entries));
  return new Promise((resolve, reject) => {
    const child = start(args, { timeout: 120_000, env: { ...process.env, DECEM_CACHE: cache, DECEM_CATALOGUE: catalogue } });
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** @param {Promise<unknown>} promise @param {string} code @param {RegExp} message */
function refused(promise, code, message) {
  return assert.rejects(promise, (/** @type {any} */ error) => {
    assert.equal(error.name, 'DecemError', String(error.stack));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

describe('the catalogue that comes with decem', async () => {
  const catalogue = await readCatalogue(new URL('../../models/catalogue.json', import.meta.url));

  test('has each of the ten networks once', async () => {
    const model = await Model.create(module);
    assert.deepEqual(catalogue.map(({ name }) => name).sort(), model.networks().sort());
  });

  for (const entry of catalogue) {
    const { name, network, options, preprocess, labels, url, sha256Prefix, top1, top5 } = entry;
    test(`${name}: the core takes its options and preprocessing; its hash is the one in the file's name`, async () => {
      const model = await Model.create(module);
      model.select(network, options);
      const description = model.describe();
      const file = safetensors([], { network, options: JSON.stringify(options), preprocess: JSON.stringify(preprocess) });
      await refused((async () => (await Model.create(module)).push(file))(), 'MISSING_TENSOR', /./);
      assert.equal(description.options.num_classes, (await loadLabels(labels, {}))?.length);
      assert.ok(Number(top1) > 60 && Number(top5) > Number(top1) && Number(top5) < 100);
      if (url?.includes('download.pytorch.org')) assert.ok(url.endsWith(`-${sha256Prefix}.pth`), url);
      else assert.equal(sha256Prefix, undefined, 'no hash is published');
      assert.equal(url === null, entry.page !== undefined);
    });
  }
});

test('pull, list, classify by name, and pull again: fetched once, although the connection is cut', async (t) => {
  const cache = newCache();
  const { address, gets } = await roughServer(t, { bytes: PTH, cuts: [200_000, 400_000] });
  const entries = [entryOf(address)];
  const missing = await decem(cache, entries, 'classify', `${ROOT}web/samples/cat.jpg`, '--weights', 'small');
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /small is not there yet: "decem pull small" fetches it/);

  const { status, stdout, stderr } = await decem(cache, entries, 'pull', 'small');
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '', 'quiet where there is no terminal');
  assert.match(stdout, new RegExp(`from 127.0.0.1:\\d+ \\(SHA-256 ${hashOf(PTH).slice(0, 8)}\\.\\.\\., as published\\)`));
  assert.equal(gets().length, 3);
  // A busy machine loses more of a cut connection than its last chunk.
  const sent = gets().reduce((sum, get) => sum + get.sent, 0);
  assert.ok(sent < 2 * PTH.length, `taken up, not begun anew: ${sent} bytes of ${PTH.length}`);
  holds(cache, 1);

  const listed = await decem(cache, entries, 'pull', '--list', '--json');
  const [row] = jsonLines(listed.stdout);
  assert.equal(readFileSync(row.stored).length, row.stored && JSON.parse(readFileSync(join(cache, readdirSync(cache).find((name) => name.endsWith('.json')) ?? ''), 'utf8')).bytes);
  assert.match((await decem(cache, entries, 'pull', '--list')).stdout, /^small +yes +- +12\.3 +45\.6 +a test$/m);

  const answer = await decem(cache, entries, 'classify', `${ROOT}web/samples/cat.jpg`, '--weights', 'small', '--json');
  assert.equal(answer.status, 0, answer.stderr);
  const [{ network, predictions }] = jsonLines(answer.stdout);
  assert.equal(network, SMALL.network);
  assert.ok(SMALL.labels.includes(predictions[0].label));

  const again = await decem(cache, entries, 'pull', '--all');
  assert.match(again.stdout, /small is there already/);
  assert.equal(gets().length, 3);
  assert.equal((await decem(cache, entries, 'pull', 'small', '--again', '--dtype', 'f16', '--json')).status, 0);
  assert.equal(gets().length, 4);
  holds(cache, 1);
});

test('the weights are those that were published, with what the catalogue knows of them', async (t) => {
  const cache = newCache();
  const { address } = await roughServer(t, { bytes: PTH });
  /** @type {string[]} */
  const phases = [];
  const pulled = await pull(entryOf(address), { cache, onProgress: ({ phase }) => phases.push(phase) });
  assert.deepEqual([...new Set(phases)], ['fetch', 'convert']);
  const bytes = readFileSync(pulled.path);
  const model = await Model.create(module);
  model.push(bytes);
  model.finish();
  const metadata = Object.fromEntries(/** @type {const} */ (['network', 'options', 'preprocess', 'labels', 'license', 'source']).map((key) => [key, model.metadata(key)]));
  assert.equal(metadata.source, `a test, ${address}/small.pth`);
  assert.equal(metadata.license, 'MIT');
  assert.deepEqual(JSON.parse(String(metadata.preprocess)), { ...SMALL.preprocess, interpolation: 'bilinear' });
  const direct = await Model.create(module);
  direct.select(SMALL.network, SMALL.options);
  direct.synthesize(1);
  const [expected, got] = [direct, model].map((each) => {
    each.setInput(syntheticInput(32, 32));
    each.run();
    return each.logits(0);
  });
  assert.deepEqual(got, expected);
});

test('what was pulled and then damaged gives no answer, and says what to do', async (t) => {
  const cache = newCache();
  const { address } = await roughServer(t, { bytes: PTH });
  const entries = [entryOf(address)];
  const { path } = await pull(entries[0], { cache });
  const bytes = readFileSync(path);
  bytes[bytes.length - 3] ^= 1;
  writeFileSync(path, bytes);
  const changed = await decem(cache, entries, 'classify', `${ROOT}web/samples/cat.jpg`, '--weights', 'small');
  assert.equal(changed.status, 1);
  assert.match(changed.stderr, /decem pull small --again/);
  truncateSync(path, 1000);
  const short = await decem(cache, entries, 'classify', `${ROOT}web/samples/cat.jpg`, '--weights', 'small');
  assert.match(short.stderr, /"decem pull small" fetches it/);
  assert.equal((await decem(cache, entries, 'pull', 'small')).status, 0);
  assert.equal((await decem(cache, entries, 'classify', `${ROOT}web/samples/cat.jpg`, '--weights', 'small')).status, 0);
});

describe('servers as the world has them; afterwards nothing is left behind, and the next try works', () => {
  const other = Buffer.from(PTH);
  other[other.length >> 1] ^= 1;
  const answer = (/** @type {number} */ status, headers = {}) => (/** @type {any} */ request, /** @type {any} */ response) => {
    response.writeHead(status, headers).end('no');
    return true;
  };
  /** @type {Record<string, [Partial<import('./helpers/rough-server.js').Manners>, string, RegExp]>} */
  const cases = {
    'a file that was changed': [{ bytes: other }, 'WRONG_HASH', /is not the file that was published.*thrown away/],
    'a web page': [{ before: [answer(200, { 'Content-Type': 'text/html' })] }, 'FETCH_FAILED', /web page/],
    404: [{ before: [answer(404)] }, 'FETCH_FAILED', /answered 404/],
    403: [{ before: [answer(403)] }, 'FETCH_FAILED', /answered 403/],
    '500 for long': [{ before: Array.from({ length: 3 }, () => answer(500)) }, 'FETCH_FAILED', /answered 500/],
    'a redirect to where nothing is': [{ before: [answer(302, { Location: '/gone' }), answer(404)] }, 'FETCH_FAILED', /gone answered 404/],
  };
  for (const [what, [manners, code, message]] of Object.entries(cases)) {
    test(what, async (t) => {
      const cache = newCache();
      const all = { bytes: PTH, ...manners };
      const { address } = await roughServer(t, all);
      await refused(pull(entryOf(address), { cache }), code, message);
      holds(cache, 0);
      all.bytes = PTH;
      await pull(entryOf(address), { cache });
      holds(cache, 1);
    });
  }

  /** @type {Record<string, Partial<import('./helpers/rough-server.js').Manners>>} */
  const passing = {
    '500 once': { before: [answer(500)] },
    'a redirect': { before: [answer(302, { Location: '/elsewhere' })] },
    'a server without ranges': { ranges: false, cuts: [400_000] },
    '416 to a part that was asked for': { cuts: [400_000], before: [() => {}, answer(416)] },
  };
  for (const [what, manners] of Object.entries(passing)) {
    test(`${what}: goes on`, async (t) => {
      const cache = newCache();
      const { address } = await roughServer(t, { bytes: PTH, ...manners });
      await pull(entryOf(address), { cache });
      holds(cache, 1);
    });
  }

  test('weights of another network, under the right hash', async (t) => {
    const cache = newCache();
    const { address } = await roughServer(t, { bytes: PTH });
    await refused(pull(entryOf(address, { network: 'resnet18', options: {} }), { cache }), 'MISSING_TENSOR', /those of mobilenetv2/);
    holds(cache, 0);
  });

  test('labels that do not fit: the file is right, and is not fetched again', async (t) => {
    const cache = newCache();
    const { address, gets } = await roughServer(t, { bytes: PTH });
    await refused(pull(entryOf(address, { labels: 'imagenet-1k' }), { cache }), 'INVALID_ARGUMENT', /1000 labels .* 10 classes/);
    await pull(entryOf(address), { cache });
    assert.equal(gets().length, 1);
    holds(cache, 1);
  });

  test('a stop in the middle; what was there before stays', async (t) => {
    const cache = newCache();
    const { address } = await roughServer(t, { bytes: PTH });
    const { path } = await pull(entryOf(address), { cache });
    for (const stopAt of ['fetch', 'convert']) {
      const controller = new AbortController();
      const onProgress = (/** @type {any} */ { phase, done }) => phase === stopAt && done > 0 && controller.abort(new Error('enough'));
      await assert.rejects(pull(entryOf(address), { cache, signal: controller.signal, onProgress }), /enough/);
      assert.ok(existsSync(path));
      assert.deepEqual(readdirSync(cache).filter((name) => /part|pull-/.test(name)), []);
    }
  });
});

test('--all: one that fails does not keep the others away; what programs cannot fetch is told how', async (t) => {
  const cache = newCache();
  const { address } = await roughServer(t, { bytes: PTH });
  const entries = [
    entryOf(address, { name: 'wrong', url: `${address}/wrong.pth`, sha256Prefix: '00000000' }),
    entryOf(address, { name: 'unhashed', sha256Prefix: undefined }),
    entryOf(address, { name: 'byhand', url: null, page: 'https://example.org/page', note: 'a form must be filled in' }),
  ];
  const { status, stdout, stderr } = await decem(cache, entries, 'pull', '--all');
  assert.equal(status, 1);
  assert.match(stderr, /wrong: .*not the file that was published/);
  assert.match(stdout, /unhashed .*none is published to compare it with/);
  assert.doesNotMatch(stdout + stderr, /byhand/);
  holds(cache, 1);
  const hand = await decem(cache, entries, 'pull', 'byhand');
  assert.equal(hand.status, 1);
  assert.match(hand.stderr, /a form must be filled in\. Download it yourself from https:\/\/example\.org\/page, and then: decem convert FILE/);
});

test('command lines and catalogues that are wrong', async () => {
  const cache = newCache();
  for (const args of [[], ['--all', '--list'], ['small', '--all'], ['none'], ['small', '--dtype', 'f8']]) {
    const { status, stderr } = await decem(cache, [entryOf('http://127.0.0.1:1')], 'pull', ...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /Usage: decem pull/);
  }
  for (const wrong of [[{ name: 'x' }], [entryOf('ftp://x')], [entryOf('http://x', { sha256Prefix: 'xyz' })], [entryOf('http://x', { name: '../x' })]]) {
    const { status, stderr } = await decem(cache, wrong, 'pull', '--list');
    assert.equal(status, 1);
    assert.match(stderr, /is no catalogue/);
  }
});

test("timm's MobileNetV1 goes by the article's names", async () => {
  const model = await Model.create(module);
  const options = { width: 0.1, num_classes: 10, input_size: 32, activation: 'relu6' };
  model.select('mobilenetv1', options);
  const stages = [1, 2, 2, 6, 2].flatMap((count, stage) => Array.from({ length: count }, (_, block) => `blocks.${stage}.${block}`));
  const layers = { 0: 'conv_dw', 1: 'bn1', 3: 'conv_pw', 4: 'bn2' };
  const tensors = syntheticTensors(model.describe());
  const timm = tensors.map(({ name, ...rest }) => {
    const [, block, layer, kind] = /^model\.(\d+)\.(\d)\.(\w+)$/.exec(name) ?? [];
    if (block === undefined) return { ...rest, name: name.replace('fc', 'classifier') };
    return { ...rest, name: block === '0' ? `${{ 0: 'conv_stem', 1: 'bn1' }[layer]}.${kind}` : `${stages[Number(block) - 1]}.${layers[layer]}.${kind}` };
  });
  const [input, output] = [join(folder, 'timm.safetensors'), join(folder, 'own.safetensors')];
  writeFileSync(input, safetensors(timm.reverse()));
  const report = await convert(input, output, { options: { input_size: 32 } });
  assert.equal(report.network, 'mobilenetv1');
  assert.deepEqual(report.options, { ...model.describe().options, width: report.options.width });
  const bytes = readFileSync(output);
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE())));
  assert.deepEqual(Object.keys(header).slice(1), tensors.map(({ name }) => name));
  const start_ = 8 + Number(bytes.readBigUInt64LE());
  for (const { name, values } of tensors) {
    assert.ok(bytes.subarray(start_ + header[name].data_offsets[0], start_ + header[name].data_offsets[1]).equals(Buffer.from(values.buffer)), name);
  }
});

describe("what the catalogue says fits torchvision's own models", { skip: withoutTorch }, async () => {
  const catalogue = await readCatalogue(new URL('../../models/catalogue.json', import.meta.url));
  const maker = withoutTorch ? null : new CheckpointMaker(folder);
  after(() => maker?.end());
  for (const network of ['googlenet', 'resnet18', 'resnet50', 'mobilenetv2', 'shufflenetv2']) {
    test(network, async (t) => {
      const files = await /** @type {CheckpointMaker} */ (maker).make({ network, options: {}, size: 224, formats: ['state_dict'], torchvision: true });
      const bytes = readFileSync(files.state_dict);
      rmSync(files.state_dict);
      const { address } = await roughServer(t, { bytes });
      const entry = catalogue.find(({ name }) => name === network);
      const { report } = await pull({ .../** @type {any} */ (entry), url: `${address}/${network}.pth`, sha256Prefix: hashOf(bytes).slice(0, 8) }, { cache: newCache() });
      assert.equal(report.options.num_classes, 1000);
      for (const [name, value] of Object.entries(entry?.options ?? {})) assert.deepEqual(report.options[/** @type {keyof typeof report.options} */ (name)], value);
      assert.deepEqual(report.preprocess, { interpolation: 'bilinear', channels: 'RGB', ...entry?.preprocess });
      assert.deepEqual(report.leftOut.filter((name) => !name.startsWith('aux')), []);
    });
  }
});
