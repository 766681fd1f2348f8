/** decem export: the ONNX means what the network is, and decem convert reads from it, bit for bit, what went in. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import { convert } from '../../wasm/convert/convert.js';
import { exportOnnx } from '../../wasm/convert/export.js';
import { Model } from '../../wasm/js/model.js';
import { compile } from '../../wasm/js/wasm.js';
import { decem, jsonLines, start } from './helpers/cli.js';
import { syntheticInput } from './helpers/generator.js';
import { runOnnx } from './helpers/onnx-run.js';
import { safetensors } from './helpers/safetensors.js';
import { SMALL, smallFile, smallTensors } from './helpers/small.js';

const folder = mkdtempSync(join(tmpdir(), 'decem-export-'));
after(() => rmSync(folder, { recursive: true }));
const module = await compile({ variant: 'strict' });
const onnx = join(folder, 'out.onnx');
const back = join(folder, 'back.safetensors');

/** Of the largest number: plain sums in double precision against the core's in float32. */
const TOLERANCE = 1e-4;

/** @param {string} name @param {string | Uint8Array} contents */
function file(name, contents) {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

/** @param {Promise<unknown>} promise @param {RegExp} message */
async function refused(promise, message) {
  await assert.rejects(promise, (/** @type {any} */ error) => {
    assert.equal(error.name, 'DecemError', String(error.stack));
    assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('out.')), [], 'nothing is left behind');
}

/** @param {Model} model @param {number} side @param {number} [seed] */
function run(model, side, seed = 1) {
  model.setInput(syntheticInput(side, side, seed));
  model.run();
  return Array.from({ length: model.outputCount }, (_, output) => ({ logits: model.logits(output), result: model.output(output) }));
}

/** @param {string} network @param {object} options */
async function synthesized(network, options) {
  const model = await Model.create(module);
  model.select(network, options);
  model.synthesize(1);
  return model;
}

describe('the ONNX computes what decem does', () => {
  const few = { num_classes: 10 };
  /** @type {[string, Record<string, unknown>][]} every operation, in the smallest networks that have it */
  const cases = [
    ['googlenet', { ...few, input_size: 64, aux: false }],
    ['googlenet', { ...few, input_size: 64, aux: false, lrn_size: 5 }],
    ['resnet18', { ...few, input_size: 32 }],
    ['resnet18', { ...few, input_size: 33, variant: 'torchvision' }],
    ['resnet50', { ...few, input_size: 32 }],
    ['mobilenetv1', { ...few, input_size: 65, width: 0.1 }],
    ['mobilenetv1', { ...few, input_size: 64, width: 0.1, padding: 'tf_same', activation: 'relu6' }],
    ['mobilenetv2', { ...few, input_size: 32, width_mult: 0.1 }],
    ['shufflenetv1', { ...few, input_size: 32 }],
    ['shufflenetv1', { ...few, input_size: 32, groups: 1 }],
    ['shufflenetv2', { ...few, input_size: 32 }],
    ['vgg16', { ...few, input_size: 32 }],
  ];
  for (const [network, options] of cases) {
    test(`${network} ${JSON.stringify(options)}`, async () => {
      const report = await exportOnnx(onnx, { network, options });
      const model = await synthesized(network, options);
      assert.equal(report.final, model.describe().final);
      const side = report.input.shape[1];
      // Two images at once, where that takes no longer than a moment.
      const seeds = network.startsWith('mobilenet') ? [1, 2] : [1];
      const images = seeds.flatMap((seed) => Array.from(syntheticInput(side, side, seed)));
      const outputs = Object.entries(runOnnx(readFileSync(onnx), { shape: [seeds.length, 3, side, side], values: images }));
      assert.deepEqual(outputs.map(([name]) => name), report.outputs.map(({ name }) => name));
      seeds.forEach((seed, image) => {
        run(model, side, seed).forEach(({ result }, output) => {
          const { shape, values } = outputs[output][1];
          assert.deepEqual(shape, [seeds.length, 10]);
          const largest = Math.max(...result.map(Math.abs));
          result.forEach((value, index) => {
            const other = values[image * 10 + index];
            assert.ok(Math.abs(other - value) <= TOLERANCE * largest, `${outputs[output][0]} ${index}: ${other} for ${value}`);
          });
        });
      });
      rmSync(onnx);
    });
  }
});

describe('convert gives back what went in', () => {
  const few = { num_classes: 10 };
  // They hold the same layers as ResNet-50, and take as long as all others together.
  const large = process.env.DECEM_TEST_LARGE ? ['resnet101', 'resnet152'] : [];
  /** @type {[string, Record<string, unknown>][]} */
  const cases = [
    ['googlenet', few],
    ['googlenet', { ...few, variant: 'torchvision', lrn_size: 3 }],
    ['resnet18', few],
    ['resnet18', { ...few, variant: 'torchvision', input_size: 64 }],
    ...[...large, 'resnet50'].map((network) => /** @type {[string, {}]} */ ([network, { ...few, input_size: 64 }])),
    ['resnet50', { ...few, variant: 'torchvision', input_size: 64 }],
    ['vgg16', { ...few, input_size: 32 }],
    ['mobilenetv1', { ...few, padding: 'tf_same', activation: 'relu6', width: 0.75 }],
    ['mobilenetv2', { width_mult: 0.5, round_nearest: 4 }],
    ['shufflenetv1', { ...few, groups: 8 }],
    ['shufflenetv2', { ...few, stages_repeats: [4, 8, 4], input_size: 112 }],
  ];
  for (const [network, options] of cases) {
    test(`${network} ${JSON.stringify(options)}`, async () => {
      const written = await exportOnnx(onnx, { network, options, logits: true });
      const report = await convert(onnx, back);
      assert.equal(report.network, network);
      assert.deepEqual(report.options, written.options);
      assert.deepEqual(report.preprocess, written.preprocess);
      assert.deepEqual(report.leftOut, []);
      assert.equal(report.loss.absolute, 0);
      assert.equal(report.tensors, written.tensors);
      const model = await Model.create(module);
      model.push(readFileSync(back));
      model.finish();
      const side = written.input.shape[1];
      assert.deepEqual(run(model, side), run(await synthesized(network, options), side));
      assert.match(String(model.metadata('source')), /synthetic weights of decem's, seed 1: untrained/);
      rmSync(onnx);
      rmSync(back);
    });
  }

  test("a file: its bytes, its settings and its labels; a list's names take the place of its own", async () => {
    const report = await exportOnnx(onnx, { file: file('in.safetensors', smallFile) });
    assert.deepEqual(report.input, { name: 'input', shape: [3, 32, 32] });
    assert.deepEqual(report.outputs, [{ name: 'main', shape: [10] }]);
    const { metadata } = await readBack();
    assert.deepEqual(metadata.labels, JSON.stringify(SMALL.labels));
    assert.deepEqual(JSON.parse(metadata.preprocess), { ...SMALL.preprocess, interpolation: 'bilinear' });
    assert.equal(metadata.license, 'MIT');

    const input = file('in.safetensors', safetensors(smallTensors, { network: SMALL.network, labels: 'imagenet-1k' }));
    await exportOnnx(onnx, { file: input, options: { input_size: 32 } });
    const { metadata: named } = await readBack();
    assert.equal(JSON.parse(named.labels).length, 1000);

    async function readBack() {
      await convert(onnx, back);
      const bytes = readFileSync(back);
      const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE())));
      for (const { name, values } of smallTensors) {
        const at = bytes.length - Number(Object.values(header).at(-1).data_offsets[1]) + header[name].data_offsets[0];
        assert.ok(bytes.subarray(at, at + values.byteLength).equals(Buffer.from(values.buffer)), name);
      }
      rmSync(onnx);
      rmSync(back);
      return { metadata: header.__metadata__ };
    }
  });

  test("of other programs' ONNX the metadata counts for nothing", async () => {
    await exportOnnx(onnx, { file: file('in.safetensors', smallFile) });
    const foreign = file('foreign.onnx', Buffer.from(readFileSync(onnx).toString('latin1').replace('decem', 'torch'), 'latin1'));
    rmSync(onnx);
    const report = await convert(foreign, back);
    assert.deepEqual(report.preprocess.mean, [0.485, 0.456, 0.406]);
    rmSync(back);
  });
});

describe('what cannot be exported is named, and nothing is left behind', () => {
  const failures = {
    'a network that is none': [{ network: 'alexnet' }, /alexnet/],
    'an option that the network has not': [{ network: 'resnet18', options: { groups: 2 } }, /groups/],
    'neither network nor file': [{}, /Say what to export/],
    'a file that is not there': [{ file: join(folder, 'none.pth') }, /no such file/],
    'a file of another kind': [{ file: file('page.pth', '<!doctype html>') }, /web page/],
    'a file of another network': [{ file: file('small.safetensors', smallFile), network: 'resnet18' }, /those of mobilenetv2/],
    'a network of more than 2 GiB': [{ network: 'vgg16', options: { input_size: 544 } }, /an ONNX file can have 2147483647/],
    'a number that is not finite': [
      { file: file('nan.safetensors', safetensors(smallTensors.map((tensor, index) => (index === 9 ? { ...tensor, values: tensor.values.slice().fill(NaN) } : tensor)))), options: { input_size: 32 } },
      /not finite/,
    ],
  };
  for (const [what, [from, message]] of Object.entries(failures)) {
    test(what, () => refused(exportOnnx(onnx, /** @type {any} */ (from)), /** @type {RegExp} */ (message)));
  }

  test('a folder that is not there', () => refused(exportOnnx(join(folder, 'none/out.onnx'), { network: 'shufflenetv2' }), /no such folder/));

  test('a disk that is full; the next try works', { skip: existsSync('/dev/full') ? false : 'no /dev/full here' }, async () => {
    symlinkSync('/dev/full', `${onnx}.part`);
    await refused(exportOnnx(onnx, { network: 'shufflenetv2' }), /disk is full/);
    assert.ok((await exportOnnx(onnx, { network: 'shufflenetv2' })).bytes > 8e6);
    rmSync(onnx);
  });

  test('Ctrl-C: ends by the signal', async () => {
    const child = start(['export', 'vgg16', onnx]);
    const ended = new Promise((resolve) => child.on('close', (status, signal) => resolve({ status, signal })));
    while (!existsSync(`${onnx}.part`)) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGINT');
    assert.deepEqual(await ended, { status: null, signal: 'SIGINT' });
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('out.')), []);
  });
});

describe('the command line', () => {
  for (const [what, args] of Object.entries({
    'no output': ['export', 'resnet18'],
    'an output of another kind': ['export', 'resnet18', 'out.pth'],
    'options that are no object': ['export', 'resnet18', onnx, '--options', '3'],
    'a network twice': ['export', 'resnet18', onnx, '--network', 'resnet50'],
  })) {
    test(`${what}: exit status 2`, async () => {
      const { status, stdout, stderr } = await decem(...args);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /Usage: decem export/);
    });
  }

  test('a network: its report as text and as JSON; the seed and --logits count', async () => {
    const text = await decem('export', 'shufflenetv1', onnx, '--options', '{"groups": 4}');
    assert.equal(text.status, 0, text.stderr);
    assert.match(text.stdout, /^Network +shufflenetv1 .*"groups":4/m);
    assert.match(text.stdout, /^Weights +untrained \(synthetic weights\)$/m);
    assert.match(text.stdout, /^Outputs +main \[batch, 1000\]: log_softmax$/m);
    const first = readFileSync(onnx);
    const json = await decem('export', 'shufflenetv1', onnx, '--options', '{"groups": 4}', '--seed', '2', '--logits', '--json');
    assert.equal(json.stderr, '', 'quiet where there is no terminal');
    const [report] = jsonLines(json.stdout);
    assert.equal(report.final, 'logits');
    assert.equal(report.bytes, readFileSync(onnx).length);
    assert.equal(report.file, null);
    assert.ok(!readFileSync(onnx).subarray(-4000).equals(first.subarray(-4000)));
    rmSync(onnx);
  });

  test('a file; what is neither file nor network: exit status 1', async () => {
    const { status, stdout } = await decem('export', file('in.safetensors', smallFile), onnx);
    assert.equal(status, 0);
    assert.match(stdout, /^Weights +.*in\.safetensors$/m);
    rmSync(onnx);
    const none = await decem('export', 'alexnet', onnx);
    assert.equal(none.status, 1);
    assert.match(none.stderr, /neither a file nor a network/);
  });
});
