/**
 * Gives the layers of an ONNX graph whose weights have lost their names those of a network's tensors: by the names of
 * the modules that they were exported from, or, where the file has none (PyTorch before 1.13), in the order in which they run.
 */
import { DecemError } from '../js/errors.js';
import { Model } from '../js/model.js';
import { compile } from '../js/wasm.js';
import { withoutPrefixes } from './state-dict.js';
import { FilledTensor } from './tensor.js';

/** @typedef {import('./onnx-weights.js').OnnxLayer} OnnxLayer */
/** @typedef {import('../js/types.js').NetworkOptions} NetworkOptions */

/**
 * A batch norm that changes nothing: (x - 0) / sqrt(NORM_VARIANCE + epsilon) * NORM_WEIGHT + 0. The variance is so large that no
 * network's epsilon matters in float32, and both are exact in float16.
 */
const NORM_VARIANCE = 16384;
const NORM_WEIGHT = 128;

/**
 * What the shapes of a network's weights can tell of its options, other than the classes and the size of the image, which the graph says.
 * @type {Record<string, NetworkOptions[]>}
 */
const USUAL_OPTIONS = {
  googlenet: [{}, { aux: false }, { variant: 'torchvision', aux: false }, { variant: 'torchvision' }],
  resnet18: [{}, { variant: 'torchvision' }],
  resnet50: [{}, { variant: 'torchvision' }],
  resnet101: [{}, { variant: 'torchvision' }],
  resnet152: [{}, { variant: 'torchvision' }],
  vgg16: [{}, { variant: 'torchvision' }],
  mobilenetv1: [1, 0.75, 0.5, 0.25].map((width) => ({ width })),
  mobilenetv2: [1, 1.4, 1.3, 0.75, 0.5, 0.35, 0.25].map((width) => ({ width_mult: width })),
  shufflenetv1: [3, 1, 2, 4, 8].map((groups) => ({ groups })),
  shufflenetv2: [[3, 7, 3], [4, 8, 4]].flatMap((repeats) =>
    [[24, 116, 232, 464, 1024], [24, 48, 96, 192, 1024], [24, 176, 352, 704, 1024], [24, 244, 488, 976, 2048]].map((channels) => ({
      stages_repeats: repeats, stages_out_channels: channels,
    })),
  ),
};

/** Modules of GoogLeNet that are left out where its option `aux` is false. */
const SIDE_BRANCH = /^(SideBranch_|aux)[12]\./;

/**
 * A layer of the network that has a weight.
 * @typedef {object} Slot
 * @property {string} module
 * @property {number[]} shape of the weight
 * @property {boolean} bias
 * @property {string | null} norm the module of the batch norm behind it
 */

/**
 * @param {import('./file.js').RandomFile} file
 * @param {OnnxLayer[]} layers
 * @param {object} wanted
 * @param {string} wanted.network
 * @param {NetworkOptions} wanted.options as the user gave them; the others are found
 * @param {NetworkOptions} wanted.known of the classes and the image, as the graph says
 * @returns {Promise<{ tensors: Map<string, import('./tensor.js').AnyTensor>, options: NetworkOptions }>}
 */
export async function matchLayers(file, layers, { network, options, known }) {
  const module = await compile({});
  /** @type {{ chosen: NetworkOptions, slots: Slot[], ordered: OnnxLayer[] }[]} */
  const fitting = [];
  let mismatch = '';
  for (const usual of USUAL_OPTIONS[network] ?? [{}]) {
    const chosen = { ...known, ...usual, ...options };
    const model = await Model.create(module);
    try {
      model.select(network, chosen);
    } catch (error) {
      if (!(error instanceof DecemError)) throw error;
      mismatch ||= error.message;
      continue;
    }
    const slots = slotsOf(model.describe().tensors);
    const used = layers.filter((layer) => !(chosen.aux === false && SIDE_BRANCH.test(layer.module ?? '')));
    const named = byModule(slots, used);
    const ordered = named ?? used;
    const different = firstDifference(slots, ordered);
    mismatch ||= different ?? '';
    if (different !== null) continue;
    if (named) return { tensors: nameTensors(slots, named), options: chosen };
    if (!fitting.some((other) => String(Object.entries(other.chosen)) === String(Object.entries(chosen)))) fitting.push({ chosen, slots, ordered });
  }
  if (fitting.length === 1) return { tensors: nameTensors(fitting[0].slots, fitting[0].ordered), options: fitting[0].chosen };
  if (fitting.length > 1) {
    const choices = fitting.map(({ chosen }) => JSON.stringify(chosen)).join(' or ');
    throw new DecemError(`${file.path} has no names that tell its modules, and fits ${network} with several options: say which by --options, ${choices}.`, 'INVALID_OPTION');
  }
  throw new DecemError(`${file.path} is not of ${network} with these options: ${mismatch}. Check --network and --options.`, 'WRONG_SHAPE');
}

/** @param {import('../js/types-inside.js').Description['tensors']} tensors in the order in which the layers run @returns {Slot[]} */
function slotsOf(tensors) {
  /** @type {Slot[]} */
  const slots = [];
  for (const { name, shape, role } of tensors) {
    const dot = name.lastIndexOf('.');
    const module = name.slice(0, dot);
    const last = slots.at(-1);
    if (role === 'norm' && last) last.norm = module;
    else if (name.slice(dot) === '.weight') slots.push({ module, shape, bias: false, norm: null });
    else if (last) last.bias = true;
  }
  return slots;
}

/**
 * @param {Slot[]} slots
 * @param {OnnxLayer[]} layers
 * @returns {OnnxLayer[] | null} the layers in the order of the slots, by the names of their modules; null where these do not tell
 */
function byModule(slots, layers) {
  const modules = withoutPrefixes(new Map(layers.map((layer) => [layer.module ?? '', layer])));
  const ordered = slots.map(({ module }) => modules.get(module));
  return layers.length === slots.length && ordered.every((layer) => layer !== undefined) ? ordered : null;
}

/**
 * @param {Slot[]} slots
 * @param {OnnxLayer[]} layers
 * @returns {string | null} what the first layer is that does not fit; null where all do
 */
function firstDifference(slots, layers) {
  const counts = `it has ${layers.length} layers with weights where the network has ${slots.length}`;
  for (const [index, { module, shape, bias, norm }] of slots.entries()) {
    const layer = layers[index];
    if (!layer) return counts;
    const its = `its layer ${index + 1}${layer.module ? ` (${layer.module})` : ''}`;
    if (String(layer.weight.shape) !== String(shape)) return `${its} has weights [${layer.weight.shape}] where ${module} has [${shape}]`;
    if (layer.norm && norm === null) return `${its} has a batch norm where ${module} has none`;
    // A folded norm makes a bias; any other must have its place.
    if (layer.bias && !bias && (norm === null || layer.norm)) return `${its} has a bias where ${module} has none`;
  }
  return layers.length === slots.length ? null : counts;
}

/**
 * @param {Slot[]} slots
 * @param {OnnxLayer[]} layers
 * @returns {Map<string, import('./tensor.js').AnyTensor>}
 */
function nameTensors(slots, layers) {
  /** @type {Map<string, import('./tensor.js').AnyTensor>} */
  const tensors = new Map();
  for (const [index, { module, shape, bias, norm }] of slots.entries()) {
    const layer = layers[index];
    const none = (/** @type {number} */ value) => new FilledTensor([shape[0]], value);
    tensors.set(`${module}.weight`, layer.weight);
    // Where the network has no bias here, the norm's takes it: the two are added.
    if (bias) tensors.set(`${module}.bias`, layer.bias ?? none(0));
    if (norm === null) continue;
    const [weight, shift, mean, variance] = layer.norm ?? [none(NORM_WEIGHT), (bias ? null : layer.bias) ?? none(0), none(0), none(NORM_VARIANCE)];
    tensors.set(`${norm}.weight`, weight);
    tensors.set(`${norm}.bias`, shift);
    tensors.set(`${norm}.running_mean`, mean);
    tensors.set(`${norm}.running_var`, variance);
  }
  return tensors;
}
