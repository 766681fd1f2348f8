// node tests/bench/check-onnx.js [NETWORK...]: what `decem export` writes of the networks, run by onnxruntime-web beside decem.
//
// For every case a table row: the largest difference of any logit of two images in one batch, of the largest logit, and the same of
// what the article's forward returns. Fails where one is above 1e-4. Synthetic weights. Needs `npm ci --prefix tests/bench` once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportOnnx } from '../../wasm/convert/export.js';
import { Model } from '../../wasm/js/model.js';
import { compile } from '../../wasm/js/wasm.js';
import { syntheticInput } from '../node/helpers/generator.js';

const TOLERANCE = 1e-4;
const SEEDS = [1, 2];

/** @type {[string, Record<string, unknown>][]} the ten as they are in the article, then what their options change in the graph */
const CASES = [
  ...['googlenet', 'resnet18', 'resnet50', 'resnet101', 'resnet152', 'vgg16', 'mobilenetv1', 'mobilenetv2', 'shufflenetv1', 'shufflenetv2'].map(
    (network) => /** @type {[string, {}]} */ ([network, {}]),
  ),
  ['googlenet', { variant: 'torchvision' }],
  ['googlenet', { aux: false, lrn_size: 5, num_classes: 10 }],
  ['resnet18', { variant: 'torchvision' }],
  ['resnet50', { variant: 'torchvision', num_classes: 10 }],
  ['vgg16', { variant: 'torchvision', input_size: 160, num_classes: 10 }],
  ['mobilenetv1', { padding: 'tf_same', activation: 'relu6', width: 0.5 }],
  ['mobilenetv2', { width_mult: 0.5, input_size: 160 }],
  ['shufflenetv1', { groups: 8, input_size: 112 }],
  ['shufflenetv2', { stages_repeats: [4, 8, 4], stages_out_channels: [24, 48, 96, 192, 1024] }],
];

const ort = await import('onnxruntime-web').catch(() => {
  console.error('onnxruntime-web is not installed: run "npm ci --prefix tests/bench" first.');
  process.exit(1);
});
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** @param {string} path @param {Float32Array[]} images @param {number} side @returns {Promise<Float32Array[]>} of each output, image by image */
async function runOnnx(path, images, side) {
  const session = await ort.InferenceSession.create(path, { executionProviders: ['wasm'] });
  const batch = new Float32Array(images.length * 3 * side * side);
  images.forEach((image, index) => batch.set(image, index * image.length));
  const results = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', batch, [images.length, 3, side, side]) });
  const outputs = session.outputNames.map((name) => /** @type {Float32Array} */ (results[name].data).slice());
  await session.release();
  return outputs;
}

/** @param {string} network @param {object} options @param {Float32Array[]} images @returns {Promise<{ logits: number[][], results: number[][] }>} likewise */
async function runDecem(network, options, images) {
  const model = await Model.create(await compile({ variant: 'strict' }));
  model.select(network, options);
  model.synthesize(1);
  const outputs = Array.from({ length: model.outputCount }, () => ({ logits: /** @type {number[]} */ ([]), results: /** @type {number[]} */ ([]) }));
  for (const image of images) {
    model.setInput(image);
    model.run();
    outputs.forEach(({ logits, results }, output) => {
      logits.push(...model.logits(output));
      results.push(...model.output(output));
    });
  }
  model.dispose();
  return { logits: outputs.map(({ logits }) => logits), results: outputs.map(({ results }) => results) };
}

/** @param {Float32Array[]} actual @param {number[][]} expected @returns {number} the largest difference, of the largest number */
function difference(actual, expected) {
  if (actual.length !== expected.length) return NaN;
  return Math.max(...expected.map((values, output) => {
    if (actual[output].length !== values.length) return NaN;
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return values.reduce((most, value, index) => Math.max(most, Math.abs(value - actual[output][index])), 0) / largest;
  }));
}

const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'decem-onnx-'));
let failed = false;
try {
  console.log('| network | options | logits | what forward returns |\n|---|---|---:|---:|');
  for (const [network, options] of CASES.filter(([name]) => wanted.length === 0 || wanted.includes(name))) {
    const path = join(folder, 'network.onnx');
    const { input, final } = await exportOnnx(path, { network, options, logits: true });
    const side = input.shape[1];
    const images = SEEDS.map((seed) => syntheticInput(side, side, seed));
    const { logits, results } = await runDecem(network, options, images);
    const differences = [difference(await runOnnx(path, images, side), logits)];
    if ((await exportOnnx(path, { network, options })).final !== final) differences.push(difference(await runOnnx(path, images, side), results));
    else differences.push(differences[0]);
    // Not "some above": that is false of NaN.
    failed ||= !differences.every((value) => value <= TOLERANCE);
    console.log(`| ${network} | ${JSON.stringify(options)} | ${differences.map((value) => value.toExponential(1)).join(' | ')} |`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (failed) {
  console.error(`A difference is above ${TOLERANCE}.`);
  process.exitCode = 1;
}
