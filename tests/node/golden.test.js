/**
 * The WASM core against PyTorch (tests/fixtures/golden, written by tests/reference): logits before softmax, the five most
 * probable classes, what the article's network returns; in every build, on 1, 2 and 4 threads. On one thread also the outputs
 * of inner blocks.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Model } from '../../wasm/js/model.js';
import { hasRelaxedSimd } from '../../wasm/js/variants.js';
import { compile } from '../../wasm/js/wasm.js';
import { syntheticInput } from './helpers/generator.js';

const FOLDER = new URL('../fixtures/golden/', import.meta.url);
/** Of the largest reference value. */
const TOLERANCE = 1e-4;
/** Seconds each: once in every build is enough. */
const LARGE = /^(vgg16|resnet152)/;
/** Node 20 hides it behind this flag. */
const RELAXED_FLAG = '--experimental-wasm-relaxed-simd';
const only = process.env.DECEM_GOLDEN_VARIANT;

const cases = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));

test('fixtures of all ten networks are there', async () => {
  const networks = new Set(cases.map((file) => readCase(file).network));
  const model = await Model.create(await compile({ variant: only, threads: 1 }));
  assert.deepEqual([...networks].sort(), model.networks().sort());
});

for (const variant of only ? [only] : hasRelaxedSimd() ? ['strict', 'relaxed'] : ['strict']) {
  for (const threads of [1, 2, 4]) {
    const module = await compile({ variant, threads });
    describe(`${variant}, threads: ${threads}`, () => {
      for (const file of cases.filter((name) => threads <= 2 || !LARGE.test(name))) {
        test(`golden: ${file.replace('.json', '')}`, () => compare(readCase(file), module, threads));
      }
    });
  }
}

// The flag has to be there when Node starts.
test('relaxed, in a Node of its own', { skip: hasRelaxedSimd() && 'done above' }, () => {
  const { NODE_TEST_CONTEXT, ...environment } = process.env;
  const { status, stdout } = spawnSync(process.execPath, [RELAXED_FLAG, '--test-reporter=spec', fileURLToPath(import.meta.url)], {
    env: { ...environment, DECEM_GOLDEN_VARIANT: 'relaxed' },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
});

async function compare(golden, module, threads) {
  const model = await runModel(golden, { module, threads });
  assert.equal(model.threads, threads);
  assert.equal(model.outputCount, golden.outputs.length);
  golden.outputs.forEach(({ name, logits: expected }, output) => {
    const logits = model.logits(output);
    assertClose(logits, expected, `logits of ${name}`);
    assert.deepEqual([...model.top(output, 5)], largest(expected, 5), `top five of ${name}`);
    assertClose(model.output(output).subarray(0, golden.final[output].length), golden.final[output], `return of ${name}`);
  });
  model.dispose();
  if (threads === 1) await compareActivations(golden, module);
}

async function compareActivations(golden, module) {
  const keeper = await runModel(golden, { module, threads: 1 }, (empty) => empty.keepActivations());
  for (const { name, shape, samples } of golden.activations) {
    const { shape: actual, values } = keeper.activation(name);
    assert.deepEqual(actual, shape, `shape of ${name}`);
    const [, height, width] = shape;
    assertClose(
      samples.map(([c, y, x]) => values[(c * height + y) * width + x]),
      samples.map(([, , , value]) => value),
      name,
    );
  }
}

function readCase(file) {
  return JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
}

async function runModel({ network, options, seed, height, width }, { module, threads }, prepare = () => {}) {
  const model = await Model.create(module, threads);
  model.select(network, height === 224 ? options : { ...options, input_size: height });
  prepare(model);
  model.synthesize(seed);
  model.setInput(syntheticInput(height, width, seed));
  model.run();
  return model;
}

function assertClose(actual, expected, what) {
  assert.equal(actual.length, expected.length, `length of ${what}`);
  const scale = Math.max(...expected.map(Math.abs));
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    // Not Math.max: a NaN must not be passed over.
    if (!(difference <= worst)) worst = difference;
  }
  assert.ok(worst <= TOLERANCE * scale, `${what}: off by ${worst}, of values up to ${scale}`);
}

function largest(values, count) {
  return values.map((_, index) => index).sort((a, b) => values[b] - values[a] || a - b).slice(0, count);
}
