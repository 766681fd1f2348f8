/** A network small enough to be loaded many times: MobileNetV2 of a tenth of the width, for 32 pixels and 10 classes. */
import { Model } from '../../../wasm/js/model.js';
import { compile } from '../../../wasm/js/wasm.js';
import { syntheticTensors } from './generator.js';
import { safetensors } from './safetensors.js';

export const SMALL = {
  network: 'mobilenetv2',
  options: { width_mult: 0.1, num_classes: 10, input_size: 32 },
  preprocess: { resize: 36, crop: 32, channels: 'RGB', mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  labels: ['ant', 'bee', 'cat', 'dog', 'elk', 'fox', 'gnu', 'hen', 'ibis', 'jay'],
};

const model = await Model.create(await compile({}));
model.select(SMALL.network, SMALL.options);

/** Its tensors, filled with seed 1. */
export const smallTensors = syntheticTensors(model.describe());

/** What its file says of itself. */
export const smallMetadata = {
  network: SMALL.network,
  options: JSON.stringify(SMALL.options),
  preprocess: JSON.stringify(SMALL.preprocess),
  labels: JSON.stringify(SMALL.labels),
  license: 'MIT',
  source: 'a test',
};

/** Its weights as a file. */
export const smallFile = safetensors(smallTensors, smallMetadata);
