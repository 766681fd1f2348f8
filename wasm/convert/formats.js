/** In which format each tensor of a file is written. */

/** @typedef {'F32' | 'F16' | 'I8'} WrittenDtype */

/** @typedef {{ name: string, tensor: import('./tensor.js').AnyTensor }} NamedTensor */

/** Of all weights, and at most: what is written in the next wider format, since it is few bytes and tells in the answer. */
const SPARED = 1 / 25;
const SPARED_MAX = 1 << 20;

const WIDER = /** @type {const} */ ({ F16: 'F32', I8: 'F16' });

/**
 * Weights of convolutions and linear layers are written as asked, biases and norms as F32. So that photographs keep their answers, some
 * weights are spared, F32 where F16 was asked for and F16 where I8 was: depthwise convolutions, each of whose few weights
 * stands for much of an output; and the smallest others, up to a twenty-fifth of all, or a million: mostly the first
 * layers, whose error all others inherit. (Measured by tests/reference/compare_dtypes.js. With all of MobileNetV2 in F16, 2
 * photographs of 200 change their top-1; spared, none.)
 * @param {NamedTensor[]} tensors
 * @param {WrittenDtype} dtype
 * @returns {Map<string, WrittenDtype>} by name
 */
export function chooseFormats(tensors, dtype) {
  if (dtype === 'F32') return new Map(tensors.map(({ name }) => [name, dtype]));
  const wider = WIDER[dtype];
  /** @type {Map<string, WrittenDtype>} */
  const formats = new Map(tensors.map(({ name, tensor }) => [name, tensor.shape.length < 2 ? 'F32' : isDepthwise(tensor) ? wider : dtype]));
  const weights = tensors.filter(({ tensor }) => tensor.shape.length >= 2);
  const count = (/** @type {NamedTensor[]} */ some) => some.reduce((sum, { tensor }) => sum + tensor.count, 0);
  const others = weights.filter(({ tensor }) => !isDepthwise(tensor)).sort((a, b) => a.tensor.count - b.tensor.count);
  let left = Math.min(count(weights) * SPARED, SPARED_MAX) - (count(weights) - count(others));
  for (const { name, tensor } of others) {
    left -= tensor.count;
    if (left < 0) break;
    formats.set(name, wider);
  }
  return formats;
}

/** @param {{ shape: number[] }} weights */
function isDepthwise({ shape }) {
  return shape.length === 4 && shape[1] === 1;
}
