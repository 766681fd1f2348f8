/** Holds a file's tensors against a network: the C core does it, as when it loads them, from the header alone. */
import { DecemError } from '../js/errors.js';
import { Model } from '../js/model.js';
import { compile } from '../js/wasm.js';
import { safetensorsHeader } from './safetensors-file.js';

/** @typedef {import('./tensor.js').AnyTensor} AnyTensor */

/** What the core says of tensors that do not fit the network that was named. */
const MISFITS = ['MISSING_TENSOR', 'UNEXPECTED_TENSOR', 'WRONG_SHAPE', 'UNRECOGNISED_NETWORK'];

/** @param {string} name @returns {boolean} whether it is a batch norm's count of training steps, which no network needs */
export function isCounter(name) {
  return name.endsWith('num_batches_tracked');
}

/**
 * @param {import('./file.js').RandomFile} file
 * @param {Map<string, AnyTensor>} tensors
 * @param {object} wanted
 * @param {string} [wanted.network] recognised by the tensors, or named by the metadata, if left out
 * @param {import('../js/types.js').NetworkOptions} [wanted.options] those that the tensors do not tell
 * @param {Record<string, string>} wanted.metadata
 * @returns {Promise<import('../js/types-inside.js').Description>} of the network that the tensors fit, with the file's options and preprocessing
 * @throws {DecemError} that names the tensor that is missing, too many, or of another shape
 */
export async function fitNetwork(file, tensors, { network, options, metadata }) {
  const module = await compile({});
  const entries = [...tensors]
    .filter(([name]) => !isCounter(name))
    .map(([name, { dtype, shape, count }]) => {
      if (/^[FB]/.test(dtype) && dtype !== 'BOOL') return { name, dtype: 'F32', shape, bytes: count * 4 };
      throw new DecemError(`${file.path}: tensor ${name} holds whole numbers (${dtype}): it is no weight of any of the networks.`, 'UNEXPECTED_TENSOR');
    });
  const header = safetensorsHeader(entries, metadata);

  const model = await Model.create(module);
  try {
    if (network !== undefined) model.select(network, options);
    model.push(header);
    return model.describe();
  } catch (error) {
    if (!(error instanceof DecemError)) throw error;
    const other = network !== undefined && MISFITS.includes(error.code) ? await recognise(module, header) : null;
    const hint = other && other !== network ? ` Its tensors are those of ${other}: use --network ${other}.` : '';
    throw new DecemError(`${file.path}: ${error.message}.${hint}`, error.code, { cause: error });
  }
}

/**
 * @param {WebAssembly.Module} module
 * @param {Uint8Array} header
 * @returns {Promise<string | null>} the network whose tensors these are
 */
async function recognise(module, header) {
  const model = await Model.create(module);
  try {
    model.push(header);
    return model.describe().network;
  } catch {
    return null;
  }
}
