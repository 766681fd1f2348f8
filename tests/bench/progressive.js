/**
 * node tests/bench/progressive.js [FILE]: how long after the last byte of MobileNetV2's weights the first answer is there, on a
 * line of 20 Mbit/s, in Node and in Chromium; beside it, when the photo is classified only after the load. FILE: other weights;
 * without one, synthetic values in a file of MobileNetV2's size.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { launch } from '../browser/helpers/browser.js';
import { serveFolder } from '../browser/helpers/server.js';
import { Model } from '../../wasm/js/model.js';
import { compile } from '../../wasm/js/wasm.js';
import { syntheticTensors } from '../node/helpers/generator.js';
import { safetensors } from '../node/helpers/safetensors.js';

const BYTES_PER_SECOND = 20e6 / 8;
const CHUNK_BYTES = 16 << 10;
/** Of the early answer; the late one, for comparison, is taken once. */
const ROUNDS = 3;
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** @returns {Promise<Uint8Array>} */
async function syntheticFile() {
  const model = await Model.create(await compile({}));
  model.select('mobilenetv2');
  return safetensors(syntheticTensors(model.describe()), { network: 'mobilenetv2' });
}

const now = () => performance.timeOrigin + performance.now();

/** When the last byte went out. */
let lastByte = 0;

/** @param {Uint8Array} bytes @param {import('node:http').ServerResponse} response */
async function sendSlowly(bytes, response) {
  response.writeHead(200, { 'Content-Length': bytes.length, 'Content-Type': 'application/octet-stream' });
  const start = performance.now();
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    await sleep(start + (at / BYTES_PER_SECOND) * 1000 - performance.now());
    lastByte = now();
    response.write(bytes.subarray(at, at + CHUNK_BYTES));
  }
  response.end();
}

/**
 * Loads and classifies a grey photo; runs in Node as well as in a page.
 * @param {{ index: string, address: string, early: boolean }} what
 * @returns {Promise<number>} when the answer was there
 */
async function measure({ index, address, early }) {
  const { Classifier } = await import(index);
  const image = { data: new Uint8Array(640 * 480 * 4).fill(127), width: 640, height: 480, channels: 4 };
  const classifier = await Classifier.load(address, { cache: false, ...(early && { image }) });
  await (early ? classifier.first : classifier.classify(image));
  const at = performance.timeOrigin + performance.now();
  classifier.dispose();
  return at;
}

/** @param {string} name @param {(early: boolean) => Promise<number>} run */
async function report(name, run) {
  for (const early of [true, false]) {
    const times = [];
    for (let round = 0; round < (early ? ROUNDS : 1); round++) times.push((await run(early)) - lastByte);
    times.sort((a, b) => a - b);
    const what = early ? 'while the weights come' : 'after the load';
    console.log(`${name}, classified ${what}: ${times[times.length >> 1].toFixed(1)} ms after the last byte${early ? ` (${times.map((ms) => ms.toFixed(1)).join(', ')})` : ''}`);
  }
}

/** Node's part, in a process of its own: the server must not share its thread. */
const [file, address] = process.argv.slice(2);
if (file === '--load') {
  const index = new URL('../../wasm/js/index.js', import.meta.url).href;
  console.log(await measure({ index, address, early: process.argv[4] === 'true' }));
} else {
  const bytes = file ? readFileSync(file) : await syntheticFile();
  console.log(`${file ? basename(file) : 'synthetic MobileNetV2'}: ${(bytes.length / 1e6).toFixed(1)} MB at 20 Mbit/s, median of ${ROUNDS}`);
  const slow = (request, response) => void sendSlowly(bytes, response);

  const server = createServer(slow).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await report(`Node ${process.versions.node}`, async (early) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--load', `http://127.0.0.1:${server.address().port}/`, String(early)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    for await (const part of child.stdout) text += part;
    return Number(text);
  });
  server.close();

  const site = await serveFolder({ headers: ISOLATED, routes: { '/slow.safetensors': slow } });
  const browser = await launch();
  const page = await browser.newPage();
  await page.goto(`${site.url}/web/icon.svg`);
  await report(`Chromium ${browser.version()}`, (early) =>
    page.evaluate(measure, { index: `${site.url}/wasm/js/index.js`, address: `${site.url}/slow.safetensors`, early }));
  await browser.close();
  await site.close();
}
