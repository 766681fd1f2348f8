/** The wire format of protocol buffers, written: a message is its fields, one after another. */

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

/** @param {number} value a whole number; negative ones take ten bytes @returns {number[]} */
function varint(value) {
  const bytes = [];
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return [...bytes, Number(left)];
}

/** @param {number} number of the field @param {number} value a whole number @returns {Buffer} */
export function integerField(number, value) {
  return Buffer.from([...varint(number * 8 + VARINT), ...varint(value)]);
}

/** @param {number} number of the field @param {number} value @returns {Buffer} */
export function floatField(number, value) {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([Buffer.from(varint(number * 8 + FIXED32)), bytes]);
}

/**
 * @param {number} number of the field
 * @param {number} length of what follows, which is written by itself
 * @returns {Buffer}
 */
export function fieldStart(number, length) {
  return Buffer.from([...varint(number * 8 + BYTES), ...varint(length)]);
}

/**
 * @param {number} number of the field
 * @param {...Uint8Array} parts the fields of a message
 * @returns {Buffer}
 */
export function messageField(number, ...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([fieldStart(number, length), ...parts]);
}

/** @param {number} number of the field @param {string} text @returns {Buffer} */
export function textField(number, text) {
  return messageField(number, Buffer.from(text));
}
