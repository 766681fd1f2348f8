/**
 * Seeded synthetic weights, inputs and images in JavaScript: a third rendering, beside src/weights/synthetic.c and
 * tests/reference/synthetic.py, of the same bits. Element i of the tensor called `name` is
 *
 *     key  = mix(seed ^ fnv1a(name)),  bits = mix(key + i * 0x9E3779B9)     uint32, wraps
 *     u    = ((int32)(bits >> 8) - 2^23) * 2^-23                           exact in float32
 *
 * minus that of the element before it where i is odd, in the weights of convolutions and Linears alone; then it is
 * scaled and shifted by its role, every operation rounded to float32 once.
 */
import { readFileSync } from 'node:fs';

const GAINS = JSON.parse(readFileSync(new URL('../../../models/train/synthetic_gains.json', import.meta.url), 'utf8'));

/** Parameters of the Linear layers that give the logits of an output. */
const CLASSIFIER = /^(fc|classifier(\.[16])?|SideBranch_[12]\.fc_2|aux[12]\.fc2)\.(weight|bias)$/;

const { fround, imul } = Math;

function mix(x) {
  x = imul(x ^ (x >>> 16), 0x7feb352d);
  x = imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

function fnv1a(name) {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(name)) hash = imul(hash ^ byte, 16777619);
  return hash;
}

function elements(name, seed, out, value) {
  const key = mix(seed ^ fnv1a(name));
  for (let i = 0; i < out.length; i++) out[i] = value(mix((key + imul(i, 0x9e3779b9)) | 0) >>> 0);
  return out;
}

const unit = (bits) => ((bits >>> 8) - 8388608) * 2 ** -23;

/** @returns {Float32Array} u * scale, u of every odd element being minus that of the one before it */
function opposed(name, seed, count, scale) {
  const out = uniform(name, seed, count, scale);
  for (let i = 1; i < count; i += 2) out[i] = -out[i - 1];
  return out;
}

/** @returns {Float32Array} offset + u * scale */
function uniform(name, seed, count, scale, offset = 0) {
  const [a, b] = [fround(scale), fround(offset)];
  return elements(name, seed, new Float32Array(count), (bits) => b + fround(unit(bits) * a));
}

/** A network's input, [3][height][width], of mean 0 and variance 1. */
export function syntheticInput(height, width, seed = 1) {
  return uniform('input', seed, 3 * height * width, Math.sqrt(3));
}

/** An image of noise, RGB. */
export function syntheticImage(width, height, seed = 1) {
  return { data: elements('image', seed, new Uint8Array(3 * height * width), (bits) => bits >>> 24), width, height, channels: 3 };
}

/** @param {{ name: string, shape: number[] }} tensor @returns {Float32Array} */
function syntheticTensor({ name, shape }, isNorm, [normGain, logitGain], seed) {
  const count = shape.reduce((product, size) => product * size, 1);
  const kind = name.slice(name.lastIndexOf('.') + 1);
  if (kind === 'running_mean') return uniform(name, seed, count, 0.2);
  if (kind === 'running_var') return uniform(name, seed, count, 0.5, 1);
  const isClassifier = CLASSIFIER.test(name);
  if (kind === 'bias') return uniform(name, seed, count, isNorm ? 0.2 : 0.1 * (isClassifier ? 1 : normGain));
  if (isNorm) return uniform(name, seed, count, normGain * 0.25, normGain);
  const gain = isClassifier ? logitGain : 1;
  return opposed(name, seed, count, gain * Math.sqrt(6 / (count / shape[0])));
}

/**
 * The tensors of a network, filled.
 * @param {import('../../../wasm/js/types-inside.js').Description} description
 * @returns {{ name: string, shape: number[], values: Float32Array }[]}
 */
export function syntheticTensors({ network, options, tensors }, seed = 1) {
  const gains = GAINS[network][options.variant ?? 'article'];
  const vectors = new Set(tensors.filter(({ shape }) => shape.length === 1).map(({ name }) => name));
  return tensors.map((tensor) => {
    const isNorm = vectors.has(tensor.name.replace(/\.[^.]*$/, '.weight'));
    return { ...tensor, values: syntheticTensor(tensor, isNorm, gains, seed) };
  });
}
