/** Reads a file's weights and holds them against a network: the C core does it, as when it loads them, from the header alone. */
import { DecemError } from '../js/errors.js';
import { Model } from '../js/model.js';
import { compile } from '../js/wasm.js';
import { safetensorsHeader } from './safetensors-file.js';
import { findTensors } from './weights-file.js';

/** @typedef {import('./tensor.js').AnyTensor} AnyTensor */

/** What the core says of tensors that do not fit the network that was named. */
const MISFITS = ['MISSING_TENSOR', 'UNEXPECTED_TENSOR', 'WRONG_SHAPE', 'UNRECOGNISED_NETWORK'];

/** @param {string} name @returns {boolean} whether it is a batch norm's count of training steps, which no network needs */
export function isCounter(name) {
  return name.endsWith('num_batches_tracked');
}

/**
 * A network with its weights.
 * @typedef {object} Weights
 * @property {import('./weights-file.js').Found} found in the file
 * @property {string} network
 * @property {Pick<import('../js/types-inside.js').Description, 'options' | 'preprocess' | 'outputs' | 'final'>} described its settings
 * @property {{ name: string, tensor: AnyTensor }[]} tensors in the order in which they are used
 * @property {Record<string, string>} metadata the file's and the caller's, with the settings
 */

/**
 * @param {import('./file.js').RandomFile} file of any kind that decem converts
 * @param {object} wanted
 * @param {string} [wanted.network]
 * @param {import('../js/types.js').NetworkOptions} [wanted.options] those of the network that the tensors do not tell
 * @param {Record<string, string>} [wanted.metadata] that takes the place of the file's
 * @returns {Promise<Weights>}
 * @throws {DecemError} where the file cannot be read, or is of no network, or of another than the one that is named
 */
export async function readWeights(file, { network, options = {}, metadata: given = {} }) {
  const found = await findTensors(file, { network, options });
  const metadata = { ...found.metadata, ...given };
  let description = await fitNetwork(file, found.tensors, { network, options: found.options, metadata });
  if (network === undefined && Object.keys(found.options).length > 0) {
    // Recognised by its tensors; now with the options, which go with a network.
    description = await fitNetwork(file, found.tensors, { network: description.network, options: found.options, metadata });
  }
  const described = settingsOf(description);
  return {
    found, described,
    network: description.network,
    tensors: description.tensors.map(({ name }) => ({ name, tensor: tensorOf(found.tensors, name) })),
    metadata: { ...metadata, ...settingsTexts(description) },
  };
}

/**
 * @param {import('../js/types-inside.js').Description} description
 * @returns {Record<string, string>} as a file's metadata has it
 */
export function settingsTexts(description) {
  const { options, preprocess } = settingsOf(description);
  return { network: description.network, options: JSON.stringify(options), preprocess: JSON.stringify(preprocess) };
}

/** @param {import('../js/types-inside.js').Description} description @returns {Weights['described']} */
export function settingsOf({ options, preprocess, outputs, final }) {
  return { options, outputs, final, preprocess: { ...preprocess, mean: preprocess.mean.map(shortest), std: preprocess.std.map(shortest) } };
}

/** @param {number} value a float32 @returns {number} the number with the fewest digits that is the same float32 */
function shortest(value) {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}

/** @param {Map<string, AnyTensor>} tensors @param {string} name */
function tensorOf(tensors, name) {
  const tensor = tensors.get(name);
  if (!tensor) throw new DecemError(`Tensor ${name} is missing after the network was fitted to the file.`, 'INTERNAL');
  return tensor;
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
async function fitNetwork(file, tensors, { network, options, metadata }) {
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
