// node tests/reference/compare_dtypes.js [FILE...]: what f16 and i8 files of real weights answer, beside f32.
//
// Converts each FILE as `decem convert --dtype` does, runs the f32, f16 and i8 files on 200 ImageNet photographs, and prints a row for
// each: bytes, how many photographs have the same top-1 as with f32, accuracy, the largest difference of a probability. Fails where
// f16 has another top-1, or i8 has in more than 1 of 100. Without a FILE: the three of ../shared/models. Skips where ../shared is missing.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convert } from '../../wasm/convert/convert.js';
import { decodeFile } from '../../wasm/js/image-node.js';
import { Classifier } from '../../wasm/js/index.js';

const SHARED = fileURLToPath(new URL('../../../shared/', import.meta.url));
const PHOTOS = join(SHARED, 'images/imagenet-200');
const SYNSETS = join(SHARED, 'models/imagenet-1k-synsets.txt');
const MODELS = ['googlenet-bvlc', 'mobilenetv1-tf', 'mobilenetv2'].map((name) => join(SHARED, `models/${name}.safetensors`));

/** Of the photographs, how many must keep their top-1. */
const AGREEMENT = { F32: 1, F16: 1, I8: 0.99 };
const DTYPES = /** @type {const} */ (['F32', 'F16', 'I8']);

/** @typedef {{ index: number, probability: number }[]} Answer the most probable first */

/** @param {string} weights @param {import('../../wasm/js/index.js').Pixels[]} photos @returns {Promise<Answer[]>} */
async function answers(weights, photos) {
  const classifier = await Classifier.load(weights, { threads: 1 });
  const all = [];
  for (const photo of photos) all.push((await classifier.classify(photo, { topK: 1000 })).predictions);
  classifier.dispose();
  return all;
}

/** @param {Answer[]} some @param {Answer[]} others @returns {number} the largest difference of a probability */
function difference(some, others) {
  const probabilities = (/** @type {Answer} */ answer) => new Map(answer.map(({ index, probability }) => [index, probability]));
  return Math.max(...some.map((answer, photo) => {
    const other = probabilities(others[photo]);
    return Math.max(...answer.map(({ index, probability }) => Math.abs(probability - /** @type {number} */ (other.get(index)))));
  }));
}

if (!existsSync(PHOTOS)) {
  console.log('skipped: no ../shared/images/imagenet-200 beside the repository');
  process.exit(0);
}
const names = readdirSync(PHOTOS).sort();
const index = new Map(readFileSync(SYNSETS, 'utf8').trim().split('\n').map((row, number) => [row.split(' ')[0], number]));
const truth = names.map((name) => index.get(name.split('_')[0]));
const photos = await Promise.all(names.map((name) => decodeFile(join(PHOTOS, name))));
const folder = mkdtempSync(join(tmpdir(), 'decem-dtypes-'));
const percent = (/** @type {number} */ count) => `${((100 * count) / names.length).toFixed(1)} %`;
let fine = true;

console.log(`| weights | format | bytes | of f32 | same top-1 as f32 | top-1 | top-5 | probabilities differ by |`);
console.log('|---|---|---:|---:|---:|---:|---:|---:|');
try {
  for (const file of process.argv.length > 2 ? process.argv.slice(2) : MODELS) {
    /** @type {{ bytes: number, all: Answer[] } | undefined} */
    let first;
    for (const dtype of DTYPES) {
      const path = join(folder, 'weights.safetensors');
      await convert(file, path, { dtype });
      const { size: bytes } = statSync(path);
      const all = await answers(path, photos);
      first ??= { bytes, all };
      const { all: wanted } = first;
      const same = all.filter(([{ index: top }], photo) => top === wanted[photo][0].index).length;
      const right = all.filter(([{ index: top }], photo) => top === truth[photo]).length;
      const near = all.filter((answer, photo) => answer.slice(0, 5).some(({ index: one }) => one === truth[photo])).length;
      fine &&= same >= AGREEMENT[dtype] * names.length;
      console.log(
        `| ${basename(file, '.safetensors')} | ${dtype.toLowerCase()} | ${bytes.toLocaleString('en')} | ${(bytes / first.bytes).toFixed(3)} | ` +
          `${same} of ${names.length} | ${percent(right)} | ${percent(near)} | ${difference(all, wanted).toPrecision(2)} |`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (!fine) {
  console.error('f16 must keep every top-1, and i8 99 of 100.');
  process.exitCode = 1;
}
