/** The graph of an ONNX file: nodes in their order, constants where they lie. https://onnx.ai/onnx/repo-docs/IR.html */
import { DecemError } from '../js/errors.js';
import { fieldsOf, floatOf, textOf, varintsOf } from './protobuf.js';
import { PRODUCER } from './onnx-write.js';
import { Tensor, bytesOf } from './tensor.js';

/** A ResNet-152 has 500 nodes. */
const PARTS_MAX = 100_000;

/** As the core allows a whole header. */
const METADATA_BYTES_MAX = 4 << 20;

/** Field numbers of the messages, from onnx.proto. */
const MODEL = { producer: 2, graph: 7, metadata: 14 };
const ENTRY = { key: 1, value: 2 };
const GRAPH = { node: 1, initializer: 5, input: 11 };
const NODE = { input: 1, output: 2, name: 3, type: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, float: 2, integer: 3, tensor: 5 };
/** A graph's input: its type, within it that of a tensor, within it the shape, its sizes, and each one's number. */
const INPUT = { name: 1, type: 2, tensor: 1, shape: 2, size: 1, number: 1 };
const TENSOR = { dims: 1, type: 2, floats: 4, name: 8, raw: 9, doubles: 10, location: 14 };

/** @type {Record<number, import('./tensor.js').Dtype>} */
const DTYPES = { 1: 'F32', 2: 'U8', 3: 'I8', 5: 'I16', 6: 'I32', 7: 'I64', 9: 'BOOL', 10: 'F16', 11: 'F64', 16: 'BF16' };

/** @typedef {import('./file.js').RandomFile} RandomFile */
/** @typedef {import('./zip.js').Range} Range */

/**
 * @typedef {object} OnnxNode
 * @property {string} name
 * @property {string} type such as 'Conv'
 * @property {string[]} inputs
 * @property {string[]} outputs
 * @property {Map<string, number>} numbers its attributes that are single numbers
 */

/**
 * @typedef {object} OnnxGraph
 * @property {OnnxNode[]} nodes
 * @property {Map<string, Tensor>} constants initializers and the values of Constant nodes, those that are numbers
 * @property {number[] | null} inputShape of the first input that is no constant; 0 where a size is free
 * @property {Record<string, string>} metadata what decem export says of the network; of others' files nothing
 */

/**
 * @param {RandomFile} file
 * @returns {OnnxGraph}
 */
export function readOnnx(file) {
  /** @type {OnnxGraph | null} */
  let graph = null;
  let producer = '';
  /** @type {Record<string, string>} */
  const metadata = {};
  for (const field of fieldsOf(file, { start: 0, end: file.size })) {
    if (field.number === MODEL.producer) producer = textOf(file, field);
    else if (field.number === MODEL.metadata && producer === PRODUCER) Object.assign(metadata, readEntry(file, field));
    else if (field.number === MODEL.graph) graph ??= readGraph(file, field);
  }
  if (!graph) throw file.malformed('it has no graph: it is no ONNX model.');
  return { ...graph, metadata };
}

/** @param {RandomFile} file @param {Range} range @returns {Record<string, string>} a text by its key */
function readEntry(file, range) {
  let key = '';
  let value = '';
  for (const field of fieldsOf(file, range)) {
    if (field.number === ENTRY.key) key = textOf(file, field);
    else if (field.number === ENTRY.value) value = textOf(file, field, METADATA_BYTES_MAX);
  }
  return { [key]: value };
}

/** @param {RandomFile} file @param {Range} range @returns {OnnxGraph} */
function readGraph(file, range) {
  /** @type {OnnxGraph} */
  const graph = { nodes: [], constants: new Map(), inputShape: null, metadata: {} };
  /** @type {{ name: string, shape: number[] }[]} */
  const inputs = [];
  let parts = 0;
  for (const field of fieldsOf(file, range)) {
    if (++parts > PARTS_MAX) throw file.malformed('its graph has more parts than any network.');
    if (field.number === GRAPH.node) readNode(file, field, graph);
    else if (field.number === GRAPH.initializer) addConstant(graph, readTensor(file, field));
    else if (field.number === GRAPH.input) inputs.push(readInput(file, field));
  }
  graph.inputShape = inputs.find(({ name }) => !graph.constants.has(name))?.shape ?? null;
  return graph;
}

/** @param {OnnxGraph} graph @param {{ name: string, tensor: Tensor } | null} constant */
function addConstant(graph, constant) {
  if (constant) graph.constants.set(constant.name, constant.tensor);
}

/** @param {RandomFile} file @param {Range} range @param {OnnxGraph} graph */
function readNode(file, range, graph) {
  /** @type {OnnxNode} */
  const node = { name: '', type: '', inputs: [], outputs: [], numbers: new Map() };
  let value = null;
  for (const field of fieldsOf(file, range)) {
    if (field.number === NODE.input) node.inputs.push(textOf(file, field));
    else if (field.number === NODE.output) node.outputs.push(textOf(file, field));
    else if (field.number === NODE.name) node.name = textOf(file, field);
    else if (field.number === NODE.type) node.type = textOf(file, field);
    else if (field.number === NODE.attribute) value = readAttribute(file, field, node) ?? value;
  }
  if (node.type === 'Constant' && value && node.outputs.length === 1) graph.constants.set(node.outputs[0], value.tensor);
  else graph.nodes.push(node);
}

/** @param {RandomFile} file @param {Range} range @param {OnnxNode} node @returns the tensor, of an attribute that is one */
function readAttribute(file, range, node) {
  let name = '';
  let tensor = null;
  /** @type {number | null} */
  let number = null;
  for (const field of fieldsOf(file, range)) {
    if (field.number === ATTRIBUTE.name) name = textOf(file, field);
    else if (field.number === ATTRIBUTE.float) number = floatOf(file, field);
    else if (field.number === ATTRIBUTE.integer) number = field.value;
    else if (field.number === ATTRIBUTE.tensor) tensor = readTensor(file, field);
  }
  if (number !== null) node.numbers.set(name, number);
  return tensor;
}

/** @param {RandomFile} file @param {Range} range @returns {{ name: string, tensor: Tensor } | null} null for texts and the like */
function readTensor(file, range) {
  let name = '';
  let type = 0;
  let external = false;
  /** @type {number[]} */
  const shape = [];
  /** @type {Range | null} */
  let data = null;
  for (const field of fieldsOf(file, range)) {
    if (field.number === TENSOR.dims) shape.push(...varintsOf(file, field));
    else if (field.number === TENSOR.type) type = field.value;
    else if (field.number === TENSOR.name) name = textOf(file, field);
    else if (field.number === TENSOR.location) external = field.value === 1;
    else if (field.number === TENSOR.raw || field.number === TENSOR.floats || field.number === TENSOR.doubles) data = field;
  }
  if (external) {
    throw new DecemError(
      `${file.path}: tensor ${name} lies in a file of its own, which decem does not read. Export the model into one file, or convert its .pth.`,
      'UNSUPPORTED_DTYPE',
    );
  }
  const dtype = DTYPES[type];
  if (!dtype || !data || data.end - data.start !== shape.reduce((product, size) => product * size, bytesOf(dtype))) return null;
  return { name, tensor: new Tensor(file, { name, dtype, shape, start: data.start, end: data.end }) };
}

/** @param {RandomFile} file @param {Range} range @returns {{ name: string, shape: number[] }} */
function readInput(file, range) {
  let name = '';
  /** @type {number[]} */
  const shape = [];
  for (const field of fieldsOf(file, range)) {
    if (field.number === INPUT.name) name = textOf(file, field);
    if (field.number !== INPUT.type) continue;
    for (const type of only(file, field, INPUT.tensor)) {
      for (const sizes of only(file, type, INPUT.shape)) {
        for (const size of only(file, sizes, INPUT.size)) {
          let number = 0;
          for (const { value } of only(file, size, INPUT.number)) number = value;
          shape.push(number);
        }
      }
    }
  }
  return { name, shape };
}

/** @param {RandomFile} file @param {Range} range @param {number} number */
function* only(file, range, number) {
  for (const field of fieldsOf(file, range)) if (field.number === number) yield field;
}
