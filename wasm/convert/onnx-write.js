/** Writes an ONNX model, its weights piece by piece. Field numbers are those of onnx.proto. */
import { DecemError } from '../js/errors.js';
import { FloatEncoder } from './encode.js';
import { fieldStart, floatField, integerField, messageField, textField } from './protobuf-write.js';
import { writeWhole } from './whole-file.js';

/** Opset 13 is of ONNX 1.8 (2020), whose files are of version 7. */
const IR_VERSION = 7;
export const OPSET = 13;

/** The name that the product goes by in the file. */
export const PRODUCER = 'decem';

/** Protocol buffers count a message's bytes in 32 bits with a sign. */
const BYTES_MAX = 2 ** 31 - 1;

const MODEL = { irVersion: 1, producer: 2, producerVersion: 3, graph: 7, opset: 8, metadata: 14 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, name: 3, type: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, float: 2, integer: 3, integers: 8, type: 20 };
const ATTRIBUTE_TYPE = { float: 1, integer: 2, integers: 7 };
const TENSOR = { dims: 1, type: 2, name: 8, raw: 9 };
const TENSOR_TYPE = { float: 1, int64: 7 };

/** @typedef {import('./onnx-graph.js').OnnxGraph} OnnxGraph */
/** @typedef {{ name: string, tensor: import('./tensor.js').AnyTensor | import('./synthetic.js').SyntheticTensor }} NamedTensor */

/**
 * @param {string} path
 * @param {OnnxGraph} graph
 * @param {NamedTensor[]} tensors its weights
 * @param {object} more
 * @param {string} more.name of the network
 * @param {string} more.version of the product
 * @param {Record<string, string>} more.metadata
 * @param {(done: number, total: number) => void} [more.onProgress] bytes
 * @param {AbortSignal} [more.signal]
 * @returns {Promise<number>} the file's bytes
 */
export async function writeOnnx(path, graph, tensors, { name, version, metadata, onProgress, signal }) {
  const graphHead = Buffer.concat([
    ...graph.nodes.map(node),
    textField(GRAPH.name, name),
    value(GRAPH.input, graph.input),
    ...graph.outputs.map((output) => value(GRAPH.output, output)),
    ...graph.constants.map(constant),
  ]);
  const heads = tensors.map(weightHead);
  const graphBytes = heads.reduce((sum, { head, bytes }) => sum + head.length + bytes, graphHead.length);
  const modelHead = Buffer.concat([
    integerField(MODEL.irVersion, IR_VERSION),
    textField(MODEL.producer, PRODUCER),
    textField(MODEL.producerVersion, version),
    messageField(MODEL.opset, textField(1, ''), integerField(2, OPSET)),
    ...Object.entries(metadata).map(([key, text]) => messageField(MODEL.metadata, textField(1, key), textField(2, text))),
    fieldStart(MODEL.graph, graphBytes),
  ]);
  const total = modelHead.length + graphBytes;
  if (total > BYTES_MAX) {
    throw new DecemError(`${name} with these options would take ${total} bytes, and an ONNX file can have ${BYTES_MAX}. Choose a smaller network.`, 'INVALID_OPTION');
  }
  let done = 0;
  await writeWhole(path, async (write) => {
    const put = async (/** @type {Uint8Array} */ bytes) => {
      await write(bytes);
      done += bytes.length;
      onProgress?.(done, total);
    };
    await put(modelHead);
    await put(graphHead);
    for (const [index, { name: tensorName, tensor }] of tensors.entries()) {
      await put(heads[index].head);
      const encoder = new FloatEncoder(tensorName, 'F32');
      for (const values of tensor.values()) await put(encoder.encode(values));
    }
  }, signal);
  if (done !== total) throw new DecemError(`${path} has ${done} bytes where it announces ${total}.`, 'INTERNAL');
  return total;
}

/** @param {import('./onnx-graph.js').OnnxNode} node @returns {Buffer} */
function node({ name, type, inputs, output, integers, floats }) {
  return messageField(
    GRAPH.node,
    ...inputs.map((input) => textField(NODE.input, input)),
    textField(NODE.output, output),
    textField(NODE.name, name),
    textField(NODE.type, type),
    ...Object.entries(integers).map(([key, number]) => messageField(NODE.attribute, textField(ATTRIBUTE.name, key), ...attribute(number))),
    ...Object.entries(floats).map(([key, number]) =>
      messageField(NODE.attribute, textField(ATTRIBUTE.name, key), floatField(ATTRIBUTE.float, number), integerField(ATTRIBUTE.type, ATTRIBUTE_TYPE.float)),
    ),
  );
}

/** @param {number | number[]} number @returns {Buffer[]} */
function attribute(number) {
  if (Array.isArray(number)) return [...number.map((one) => integerField(ATTRIBUTE.integers, one)), integerField(ATTRIBUTE.type, ATTRIBUTE_TYPE.integers)];
  return [integerField(ATTRIBUTE.integer, number), integerField(ATTRIBUTE.type, ATTRIBUTE_TYPE.integer)];
}

/**
 * An input or an output: floats, of a number of images that is free.
 * @param {number} field
 * @param {{ name: string, shape: number[] }} value
 * @returns {Buffer}
 */
function value(field, { name, shape }) {
  const dimensions = [textField(2, 'batch'), ...shape.map((size) => integerField(1, size))].map((dimension) => messageField(1, dimension));
  const tensor = messageField(1, integerField(1, TENSOR_TYPE.float), messageField(2, ...dimensions));
  return messageField(field, textField(1, name), messageField(2, tensor));
}

/** @param {import('./onnx-graph.js').OnnxConstant} constant @returns {Buffer} */
function constant({ name, shape, values }) {
  const type = values instanceof Float32Array ? TENSOR_TYPE.float : TENSOR_TYPE.int64;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return messageField(GRAPH.initializer, ...tensorFields(name, shape, type), messageField(TENSOR.raw, bytes));
}

/** @param {NamedTensor} named @returns {{ head: Buffer, bytes: number }} what goes before its numbers, and how long they are */
function weightHead({ name, tensor: { shape, count } }) {
  const bytes = count * 4;
  const fields = Buffer.concat([...tensorFields(name, shape, TENSOR_TYPE.float), fieldStart(TENSOR.raw, bytes)]);
  return { head: Buffer.concat([fieldStart(GRAPH.initializer, fields.length + bytes), fields]), bytes };
}

/** @param {string} name @param {number[]} shape @param {number} type @returns {Buffer[]} */
function tensorFields(name, shape, type) {
  return [...shape.map((size) => integerField(TENSOR.dims, size)), integerField(TENSOR.type, type), textField(TENSOR.name, name)];
}
