/**
 * A network's graph in the operations of ONNX (opset 13, https://onnx.ai/onnx/operators/), for any number of images at once.
 *
 * Batch norms stay, with their tensors' names, so that the file can be read back without a loss; engines fold them.
 * What ONNX has no operation for, or one that engines read differently, is made of simpler ones.
 */
import { DecemError } from '../js/errors.js';

/** @typedef {import('../js/types-inside.js').GraphNode} GraphNode */

/**
 * @typedef {object} OnnxNode
 * @property {string} name also of its value, unless that is an output
 * @property {string} type
 * @property {string[]} inputs
 * @property {string} output
 * @property {Record<string, number | number[]>} integers its attributes that are whole numbers
 * @property {Record<string, number>} floats its other attributes
 */

/**
 * A small tensor that is no weight, such as the shape that Reshape takes.
 * @typedef {object} OnnxConstant
 * @property {string} name
 * @property {number[]} shape
 * @property {Float32Array | BigInt64Array} values
 */

/**
 * @typedef {object} OnnxGraph
 * @property {OnnxNode[]} nodes
 * @property {OnnxConstant[]} constants
 * @property {{ name: string, shape: number[] }} input without the number of images: [C, H, W]
 * @property {{ name: string, shape: number[] }[]} outputs likewise, main first
 */

const INPUT = 'input';

/** PyTorch's defaults, which the core has too. */
const LRN = { alpha: 1e-4, beta: 0.75, k: 1 };

/**
 * @param {import('../js/types-inside.js').Graph} graph
 * @param {object} ends
 * @param {string[]} ends.outputs their names
 * @param {'logits' | 'softmax' | 'log_softmax'} ends.final what they are of the logits
 * @returns {OnnxGraph}
 */
export function renderGraph({ nodes, outputs }, { outputs: names, final }) {
  const outputNames = names.map((name) => name.replaceAll(' ', '_'));
  const rendering = new Rendering(nodes, outputNames);
  nodes.forEach((node, index) => {
    const output = final === 'logits' ? outputNames[outputs.indexOf(index)] : undefined;
    rendering.add(node, output);
  });
  if (final !== 'logits') {
    const type = final === 'softmax' ? 'Softmax' : 'LogSoftmax';
    outputs.forEach((value, index) => rendering.emit(type, [rendering.values[value]], { integers: { axis: 1 }, output: outputNames[index] }));
  }
  return {
    nodes: rendering.nodes,
    constants: [...rendering.constants.values()],
    input: { name: INPUT, shape: nodes[0].shape },
    outputs: outputNames.map((name, index) => ({ name, shape: nodes[outputs[index]].shape.slice(0, 1) })),
  };
}

class Rendering {
  /** @type {OnnxNode[]} */
  nodes = [];
  /** @type {Map<string, OnnxConstant>} */
  constants = new Map();
  /** The name in ONNX of every value so far. @type {string[]} */
  values = [];
  #graph;
  #taken;

  /** @param {GraphNode[]} graph @param {string[]} outputNames */
  constructor(graph, outputNames) {
    this.#graph = graph;
    this.#taken = new Set([INPUT, ...outputNames]);
  }

  /** @param {GraphNode} node the next @param {string} [output] the name of its value, of one that is an output */
  add(node, output) {
    const render = RENDERINGS[node.type];
    if (!render) throw new DecemError(`There is no ONNX for a layer of type ${node.type}.`, 'INTERNAL');
    const inputs = node.inputs.map((value) => this.values[value]);
    this.values.push(render(this, node, { inputs, output, from: this.#graph[node.inputs[0]]?.shape ?? [] }));
  }

  /**
   * @param {string} type
   * @param {string[]} inputs
   * @param {{ of?: GraphNode, integers?: OnnxNode['integers'], floats?: OnnxNode['floats'], output?: string }} [more] `of` is the
   *   layer that it is a part of
   * @returns {string} the name of its value
   */
  emit(type, inputs, { of, integers = {}, floats = {}, output } = {}) {
    const name = this.#unused(of?.name ? `${of.name}/${type}` : type);
    this.nodes.push({ name, type, inputs, output: output ?? name, integers, floats });
    return output ?? name;
  }

  /** @param {string} wanted @returns {string} it, or with a number where there is one already */
  #unused(wanted) {
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}_${number}`;
    this.#taken.add(name);
    return name;
  }

  /** @param {number[]} values whole numbers @returns {string} the name of a constant that holds them */
  integers(...values) {
    return this.#constant(`integers_${values.join('_')}`, [values.length], BigInt64Array.from(values, BigInt));
  }

  /** @param {number} value @returns {string} */
  number(value) {
    return this.#constant(`number_${value}`, [], Float32Array.of(value));
  }

  /** @param {number} to @param {number} from @returns {string} */
  averages(to, from) {
    return this.#constant(`average_${from}_to_${to}`, [to, from], averages(to, from));
  }

  /** @param {string} name @param {number[]} shape @param {OnnxConstant['values']} values */
  #constant(name, shape, values) {
    this.constants.set(name, { name, shape, values });
    return name;
  }
}

/**
 * @typedef {(rendering: Rendering, node: GraphNode, at: { inputs: string[], from: number[], output?: string }) => string} Render
 *   gives the name of the layer's value; `from` is the shape of what it reads first
 */

/** @type {Record<string, Render>} */
const RENDERINGS = {
  Input: () => INPUT,
  Conv2d: (out, node, { inputs, from }) => {
    const integers = { ...windowOf(node, from), dilations: [1, 1], group: node.groups };
    return out.emit('Conv', [...inputs, ...weightsOf(node)], { of: node, integers });
  },
  BatchNorm2d: (out, node, { inputs }) => {
    const tensors = ['weight', 'bias', 'running_mean', 'running_var'].map((kind) => `${node.name}.${kind}`);
    return out.emit('BatchNormalization', [...inputs, ...tensors], { of: node, floats: { epsilon: node.epsilon } });
  },
  ReLU: (out, node, { inputs }) => out.emit('Relu', inputs, { of: node }),
  ReLU6: (out, node, { inputs }) => out.emit('Clip', [...inputs, out.number(0), out.number(6)], { of: node }),
  MaxPool2d: (out, node, { inputs, from }) => out.emit('MaxPool', inputs, { of: node, integers: windowOf(node, from) }),
  AvgPool2d: (out, node, { inputs, from }) => {
    const window = windowOf(node, from);
    return out.emit('AveragePool', inputs, { of: node, integers: { ...window, count_include_pad: 1 } });
  },
  AdaptiveAvgPool2d: adaptivePool,
  LocalResponseNorm: localResponseNorm,
  Concat: (out, node, { inputs }) => out.emit('Concat', inputs, { of: node, integers: { axis: 1 } }),
  Chunk: (out, node, { inputs }) => {
    const range = [out.integers(node.start), out.integers(node.start + node.shape[0]), out.integers(1)];
    return out.emit('Slice', [...inputs, ...range], { of: node });
  },
  // Channel i * groups + g of the result is channel g * (C / groups) + i of the input.
  ChannelShuffle: (out, node, { inputs }) => {
    const [channels, height, width] = node.shape;
    const grouped = out.emit('Reshape', [...inputs, out.integers(0, node.groups, channels / node.groups, height, width)], { of: node });
    const shuffled = out.emit('Transpose', [grouped], { of: node, integers: { perm: [0, 2, 1, 3, 4] } });
    return out.emit('Reshape', [shuffled, out.integers(0, channels, height, width)], { of: node });
  },
  Add: (out, node, { inputs }) => out.emit('Add', inputs, { of: node }),
  Flatten: (out, node, { inputs }) => out.emit('Flatten', inputs, { of: node, integers: { axis: 1 } }),
  Linear: (out, node, { inputs, output }) => out.emit('Gemm', [...inputs, ...weightsOf(node)], { of: node, integers: { transB: 1 }, output }),
};

/** @param {GraphNode} node @returns {string[]} */
function weightsOf({ name, bias }) {
  return [`${name}.weight`, ...(bias ? [`${name}.bias`] : [])];
}

/**
 * A window's attributes. The padding at its end is so much that the last window ends there: ceil_mode, which engines have read
 * in different ways, is not needed then.
 * @param {GraphNode} node
 * @param {number[]} from
 * @returns {Record<'kernel_shape' | 'strides' | 'pads', number[]>}
 */
function windowOf({ window: [height, width, stride, top, left, bottom, right], shape }, from) {
  const after = (/** @type {number} */ axis, /** @type {number} */ size, /** @type {number} */ before, /** @type {number} */ least) =>
    Math.max(least, (shape[axis] - 1) * stride + size - from[axis] - before);
  return {
    kernel_shape: [height, width],
    strides: [stride, stride],
    pads: [top, left, after(1, height, top, bottom), after(2, width, left, right)],
  };
}

/** @type {Render} */
function adaptivePool(out, node, { inputs: [value], from }) {
  const [, height, width] = node.shape;
  if (height === from[1] && width === from[2]) return value;
  if (height === 1 && width === 1) return out.emit('GlobalAveragePool', [value], { of: node });
  // Windows of different sizes and steps: a product with a matrix of averages, along one axis and then along the other.
  const swap = { of: node, integers: { perm: [0, 1, 3, 2] } };
  const rows = out.emit('MatMul', [out.averages(height, from[1]), value], { of: node });
  const columns = out.emit('MatMul', [out.averages(width, from[2]), out.emit('Transpose', [rows], swap)], { of: node });
  return out.emit('Transpose', [columns], swap);
}

/**
 * PyTorch's windows: place i of `to` is the average of the places of `from` that it touches.
 * @param {number} to
 * @param {number} from
 * @returns {Float32Array} [to][from]
 */
function averages(to, from) {
  const matrix = new Float32Array(to * from);
  for (let place = 0; place < to; place++) {
    const first = Math.floor((place * from) / to);
    const end = Math.ceil(((place + 1) * from) / to);
    matrix.fill(1 / (end - first), place * from + first, place * from + end);
  }
  return matrix;
}

/**
 * x / (k + alpha * the average of the squares in a window of channels) ** beta. ONNX's LRN has another window where the size is even:
 * it reaches farther up than down, PyTorch's farther down than up.
 * @type {Render}
 */
function localResponseNorm(out, node, { inputs: [value] }) {
  const [channels, height, width] = node.shape;
  const of = node;
  const squares = out.emit('Mul', [value, value], { of });
  // One image of channels x pixels, in which the window is a column.
  const columns = out.emit('Reshape', [squares, out.integers(0, 1, channels, height * width)], { of });
  const pads = [Math.floor(node.size / 2), 0, Math.floor((node.size - 1) / 2), 0];
  const means = out.emit('AveragePool', [columns], { of, integers: { kernel_shape: [node.size, 1], strides: [1, 1], pads, count_include_pad: 1 } });
  const maps = out.emit('Reshape', [means, out.integers(0, channels, height, width)], { of });
  const scaled = out.emit('Mul', [maps, out.number(LRN.alpha)], { of });
  const sum = out.emit('Add', [scaled, out.number(LRN.k)], { of });
  return out.emit('Div', [value, out.emit('Pow', [sum, out.number(LRN.beta)], { of })], { of });
}
