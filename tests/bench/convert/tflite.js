// Writes a plan as NAME.tflite, for engines/litert.js. A .tflite file is a FlatBuffer; the numbers below (fields of tables
// by their order, operators, kinds of options) are those of TensorFlow's schema.fbs, version 3.
import { writeFileSync } from 'node:fs';
import { Builder } from 'flatbuffers';
import { permuted } from './graph.js';

const SCHEMA_VERSION = 3;
const FLOAT32 = 0;
const INT32 = 2;
const PADDING = { same: 0, valid: 1 };
const ACTIVATIONS = { none: 0, relu: 1, relu6: 3 };
const LOWEST = -3.4028234663852886e38;

/** Operators: [builtin code, kind of options]; 0: it has none, or they may be left out. */
const OPERATORS = {
  add: [0, 11], avgpool: [1, 5], concat: [2, 10], conv: [3, 1], depthwise: [4, 2], dense: [9, 8], maxpool: [17, 5],
  multiply: [18, 21], relu: [19, 0], reshape: [22, 0], pad: [34, 0], transpose: [39, 0], mean: [40, 27], divide: [42, 29],
  padv2: [60, 0], slice: [65, 0], sqrt: [75, 0],
};

/** @param {import('./graph.js').Plan} plan @param {string} stem the path without its extension */
export function writeTflite(plan, stem) {
  const model = new Model();
  const batch = (shape) => [1, ...shape];
  model.value(plan.input, batch(/** @type {number[]} */ (plan.shapes.get(plan.input))));
  for (const operation of plan.operations) lower(model, operation, plan);
  writeFileSync(`${stem}.tflite`, model.finish([plan.input], plan.outputs));
}

/** Tensors, buffers and operators as plain lists, and their writing. */
class Model {
  constructor() {
    this.tensors = [];
    this.index = new Map();
    this.operators = [];
    /** Buffer 0 is empty by convention: tensors without a value. @type {Uint8Array[]} */
    this.buffers = [new Uint8Array(0)];
  }

  /** A tensor that is computed. */
  value(name, shape) {
    this.index.set(name, this.tensors.length);
    this.tensors.push({ name, shape, type: FLOAT32, buffer: 0 });
  }

  /** A constant tensor; its name. @param {Float32Array | Int32Array} values */
  constant(values, shape) {
    const name = `constant${this.tensors.length}`;
    this.index.set(name, this.tensors.length);
    const type = values instanceof Float32Array ? FLOAT32 : INT32;
    this.tensors.push({ name, shape, type, buffer: this.buffers.length });
    this.buffers.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return name;
  }

  integers(values, shape = [values.length]) {
    return this.constant(Int32Array.from(values), shape);
  }

  /** @param {[string, number][]} options fields in the table's order: ['i8' | 'i32', value] */
  operator(kind, inputs, output, shape, options = []) {
    this.value(output, shape);
    this.operators.push({ kind, inputs: inputs.map((name) => this.index.get(name)), output: this.index.get(output), options });
  }

  finish(inputs, outputs) {
    const bytes = this.buffers.reduce((sum, buffer) => sum + buffer.length + 64, 1 << 20);
    const builder = new Builder(bytes);
    const buffers = this.buffers.map((data) => table(builder, [['offset', data.length ? aligned(builder, data) : 0]]));
    const kinds = [...new Set(this.operators.map(({ kind }) => kind))];
    const codes = kinds.map((kind) => {
      const [code] = OPERATORS[kind];
      return table(builder, [['i8', code], ['offset', 0], ['i32', 1], ['i32', code]]);
    });
    const tensors = this.tensors.map(({ name, shape, type, buffer }) => {
      const fields = [['offset', intVector(builder, shape)], ['i8', type], ['i32', buffer], ['offset', builder.createString(name)]];
      return table(builder, fields);
    });
    const operators = this.operators.map(({ kind, inputs: from, output, options }) => {
      const [, optionKind] = OPERATORS[kind];
      const optionTable = optionKind ? table(builder, options) : 0;
      const [ins, outs] = [intVector(builder, from), intVector(builder, [output])];
      const fields = [['i32', kinds.indexOf(kind)], ['offset', ins], ['offset', outs], ['i8', optionKind], ['offset', optionTable]];
      return table(builder, fields);
    });
    const numbers = (names) => intVector(builder, names.map((name) => this.index.get(name)));
    const parts = [vector(builder, tensors), numbers(inputs), numbers(outputs), vector(builder, operators)];
    const graph = table(builder, parts.map((part) => ['offset', part]));
    const [codeVector, graphs, bufferVector] = [codes, [graph], buffers].map((list) => vector(builder, list));
    const fields = [['i32', SCHEMA_VERSION], ['offset', codeVector], ['offset', graphs], ['offset', 0], ['offset', bufferVector]];
    builder.finish(table(builder, fields), 'TFL3');
    return builder.asUint8Array();
  }
}

/** @param {any[][]} fields in the order of the schema */
function table(builder, fields) {
  const add = { i8: 'addFieldInt8', i32: 'addFieldInt32', offset: 'addFieldOffset' };
  builder.startObject(fields.length);
  fields.forEach(([type, value], field) => builder[add[type]](field, value, 0));
  return builder.endObject();
}

function vector(builder, offsets) {
  builder.startVector(4, offsets.length, 4);
  offsets.slice().reverse().forEach((offset) => builder.addOffset(offset));
  return builder.endVector();
}

function intVector(builder, values) {
  builder.startVector(4, values.length, 4);
  values.slice().reverse().forEach((value) => builder.addInt32(value));
  return builder.endVector();
}

/** Bytes of a buffer, which the schema wants at a multiple of 16. */
function aligned(builder, data) {
  builder.startVector(1, data.length, 16);
  builder.space -= data.length;
  builder.bb.bytes().set(data, builder.space);
  return builder.endVector();
}

const windowOptions = (padding, [height, width]) => [['i8', PADDING[padding]], ['i32', width], ['i32', height]];

/** Adds one operation of the plan, in as many operators as TensorFlow Lite needs for it. */
function lower(model, operation, plan) {
  const { kind, inputs, output } = operation;
  const shape = [1, ...operation.shape];
  const activation = ['i8', ACTIVATIONS[operation.activation]];
  if (kind === 'zeros') {
    model.index.set(output, model.index.get(model.constant(new Float32Array(shape.reduce((a, b) => a * b)), shape)));
  } else if (kind === 'conv') {
    lowerConvolution(model, operation, plan, activation);
  } else if (kind === 'maxpool' || kind === 'avgpool') {
    const { input, padding } = padded(model, operation, plan);
    const [height, width] = operation.kernel;
    model.operator(kind, [input], output, shape, [...windowOptions(padding, operation.stride), ['i32', width], ['i32', height], activation]);
  } else if (kind === 'dense') {
    const weights = model.constant(operation.weights, [shape[1], operation.weights.length / shape[1]]);
    const bias = model.constant(operation.bias, [shape[1]]);
    model.operator('dense', [inputs[0], weights, bias], output, shape, [activation]);
  } else if (kind === 'slice') {
    const [begin, size] = [model.integers([0, 0, 0, operation.start]), model.integers(shape)];
    model.operator('slice', [inputs[0], begin, size], output, shape);
  } else if (kind === 'shuffle') {
    const [, height, width, channels] = shape;
    const split = [1, height * width, operation.groups, channels / operation.groups];
    const swapped = [split[0], split[1], split[3], split[2]];
    model.operator('reshape', [inputs[0], model.integers(split)], `${output}/split`, split);
    model.operator('transpose', [`${output}/split`, model.integers([0, 1, 3, 2])], `${output}/swapped`, swapped);
    model.operator('reshape', [`${output}/swapped`, model.integers(shape)], output, shape);
  } else if (kind === 'flatten') {
    model.operator('reshape', [inputs[0], model.integers(shape)], output, shape);
  } else if (kind === 'mean') {
    model.operator('mean', [inputs[0], model.integers([1, 2])], output, shape, [['i8', 0]]);
  } else if (kind === 'concat') {
    model.operator('concat', inputs, output, shape, [['i32', 3], activation]);
  } else {
    const scalar = operation.scalar === undefined ? [] : [model.constant(Float32Array.of(operation.scalar), [])];
    model.operator(kind, [...inputs, ...scalar], output, shape, [activation]);
  }
}

function lowerConvolution(model, operation, plan, activation) {
  const { kernel: [height, width], groups, output } = operation;
  const shape = [1, ...operation.shape];
  const outputs = shape[3];
  const { input, padding } = padded(model, operation, plan);
  const perGroup = operation.weights.length / (outputs * height * width);
  const bias = model.constant(operation.bias, [outputs]);
  const options = windowOptions(padding, operation.stride);
  if (groups === outputs && perGroup === 1) {
    const weights = model.constant(permuted(operation.weights, [outputs, height * width], [1, 0]), [1, height, width, outputs]);
    const [multiplier, dilation] = [['i32', 1], ['i32', 1]];
    model.operator('depthwise', [input, weights, bias], output, shape, [...options, multiplier, activation, dilation, dilation]);
  } else {
    const values = permuted(operation.weights, [outputs, perGroup, height * width], [0, 2, 1]);
    const weights = model.constant(values, [outputs, height, width, perGroup]);
    const dilation = ['i32', 1];
    model.operator('conv', [input, weights, bias], output, shape, [...options, activation, dilation, dilation]);
  }
}

/** TensorFlow pads by rule: 'valid' not at all, 'same' more at the end. Where neither is PyTorch's, a pad of its own. */
function padded(model, operation, plan) {
  const { kernel, stride, pads, inputs: [input] } = operation;
  const [height, width, channels] = plan.shapes.get(input);
  if (!pads.some((side) => side)) return { input, padding: 'valid' };
  const same = [height, width].map((length, axis) => {
    return Math.max((Math.ceil(length / stride[axis]) - 1) * stride[axis] + kernel[axis] - length, 0);
  });
  const [up, left] = same.map((total) => Math.floor(total / 2));
  // TensorFlow's average leaves the padding out of the count, PyTorch's does not.
  const rule = operation.kind !== 'avgpool' && [up, left, same[0] - up, same[1] - left].join() === pads.join();
  if (rule) return { input, padding: 'same' };
  const [top, start, bottom, end] = pads;
  const shape = [1, height + top + bottom, width + start + end, channels];
  const amounts = model.integers([0, 0, top, bottom, start, end, 0, 0], [4, 2]);
  const name = `${operation.output}/padded`;
  const producer = plan.operations.find(({ output }) => output === input);
  // Zeros do for the maximum of values that have passed a ReLU, and their pad is the faster.
  if (operation.kind === 'maxpool' && producer?.activation !== 'relu') {
    model.operator('padv2', [input, amounts, model.constant(Float32Array.of(LOWEST), [])], name, shape);
  } else {
    model.operator('pad', [input, amounts], name, shape);
  }
  return { input: name, padding: 'valid' };
}
