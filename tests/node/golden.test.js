/**
 * The WASM core against PyTorch (tests/fixtures/golden, written by tests/reference): logits before softmax, the five most
 * probable classes, what the article's network returns, and the outputs of inner blocks.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { Model } from '../../wasm/js/model.js';
import { compile } from '../../wasm/js/wasm.js';
import { syntheticInput } from './helpers/generator.js';

const FOLDER = new URL('../fixtures/golden/', import.meta.url);
/** Of the largest reference value. */
const TOLERANCE = 1e-4;

const module = await compile({});
const cases = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));

test('fixtures of all ten networks are there', async () => {
  const networks = new Set(cases.map((file) => readCase(file).network));
  assert.deepEqual([...networks].sort(), (await Model.create(module)).networks().sort());
});

for (const file of cases) {
  test(`golden: ${file.replace('.json', '')}`, async (t) => {
    const golden = readCase(file);

    await t.test('logits, the top five, what the network returns', async () => {
      const model = await runModel(golden);
      assert.equal(model.outputCount, golden.outputs.length);
      golden.outputs.forEach(({ name, logits: expected }, output) => {
        const logits = model.logits(output);
        assertClose(logits, expected, `logits of ${name}`);
        assert.deepEqual([...model.top(output, 5)], largest(expected, 5), `top five of ${name}`);
        assertClose(model.output(output).subarray(0, golden.final[output].length), golden.final[output], `return of ${name}`);
      });
    });

    await t.test('inner activations', async () => {
      const model = await runModel(golden, (empty) => empty.keepActivations());
      for (const { name, shape, samples } of golden.activations) {
        const { shape: actual, values } = model.activation(name);
        assert.deepEqual(actual, shape, `shape of ${name}`);
        const [, height, width] = shape;
        assertClose(
          samples.map(([c, y, x]) => values[(c * height + y) * width + x]),
          samples.map(([, , , value]) => value),
          name,
        );
      }
    });
  });
}

function readCase(file) {
  return JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
}

async function runModel({ network, options, seed, height, width }, prepare = () => {}) {
  const model = await Model.create(module);
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
