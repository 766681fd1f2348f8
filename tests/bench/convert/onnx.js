// Reads the part of the ONNX format that export_models.py writes: a graph of nodes with attributes, float32 and
// int64 tensors. ONNX files are protocol buffers: a message is a sequence of (field number, wire type, value).
// The field numbers are those of onnx.proto3.

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

const TYPE_FLOAT = 1;
const TYPE_INT64 = 7;

const text = new TextDecoder();

/**
 * @typedef {{ type: 'float32' | 'int64', shape: number[], values: Float32Array | number[] }} Tensor
 * @typedef {{ op: string, name: string, inputs: string[], outputs: string[], attributes: Record<string, any> }} Node
 * @typedef {{ nodes: Node[], constants: Map<string, Tensor>, input: string, outputs: string[] }} Graph
 */

/**
 * Fields of one message: [number, value]; value is a number (varint, as signed 64 bits) or bytes, as the field has it.
 * @param {Buffer} bytes
 * @returns {Generator<[number, any]>}
 */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag & 7;
    let value;
    if (wire === WIRE_VARINT) {
      value = varint();
    } else {
      const count = wire === WIRE_FIXED32 ? 4 : wire === WIRE_FIXED64 ? 8 : wire === WIRE_BYTES ? varint() : NaN;
      if (!(at + count <= bytes.length)) throw new Error('the ONNX file is damaged');
      value = bytes.subarray(at, at + count);
      at += count;
    }
    yield [tag >> 3, value];
  }
}

/** Signed varints, packed in bytes or one a field. */
function integers(value) {
  if (typeof value === 'number') return [value];
  const found = [];
  // A packed list is the bare varints; each is read as the field of a made-up message.
  for (let at = 0; at < value.length; ) {
    let end = at;
    while (value[end] >= 128) end++;
    const field = Buffer.concat([Buffer.of(0), value.subarray(at, end + 1)]);
    found.push([...fields(field)][0][1]);
    at = end + 1;
  }
  return found;
}

/** @returns {Tensor & { name: string }} */
function readTensor(bytes) {
  const tensor = { name: '', type: /** @type {any} */ (''), shape: [], values: /** @type {any} */ (null) };
  let raw = Buffer.alloc(0);
  for (const [number, value] of fields(bytes)) {
    if (number === 1) tensor.shape.push(...integers(value));
    else if (number === 2) tensor.type = value === TYPE_FLOAT ? 'float32' : value === TYPE_INT64 ? 'int64' : value;
    else if (number === 8) tensor.name = text.decode(value);
    else if (number === 9) raw = value;
  }
  if (tensor.type === 'float32') {
    tensor.values = new Float32Array(raw.length / 4);
    new Uint8Array(tensor.values.buffer).set(raw);
  } else if (tensor.type === 'int64') {
    tensor.values = Array.from({ length: raw.length / 8 }, (_, i) => Number(raw.readBigInt64LE(i * 8)));
  } else {
    throw new Error(`ONNX tensor '${tensor.name}' has data type ${tensor.type}, which is not read here`);
  }
  return tensor;
}

function readAttribute(bytes) {
  let name = '';
  let value;
  const list = [];
  for (const [number, field] of fields(bytes)) {
    if (number === 1) name = text.decode(field);
    else if (number === 2) value = field.readFloatLE(0);
    else if (number === 3) value = field;
    else if (number === 4) value = text.decode(field);
    else if (number === 5) value = readTensor(field);
    else if (number === 8) list.push(...integers(field));
  }
  return { name, value: value ?? list };
}

/** @returns {Node} */
function readNode(bytes) {
  const node = { op: '', name: '', inputs: [], outputs: [], attributes: {} };
  for (const [number, value] of fields(bytes)) {
    if (number === 1) node.inputs.push(text.decode(value));
    else if (number === 2) node.outputs.push(text.decode(value));
    else if (number === 3) node.name = text.decode(value);
    else if (number === 4) node.op = text.decode(value);
    else if (number === 5) {
      const attribute = readAttribute(value);
      node.attributes[attribute.name] = attribute.value;
    }
  }
  return node;
}

function valueName(bytes) {
  for (const [number, value] of fields(bytes)) if (number === 1) return text.decode(value);
  throw new Error('the ONNX file is damaged: a value without a name');
}

/** @returns {Graph} the graph of a model with one input; Constant nodes become constants. */
export function readOnnx(/** @type {Buffer} */ bytes) {
  const graphBytes = [...fields(bytes)].find(([number]) => number === 7)?.[1];
  if (!graphBytes) throw new Error('the ONNX file has no graph');
  /** @type {Graph} */
  const graph = { nodes: [], constants: new Map(), input: '', outputs: [] };
  for (const [number, value] of fields(graphBytes)) {
    if (number === 1) {
      const node = readNode(value);
      if (node.op === 'Constant') graph.constants.set(node.outputs[0], node.attributes.value);
      else graph.nodes.push(node);
    } else if (number === 5) {
      const tensor = readTensor(value);
      graph.constants.set(tensor.name, tensor);
    } else if (number === 11) {
      graph.input = valueName(value);
    } else if (number === 12) {
      graph.outputs.push(valueName(value));
    }
  }
  return graph;
}
