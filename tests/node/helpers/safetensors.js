/**
 * Writes a safetensors file of float32 tensors.
 * @param {{ name: string, shape: number[], values: Float32Array }[]} tensors
 * @param {Record<string, string>} [metadata]
 * @returns {Uint8Array}
 */
export function safetensors(tensors, metadata) {
  const header = metadata ? { __metadata__: metadata } : {};
  let length = 0;
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [length, length + values.byteLength] };
    length += values.byteLength;
  }
  const json = JSON.stringify(header);
  // Tensors start at a multiple of 8 bytes: the header is padded with spaces.
  const text = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8));
  const file = new Uint8Array(8 + text.length + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  let offset = 8 + text.length;
  for (const { values } of tensors) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return file;
}
