/** The package as npm packs it, installed in an empty folder without a network: it classifies, and its types hold. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decem-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, filename)], { cwd: folder });
});
after(() => rm(folder, { recursive: true }));

test('the package has what it needs, and no sources, tests or weights', async () => {
  const installed = join(folder, 'node_modules', 'decem');
  for (const file of ['wasm/js/index.js', 'wasm/js/worker.js', 'wasm/js/thread.js', 'build/wasm/decem-simd.wasm', 'build/wasm/decem-relaxed-threads.wasm', 'build/types/index.d.ts', 'models/labels/imagenet-1k.json', 'LICENSE', 'README.md']) {
    assert.ok(existsSync(join(installed, file)), file);
  }
  for (const file of ['src', 'tests', 'web', 'models/train']) assert.ok(!existsSync(join(installed, file)), file);
});

test('six lines classify raw pixels', async () => {
  await writeFile(join(folder, 'six.js'), `
import { Classifier } from 'decem';
const classifier = await Classifier.load({ network: 'shufflenetv2' });
const image = { data: new Uint8Array(64 * 64 * 3), width: 64, height: 64, channels: 3 };
const { predictions } = await classifier.classify(image);
console.log(JSON.stringify(predictions));
classifier.dispose();
`);
  const { stdout, stderr } = await run(process.execPath, ['six.js'], { cwd: folder });
  assert.equal(stderr, '');
  const predictions = JSON.parse(stdout);
  assert.equal(predictions.length, 5);
  assert.match(predictions[0].label, /^class \d+$/);
});

test('labels of ImageNet come with the package', async () => {
  await writeFile(join(folder, 'labels.js'), `
import { Classifier } from 'decem';
const classifier = await Classifier.load({ network: 'shufflenetv2' }, { labels: 'imagenet-1k' });
console.log(classifier.labels.length, classifier.labels[0], classifier.labels[999]);
`);
  const { stdout } = await run(process.execPath, ['labels.js'], { cwd: folder });
  assert.equal(stdout, '1000 tench toilet tissue\n');
});

test('without sharp, an image file is refused with the way out', async () => {
  await writeFile(join(folder, 'file.js'), `
import { Classifier } from 'decem';
const classifier = await Classifier.load({ network: 'shufflenetv2' });
await classifier.classify(import.meta.filename).catch((error) => console.log(error.code, error.message));
`);
  const { stdout } = await run(process.execPath, ['file.js'], { cwd: folder });
  assert.match(stdout, /^MISSING_PACKAGE .*npm install sharp/);
});

test('the worker and the module are exported', async () => {
  await writeFile(join(folder, 'exports.js'), `
console.log(import.meta.resolve('decem/worker'));
console.log(import.meta.resolve('decem/decem-simd.wasm'));
`);
  const { stdout } = await run(process.execPath, ['exports.js'], { cwd: folder });
  assert.deepEqual(stdout.trim().split('\n').map((line) => existsSync(fileURLToPath(line))), [true, true]);
});

test('types: right use passes, wrong use fails', async () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await mkdir(join(folder, 'types'));
  await writeFile(join(folder, 'types', 'right.ts'), `
import { Classifier, DecemError, type Classification, type Progress } from 'decem';
const onProgress = ({ loaded, total }: Progress) => console.log(loaded, total);
const classifier: Classifier = await Classifier.load('/w.safetensors', { onProgress, signal: AbortSignal.timeout(9) });
const result: Classification = await classifier.classify(document.querySelector('video')!, { topK: 3 });
const label: string = result.predictions[0].label;
const vector: Float32Array = await classifier.embed({ data: new Uint8Array(3), width: 1, height: 1, channels: 3 });
const failed = (error: unknown) => error instanceof DecemError && error.status === 6;
console.log(label, vector, failed, classifier.summary().layers[0].macs);
`);
  await writeFile(join(folder, 'types', 'wrong.ts'), `
import { Classifier } from 'decem';
const classifier = await Classifier.load('/w.safetensors', { topk: 3 });
const { labels } = await classifier.classify(42);
`);
  const check = (file) =>
    run(process.execPath, [tsc, '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,esnext.disposable,dom', join('types', file)], { cwd: folder });
  await check('right.ts');
  await assert.rejects(check('wrong.ts'), ({ stdout }) => {
    for (const part of [/topk/, /number/, /labels/]) assert.match(stdout, part);
    return true;
  });
});

test('the readme says how to begin', async () => {
  assert.match(await readFile(join(folder, 'node_modules', 'decem', 'README.md'), 'utf8'), /Classifier\.load/);
});
