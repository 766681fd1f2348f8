/** Safetensors: an 8-byte length, a JSON header, the tensors' bytes one after another. */
import { isDtype, bytesOf, ScaledTensor, Tensor } from './tensor.js';

/** The C core has the same limit. */
const HEADER_MAX = 4 << 20;

/**
 * @typedef {object} Entry of a header to be written
 * @property {string} name
 * @property {string} dtype
 * @property {number[]} shape
 * @property {number} bytes
 */

/**
 * @param {Entry[]} entries in the order of their bytes
 * @param {Record<string, string>} metadata
 * @returns {Buffer} the length and the header, padded so that the tensors begin at a multiple of 8 bytes
 */
export function safetensorsHeader(entries, metadata) {
  let offset = 0;
  const members = [['__metadata__', JSON.stringify(metadata)]];
  for (const { name, dtype, shape, bytes } of entries) {
    members.push([name, JSON.stringify({ dtype, shape, data_offsets: [offset, offset + bytes] })]);
    offset += bytes;
  }
  const text = Buffer.from(`{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`);
  const length = Math.ceil(text.length / 8) * 8;
  const header = Buffer.alloc(8 + length, ' ');
  header.writeBigUInt64LE(BigInt(length));
  text.copy(header, 8);
  return header;
}

/**
 * @param {import('./file.js').RandomFile} file
 * @returns {boolean} whether it begins as safetensors
 */
export function isSafetensors(file) {
  if (file.size < 10) return false;
  const start = file.read(0, 9);
  return start[8] === 0x7b && start.readBigUInt64LE(0) <= file.size - 8;
}

/**
 * @param {import('./file.js').RandomFile} file
 * @returns {import('./state-dict.js').Weights}
 */
export function readSafetensors(file) {
  const length = Number(file.read(0, 8).readBigUInt64LE());
  if (length > HEADER_MAX) throw file.malformed(`its header of ${length} bytes is longer than the ${HEADER_MAX} that are allowed.`);
  const data = 8 + length;
  let header;
  try {
    header = JSON.parse(file.read(8, length).toString('utf8'));
  } catch {
    throw file.malformed('its header is no JSON: the file is damaged.');
  }
  const { __metadata__: metadata = {}, ...entries } = header;
  if (typeof metadata !== 'object' || metadata === null || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw file.malformed('its __metadata__ is no object of texts.');
  }
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets: offsets } = entry ?? {};
    if (!isDtype(dtype) || !Array.isArray(shape) || !Array.isArray(offsets) || offsets.length !== 2) {
      throw file.malformed(`its header describes tensor ${name} in a way that decem does not read (dtype ${dtype}).`);
    }
    const tensor = new Tensor(file, { name, dtype, shape, start: data + offsets[0], end: data + offsets[1] });
    if (tensor.count * bytesOf(dtype) !== offsets[1] - offsets[0]) throw file.malformed(`the shape of tensor ${name} does not make its bytes.`);
    tensors.set(name, tensor);
  }
  return { tensors: withScales(file, tensors), found: 'safetensors', metadata };
}

/**
 * @param {import('./file.js').RandomFile} file
 * @param {Map<string, Tensor>} tensors
 * @returns {import('./state-dict.js').Weights['tensors']} where I8 tensors and their scales have become one
 */
function withScales(file, tensors) {
  /** @type {import('./state-dict.js').Weights['tensors']} */
  const joined = new Map(tensors);
  for (const [name, whole] of tensors) {
    const scales = tensors.get(`${name}.scale`);
    if (whole.dtype !== 'I8' || !scales) continue;
    if (whole.shape.length === 0 || scales.dtype !== 'F32' || scales.shape.length !== 1 || scales.count !== whole.shape[0]) {
      throw file.malformed(`tensor ${name}.scale is not the F32 scales of the rows of ${name}.`);
    }
    joined.set(name, new ScaledTensor(whole, scales));
    joined.delete(`${name}.scale`);
  }
  return joined;
}
