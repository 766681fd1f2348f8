/** The wire format of protocol buffers, read from a file field by field: long fields are ranges, not bytes. */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/**
 * @typedef {object} Field
 * @property {number} number
 * @property {number} value of a varint, signed; 0 for others
 * @property {number} start of its bytes in the file
 * @property {number} end
 */

/**
 * The fields of a message.
 * @param {import('./file.js').RandomFile} file
 * @param {import('./zip.js').Range} range
 * @returns {Generator<Field, void, void>}
 */
export function* fieldsOf(file, { start, end }) {
  for (let at = start; at < end; ) {
    const key = readVarint(file, at, end);
    at = key.next;
    const number = Math.floor(key.value / 8);
    const wire = key.value % 8;
    if (wire === VARINT) {
      const { value, next } = readVarint(file, at, end);
      yield { number, value, start: at, end: next };
      at = next;
      continue;
    }
    let length = wire === FIXED64 ? 8 : wire === FIXED32 ? 4 : -1;
    if (wire === BYTES) {
      const prefix = readVarint(file, at, end);
      at = prefix.next;
      length = prefix.value;
    }
    if (number < 1 || length < 0 || length > end - at) throw damaged(file);
    yield { number, value: 0, start: at, end: at + length };
    at += length;
  }
}

/**
 * The numbers of a repeated varint: one field may hold one of them, or several, packed.
 * @param {import('./file.js').RandomFile} file
 * @param {Field} field
 * @returns {number[]}
 */
export function varintsOf(file, field) {
  const values = [];
  for (let at = field.start; at < field.end; ) {
    const { value, next } = readVarint(file, at, field.end);
    values.push(value);
    at = next;
    if (values.length > 1024) throw damaged(file);
  }
  return values;
}

/**
 * @param {import('./file.js').RandomFile} file
 * @param {Field} field
 * @param {number} [most] bytes
 * @returns {string}
 */
export function textOf(file, { start, end }, most = 65536) {
  if (end - start > most) throw damaged(file);
  return file.read(start, end - start).toString('utf8');
}

/** @param {import('./file.js').RandomFile} file @param {Field} field @returns {number} */
export function floatOf(file, { start, end }) {
  if (end - start !== 4) throw damaged(file);
  return file.read(start, 4).readFloatLE();
}

/** @param {import('./file.js').RandomFile} file */
function damaged(file) {
  return file.malformed('it is no ONNX model, or it is damaged or cut short. Export it again.');
}

/**
 * @param {import('./file.js').RandomFile} file
 * @param {number} start
 * @param {number} end
 * @returns {{ value: number, next: number }} of two's complement in 64 bits
 */
function readVarint(file, start, end) {
  let value = 0n;
  for (let at = start, shift = 0n; at < end && shift < 70n; at++, shift += 7n) {
    const byte = file.read(at, 1)[0];
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return { value: Number(BigInt.asIntN(64, value)), next: at + 1 };
  }
  throw damaged(file);
}
