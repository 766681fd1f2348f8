/**
 * The layers with weights of an ONNX graph, in the order in which they run.
 *
 * torch.onnx.export folds a batch norm into the convolution before it and gives the folded weights names without a
 * meaning ("onnx::Conv_932"). Everything else keeps its name in the state_dict; and since PyTorch 1.13 every node is
 * called by its module ("/stage2/stage2.0/branch1/branch1.0/Conv").
 */
import { DecemError } from '../js/errors.js';

/** @typedef {import('./tensor.js').Tensor} Tensor */

/**
 * @typedef {object} OnnxLayer
 * @property {string | null} module its path in the PyTorch model, where the file tells
 * @property {Tensor} weight of a convolution [out, in / groups, height, width], of a fully connected layer [out, in]
 * @property {Tensor | null} bias
 * @property {Tensor[] | null} norm weight, bias, running mean, running variance of a batch norm behind it that is not folded
 */

/**
 * @typedef {object} OnnxWeights
 * @property {Map<string, Tensor>} named the tensors by their names in the graph
 * @property {boolean} folded whether there are layers whose weights have lost their names
 * @property {OnnxLayer[]} layers
 */

const NORM_SUFFIXES = ['weight', 'bias', 'running_mean', 'running_var'];

/**
 * @param {import('./file.js').RandomFile} file
 * @param {import('./onnx-file.js').OnnxGraph} graph
 * @returns {OnnxWeights}
 */
export function collectLayers(file, { nodes, constants }) {
  /** @type {Map<string, OnnxLayer>} by the name of the layer's result */
  const producers = new Map();
  /** @type {Map<string, Tensor>} */
  const named = new Map();
  /** @type {OnnxLayer[]} */
  const layers = [];
  let folded = false;

  for (const node of nodes) {
    const { type, inputs, outputs } = node;
    const [input, second, third] = inputs;
    const weight = constants.get(second);
    if (type === 'Identity' && constants.has(input)) {
      // Tensors of equal values are in the file once; the others are copies of it under their own names.
      constants.set(outputs[0], /** @type {Tensor} */ (constants.get(input)));
    } else if (type === 'Add' && producers.has(input) && weight) {
      const layer = /** @type {OnnxLayer} */ (producers.get(input));
      if (layer.bias === null && weight.shape.length === 1) addBias(layer, second, weight);
    } else if ((type === 'Conv' || type === 'Gemm' || type === 'MatMul') && weight) {
      checkFactors(file, node);
      const transposed = type === 'MatMul' || (type === 'Gemm' && node.numbers.get('transB') !== 1);
      const layer = { module: moduleOf(node, second), weight: transposed ? transpose(weight) : weight, bias: null, norm: null };
      layers.push(layer);
      producers.set(outputs[0], layer);
      named.set(second, layer.weight);
      folded ||= !second.endsWith('.weight');
      const bias = constants.get(third);
      if (bias) addBias(layer, third, bias);
    } else if (type === 'BatchNormalization') {
      const norm = inputs.slice(1, 5).map((name) => constants.get(name));
      if (norm.length < 4 || !norm.every((tensor) => tensor !== undefined)) throw file.malformed(`batch norm ${node.name} in it has no weights.`);
      norm.forEach((tensor, index) => named.set(inputs[index + 1], tensor));
      folded ||= !NORM_SUFFIXES.every((suffix, index) => inputs[index + 1].endsWith(`.${suffix}`));
      const layer = producers.get(input);
      if (layer) layer.norm = norm;
    }
  }
  if (layers.length === 0) throw file.malformed('there are no weights in it. Export the model with export_params=True.');
  return { named, folded, layers };

  /** @param {OnnxLayer} layer @param {string} name @param {Tensor} bias */
  function addBias(layer, name, bias) {
    layer.bias = bias;
    named.set(name, bias);
  }
}

/**
 * @param {import('./file.js').RandomFile} file
 * @param {import('./onnx-file.js').OnnxNode} node
 */
function checkFactors(file, { type, name, numbers }) {
  if (type !== 'Gemm') return;
  const plain = (numbers.get('alpha') ?? 1) === 1 && (numbers.get('beta') ?? 1) === 1 && (numbers.get('transA') ?? 0) === 0;
  if (!plain) throw new DecemError(`${file.path}: node ${name} scales its weights, which torch.onnx.export never does.`, 'UNSUPPORTED_DTYPE');
}

/** @param {Tensor} tensor [in, out] @returns {Tensor} [out, in], the same bytes */
function transpose(tensor) {
  return tensor.permuted([...tensor.shape.keys()].reverse());
}

/**
 * The module that a node was exported from: of its weight's name, or of the node's own, whose parts are the modules
 * from the outermost, those of a Sequential with its name before them ("stage2.0" within "stage2").
 * @param {import('./onnx-file.js').OnnxNode} node
 * @param {string} weight
 * @returns {string | null}
 */
function moduleOf({ name }, weight) {
  if (weight.endsWith('.weight')) return weight.slice(0, -'.weight'.length);
  const parts = name.split('/').slice(1, -1);
  if (parts.length === 0) return null;
  return parts.filter((part, index) => !(parts[index + 1] ?? '').startsWith(`${part}.`)).join('.');
}
