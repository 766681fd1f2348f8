// From the ONNX graph to the list of operations that TensorFlow's engines have: NHWC, activations fused, the channel
// shuffle as one operation. Both writers (tfjs.js, tflite.js) start from it.

/**
 * Shapes have no batch: [H, W, C] for a map, [C] for a vector. `weights` and `bias` keep PyTorch's layout ([O][I/groups][kH][kW],
 * [O][I]); the writers turn them into their engine's. Pads are [top, left, bottom, right].
 *
 * @typedef {'none' | 'relu' | 'relu6'} Activation
 * @typedef {{ kernel: [number, number], stride: [number, number], pads: number[] }} Window
 * @typedef {{ inputs: string[], output: string, shape: number[], activation: Activation }} Common
 * @typedef {Common & (
 *   | { kind: 'conv', groups: number, weights: Float32Array, bias: Float32Array } & Window
 *   | { kind: 'maxpool' | 'avgpool' } & Window
 *   | { kind: 'dense', weights: Float32Array, bias: Float32Array }
 *   | { kind: 'add' | 'multiply' | 'divide', scalar?: number }
 *   | { kind: 'slice', start: number, count: number }
 *   | { kind: 'shuffle', groups: number }
 *   | { kind: 'zeros' | 'concat' | 'sqrt' | 'relu' | 'mean' | 'flatten' }
 * )} Operation
 * @typedef {{ input: string, outputs: string[], operations: Operation[], shapes: Map<string, number[]> }} Plan
 */

/** @param {import('./onnx.js').Graph} graph @param {number[]} inputShape [H, W, C] @returns {Plan} */
export function planGraph(graph, inputShape) {
  const planner = new Planner(graph, inputShape);
  graph.nodes.forEach((node) => planner.add(node));
  return planner.finish();
}

class Planner {
  constructor(graph, inputShape) {
    this.graph = graph;
    this.shapes = new Map([[graph.input, inputShape]]);
    /** @type {Operation[]} */
    this.operations = [];
    /** Values that are only another name of an earlier one. @type {Map<string, string>} */
    this.aliases = new Map();
    /** Pads waiting for the pool that reads them. @type {Map<string, number[]>} */
    this.pads = new Map();
    /** The steps of a channel shuffle that have been seen, by the value they made. @type {Map<string, any>} */
    this.shuffles = new Map();
    /** Vectors made by flattening a map: their shape before. @type {Map<string, number[]>} */
    this.flattened = new Map();
    this.uses = new Map();
    for (const name of [...graph.outputs, ...graph.nodes.flatMap((node) => node.inputs)]) {
      this.uses.set(name, (this.uses.get(name) ?? 0) + 1);
    }
  }

  add(node) {
    const handler = HANDLERS[node.op];
    if (!handler) throw new Error(`ONNX operation ${node.op} (${node.name}) is not converted here`);
    handler(this, node);
  }

  finish() {
    const outputs = this.graph.outputs.map((name) => this.resolve(name));
    return { input: this.graph.input, outputs, operations: this.operations, shapes: this.shapes };
  }

  resolve(name) {
    return this.aliases.get(name) ?? name;
  }

  shape(name) {
    const shape = this.shapes.get(this.resolve(name));
    if (!shape) throw new Error(`value '${name}' is read before it is made`);
    return shape;
  }

  constant(name) {
    const tensor = this.graph.constants.get(name);
    if (!tensor) throw new Error(`'${name}' should be a constant`);
    return tensor.values;
  }

  isConstant(name) {
    return this.graph.constants.has(name);
  }

  emit(node, kind, inputs, shape, more = {}) {
    const output = node.outputs[0];
    const resolved = inputs.map((name) => this.resolve(name));
    this.operations.push(/** @type {any} */ ({ kind, inputs: resolved, output, shape, activation: 'none', ...more }));
    this.shapes.set(output, shape);
  }

  alias(node) {
    this.aliases.set(node.outputs[0], this.resolve(node.inputs[0]));
  }

  /** Fuses an activation into the operation that made its input, where nothing else reads that. */
  activate(node, activation) {
    const name = this.resolve(node.inputs[0]);
    const producer = this.operations.find((operation) => operation.output === name);
    const fusible = producer && ['conv', 'dense', 'add'].includes(producer.kind) && producer.activation === 'none';
    if (fusible && this.uses.get(node.inputs[0]) === 1) {
      producer.activation = activation;
      this.alias(node);
    } else if (activation === 'relu') {
      this.emit(node, 'relu', [name], this.shape(name));
    } else {
      throw new Error(`${node.name}: ${activation} cannot be fused`);
    }
  }
}

function windowOf(planner, node) {
  const [height, width] = planner.shape(node.inputs[0]);
  const { kernel_shape: kernel, strides: stride, ceil_mode: ceil } = node.attributes;
  const pads = [...node.attributes.pads];
  const waiting = planner.pads.get(node.inputs[0]);
  waiting?.forEach((pad, side) => (pads[side] += pad));
  const size = [height, width].map((length, axis) => {
    const padded = length + pads[axis] + pads[axis + 2] - kernel[axis];
    if (!ceil) return Math.floor(padded / stride[axis]) + 1;
    // ceil_mode: the last window may hang over the edge, but must start inside.
    let count = Math.ceil(padded / stride[axis]) + 1;
    if ((count - 1) * stride[axis] >= length + pads[axis]) count--;
    pads[axis + 2] = (count - 1) * stride[axis] + kernel[axis] - length - pads[axis];
    return count;
  });
  return { size, window: { kernel, stride, pads } };
}

function convolution(planner, node) {
  const { size, window } = windowOf(planner, node);
  const bias = planner.constant(node.inputs[2]);
  const more = { ...window, groups: node.attributes.group, weights: planner.constant(node.inputs[1]), bias };
  planner.emit(node, 'conv', [node.inputs[0]], [...size, bias.length], more);
}

function pool(kind) {
  return (planner, node) => {
    const { size, window } = windowOf(planner, node);
    planner.emit(node, kind, [node.inputs[0]], [...size, planner.shape(node.inputs[0])[2]], window);
  };
}

function binary(kind) {
  return (planner, node) => {
    const scalarAt = node.inputs.findIndex((name) => planner.isConstant(name));
    const [scalar] = scalarAt < 0 ? [] : planner.constant(node.inputs[scalarAt]);
    const inputs = node.inputs.filter((_, index) => index !== scalarAt);
    planner.emit(node, kind, inputs, planner.shape(inputs[0]), { scalar });
  };
}

function unary(kind) {
  return (planner, node) => planner.emit(node, kind, node.inputs, planner.shape(node.inputs[0]));
}

/** Slice and Split of channels. */
function slice(planner, node, input, output, start, count) {
  const [height, width] = planner.shape(input);
  planner.emit({ ...node, outputs: [output] }, 'slice', [input], [height, width, count], { start, count });
}

const HANDLERS = {
  Conv: convolution,
  MaxPool: pool('maxpool'),
  AveragePool: pool('avgpool'),
  Mul: binary('multiply'),
  Div: binary('divide'),
  Add: binary('add'),
  Sqrt: unary('sqrt'),
  Relu: (planner, node) => planner.activate(node, 'relu'),
  Clip: (planner, node) => {
    const [low, high] = node.inputs.slice(1).map((name) => planner.constant(name)[0]);
    if (low !== 0 || high !== 6) throw new Error(`${node.name}: Clip is converted from 0 to 6 only`);
    planner.activate(node, 'relu6');
  },
  ReduceMean: (planner, node) => planner.emit(node, 'mean', node.inputs, [planner.shape(node.inputs[0])[2]]),
  Flatten: (planner, node) => {
    const shape = planner.shape(node.inputs[0]);
    planner.emit(node, 'flatten', node.inputs, [shape.reduce((product, length) => product * length)]);
    planner.flattened.set(node.outputs[0], shape);
  },
  Gemm: (planner, node) => {
    const [weights, bias] = [planner.constant(node.inputs[1]), planner.constant(node.inputs[2])];
    const map = planner.flattened.get(planner.resolve(node.inputs[0]));
    const ordered = map ? channelsLast(weights, bias.length, map) : weights;
    planner.emit(node, 'dense', [node.inputs[0]], [bias.length], { weights: ordered, bias });
  },
  Pad: (planner, node) => {
    // [N, C, H, W begins, then ends]
    const [top, left, bottom, right] = [2, 3, 6, 7].map((index) => planner.constant(node.inputs[1])[index]);
    planner.alias(node);
    planner.pads.set(node.outputs[0], [top, left, bottom, right]);
  },
  Concat: (planner, node) => {
    for (const name of node.inputs.filter((input) => planner.isConstant(input))) {
      const { shape, values } = planner.graph.constants.get(name);
      if (values.some((value) => value !== 0)) throw new Error(`${node.name}: only zeros are concatenated`);
      planner.emit({ outputs: [name] }, 'zeros', [], [shape[2], shape[3], shape[1]]);
    }
    const [height, width] = planner.shape(node.inputs[0]);
    const channels = node.inputs.reduce((sum, name) => sum + planner.shape(name)[2], 0);
    planner.emit(node, 'concat', node.inputs, [height, width, channels]);
  },
  Slice: (planner, node) => {
    const [start, end, axis] = node.inputs.slice(1, 4).map((name) => planner.constant(name)[0]);
    if (axis !== 1) throw new Error(`${node.name}: only channels are sliced`);
    const channels = planner.shape(node.inputs[0])[2];
    const stop = end < 0 ? channels + end : Math.min(end, channels);
    slice(planner, node, node.inputs[0], node.outputs[0], start, stop - start);
  },
  Split: (planner, node) => {
    let start = 0;
    planner.constant(node.inputs[1]).forEach((count, index) => {
      slice(planner, node, node.inputs[0], node.outputs[index], start, count);
      start += count;
    });
  },
  // Reshape to [1, groups, n, H, W], Transpose of the two, Reshape back: a channel shuffle.
  Reshape: (planner, node) => {
    const target = planner.constant(node.inputs[1]);
    const seen = planner.shuffles.get(node.inputs[0]);
    if (target.length === 5) planner.shuffles.set(node.outputs[0], { input: node.inputs[0], groups: target[1] });
    else if (seen) planner.emit(node, 'shuffle', [seen.input], planner.shape(seen.input), { groups: seen.groups });
    else throw new Error(`${node.name}: Reshape is converted in a channel shuffle only`);
  },
  Transpose: (planner, node) => {
    const seen = planner.shuffles.get(node.inputs[0]);
    if (!seen || node.attributes.perm.join() !== '0,2,1,3,4') throw new Error(`${node.name}: not a channel shuffle`);
    planner.shuffles.set(node.outputs[0], seen);
  },
};

/** [O][C][H][W] to [O][H][W][C], for a Linear that reads a flattened map. */
function channelsLast(weights, outputs, [height, width, channels]) {
  return permuted(weights, [outputs, channels, height * width], [0, 2, 1]);
}

/** The values of an array of some shape with its axes in another order, as numpy's transpose. */
export function permuted(values, shape, order) {
  const result = new Float32Array(values.length);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const last = order.length - 1;
  let at = 0;
  const walk = (depth, from) => {
    const stride = strides[order[depth]];
    const count = shape[order[depth]];
    if (depth < last) for (let i = 0; i < count; i++) walk(depth + 1, from + i * stride);
    else for (let i = 0; i < count; i++) result[at++] = values[from + i * stride];
  };
  walk(0, 0);
  return result;
}
