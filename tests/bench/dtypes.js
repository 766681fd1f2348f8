// node tests/bench/dtypes.js [NETWORK|FILE...] [--runs N]: what f32, f16 and i8 files weigh, and how fast they are.
//
// Writes the three files as `decem convert --dtype` does (a NETWORK's from synthetic weights), and prints for each: its bytes, the
// memory that summary() tells, and the median ms of an image with one thread and with two. The formats take turns. Without an
// argument: vgg16.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { testImage } from '../../wasm/cli/measure.js';
import { convert } from '../../wasm/convert/convert.js';
import { settingsTexts } from '../../wasm/convert/network.js';
import { SyntheticTensor } from '../../wasm/convert/synthetic.js';
import { writeSafetensors } from '../../wasm/convert/write.js';
import { Classifier } from '../../wasm/js/index.js';
import { Model } from '../../wasm/js/model.js';
import { compile } from '../../wasm/js/wasm.js';
import { busyCores, describeMachine } from './machine.js';
import { statistics } from './statistics.js';

const DTYPES = /** @type {const} */ (['F32', 'F16', 'I8']);
const THREADS = [1, 2];
const WARM_UP_RUNS = 2;

/** @param {string} subject @param {string} path @param {'F32' | 'F16' | 'I8'} dtype @returns {Promise<number>} bytes */
async function write(subject, path, dtype) {
  if (existsSync(subject)) return (await convert(subject, path, { dtype })).bytes;
  const model = await Model.create(await compile({ threads: 1 }));
  model.select(subject);
  const description = model.describe();
  const tensors = description.tensors.map(({ name, shape }, index) => ({ name, tensor: new SyntheticTensor(model, 1, index, shape) }));
  return (await writeSafetensors(path, tensors, { dtype, metadata: settingsTexts(description) })).bytes;
}

/**
 * @param {string[]} paths
 * @param {number} threads
 * @param {number} runs
 * @returns {Promise<{ memory: number, ms: number, variant: string | null }[]>} of each file
 */
async function measure(paths, threads, runs) {
  const classifiers = [];
  for (const path of paths) classifiers.push(await Classifier.load(path, { threads }));
  const image = testImage(classifiers[0].summary().preprocess.crop);
  /** @type {number[][]} */
  const times = paths.map(() => []);
  for (let run = -WARM_UP_RUNS; run < runs; run++) {
    for (const [index, classifier] of classifiers.entries()) {
      const { timings } = await classifier.classify(image, { topK: 1 });
      if (run >= 0) times[index].push(timings.inferenceMs);
    }
  }
  const results = classifiers.map((classifier, index) => ({
    memory: classifier.summary().memory, ms: statistics(times[index]).median, variant: classifier.variant,
  }));
  for (const classifier of classifiers) classifier.dispose();
  return results;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { runs: { type: 'string', default: '10' } } });
const folder = mkdtempSync(join(tmpdir(), 'decem-dtypes-'));
const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(1);
const { processor, cores } = describeMachine();
console.log(`Node ${process.versions.node}, ${cores} cores of ${processor}, ${(await busyCores()).toFixed(1)} of them busy; median of ${values.runs} runs\n`);
console.log(`| weights | format | file, MB | memory, MB | ${THREADS.map((threads) => `${threads} thread${threads > 1 ? 's' : ''}, ms`).join(' | ')} |`);
console.log('|---|---|---:|---:|---:|---:|');
try {
  for (const subject of positionals.length > 0 ? positionals : ['vgg16']) {
    const paths = DTYPES.map((dtype) => join(folder, `${dtype}.safetensors`));
    const bytes = [];
    for (const [index, dtype] of DTYPES.entries()) bytes.push(await write(subject, paths[index], dtype));
    const results = [];
    for (const threads of THREADS) results.push(await measure(paths, threads, Number(values.runs)));
    for (const [index, dtype] of DTYPES.entries()) {
      console.log(
        `| ${basename(subject, '.safetensors')} | ${dtype.toLowerCase()} | ${megabytes(bytes[index])} | ${megabytes(results[0][index].memory)} | ` +
          `${results.map((result) => result[index].ms.toFixed(1)).join(' | ')} |`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
