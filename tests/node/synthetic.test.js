/** The generator of synthetic weights in JavaScript and in C: a file of the one gives bit for bit what the other gives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Model } from '../../wasm/js/model.js';
import { compile } from '../../wasm/js/wasm.js';
import { syntheticInput, syntheticTensors } from './helpers/generator.js';
import { safetensors } from './helpers/safetensors.js';

const module = await compile({});

for (const [network, options] of [
  ['googlenet', {}],
  ['googlenet', { variant: 'torchvision', aux: true }],
  ['resnet18', {}],
  ['resnet50', { variant: 'torchvision' }],
  ['mobilenetv1', { width: 0.25 }],
  ['mobilenetv2', {}],
  ['shufflenetv1', { groups: 4 }],
  ['shufflenetv2', {}],
  ['vgg16', { input_size: 32, num_classes: 10 }],
]) {
  test(`synthetic weights of ${network} ${JSON.stringify(options)}`, async () => {
    const seed = 4000000007;
    const synthesized = await Model.create(module);
    synthesized.select(network, options);
    synthesized.synthesize(seed);

    const loaded = await Model.create(module);
    const metadata = { network, options: JSON.stringify(options) };
    loaded.push(safetensors(syntheticTensors(synthesized.describe(), seed), metadata));
    loaded.finish();

    const side = loaded.describe().options.input_size;
    const input = syntheticInput(side, side);
    for (const model of [synthesized, loaded]) {
      model.setInput(input);
      model.run();
    }
    for (let output = 0; output < loaded.outputCount; output++) {
      assert.deepEqual(loaded.logits(output), synthesized.logits(output));
    }
  });
}

test('another seed gives other weights', async () => {
  const logits = await Promise.all([1, 2].map(async (seed) => {
    const model = await Model.create(module);
    model.select('shufflenetv2', { input_size: 64 });
    model.synthesize(seed);
    model.setInput(syntheticInput(64, 64));
    model.run();
    return model.logits(0);
  }));
  assert.notDeepEqual(logits[0], logits[1]);
});
