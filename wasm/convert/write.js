/** Writes tensors into a safetensors file. */
import { FloatEncoder, RowEncoder } from './encode.js';
import { chooseFormats } from './formats.js';
import { safetensorsHeader } from './safetensors-file.js';
import { bytesOf } from './tensor.js';
import { writeWhole } from './whole-file.js';

/** @typedef {import('./formats.js').WrittenDtype} WrittenDtype */

/**
 * The largest error that the type brings.
 * @typedef {object} Loss
 * @property {number} absolute
 * @property {string | null} absoluteTensor where; null where there is no error at all
 * @property {number} relative to the largest value of the tensor
 * @property {string | null} relativeTensor
 */

/**
 * @param {string} path
 * @param {import('./formats.js').NamedTensor[]} tensors in the order in which they are to lie
 * @param {object} how
 * @param {WrittenDtype} how.dtype
 * @param {Record<string, string>} how.metadata
 * @param {(done: number, total: number) => void} [how.onProgress] bytes
 * @param {AbortSignal} [how.signal]
 * @returns {Promise<{ bytes: number, formats: Partial<Record<WrittenDtype, number>>, loss: Loss }>} the file's length, and how many numbers
 *   of the tensors are in which format
 */
export async function writeSafetensors(path, tensors, { dtype, metadata, onProgress, signal }) {
  const chosen = chooseFormats(tensors, dtype);
  const formatOf = (/** @type {string} */ name) => /** @type {WrittenDtype} */ (chosen.get(name));
  const entries = tensors.flatMap(({ name, tensor }) => entriesOf(name, tensor, formatOf(name)));
  const header = safetensorsHeader(entries, metadata);
  const total = entries.reduce((sum, { bytes }) => sum + bytes, header.length);
  const loss = { absolute: 0, absoluteTensor: null, relative: 0, relativeTensor: null };
  let done = 0;
  await writeWhole(path, async (write) => {
    await write(header);
    done += header.length;
    for (const { name, tensor } of tensors) {
      const format = formatOf(name);
      const encoder = format === 'I8' ? new RowEncoder(name, tensor.shape) : new FloatEncoder(name, format);
      const writeOn = async (/** @type {Uint8Array} */ bytes) => {
        await write(bytes);
        done += bytes.length;
        onProgress?.(done, total);
      };
      for (const values of tensor.values()) await writeOn(encoder.encode(values));
      await writeOn(encoder.end());
      note(loss, name, encoder);
    }
  }, signal);
  /** @type {Partial<Record<WrittenDtype, number>>} */
  const formats = {};
  for (const { name, tensor } of tensors) formats[formatOf(name)] = (formats[formatOf(name)] ?? 0) + tensor.count;
  return { bytes: total, formats, loss };
}

/**
 * @param {string} name
 * @param {import('./tensor.js').AnyTensor} tensor
 * @param {WrittenDtype} format
 * @returns {import('./safetensors-file.js').Entry[]} the tensor, and the scales of one that is quantised
 */
function entriesOf(name, { shape, count }, format) {
  const entry = { name, dtype: format, shape, bytes: count * bytesOf(format) };
  return format === 'I8' ? [entry, { name: `${name}.scale`, dtype: 'F32', shape: [shape[0]], bytes: shape[0] * bytesOf('F32') }] : [entry];
}

/**
 * @param {Loss} loss
 * @param {string} name
 * @param {import('./encode.js').Encoder} encoder after the tensor's last values
 */
function note(loss, name, { error, largest }) {
  if (error > loss.absolute) Object.assign(loss, { absolute: error, absoluteTensor: name });
  const relative = error > 0 ? error / largest : 0;
  if (relative > loss.relative) Object.assign(loss, { relative, relativeTensor: name });
}
