/** From a checkpoint of PyTorch's, an ONNX model or a safetensors file to a safetensors file that decem loads. */
import { resolve } from 'node:path';
import { DecemError } from '../js/errors.js';
import { RandomFile } from './file.js';
import { fitNetwork, isCounter } from './network.js';
import { findTensors } from './weights-file.js';
import { writeSafetensors } from './write.js';

/**
 * @typedef {object} ConvertOptions
 * @property {string} [network] its name, where the file's tensors or metadata do not tell
 * @property {import('../js/types.js').NetworkOptions} [options] those of the network that the tensors do not tell
 * @property {import('./write.js').WrittenDtype} [dtype] F32 if left out
 * @property {Record<string, unknown>} [preprocess] how photographs become the input; the file's, or the network's own, if left out
 * @property {{ text: string, count: number }} [labels] for the metadata: a JSON array of the classes' names, or the name of a list; and how
 *   many it has
 * @property {string} [license] of the weights
 * @property {string} [source] where they come from
 * @property {(done: number, total: number) => void} [onProgress] bytes written
 * @property {AbortSignal} [signal]
 */

/**
 * @typedef {object} Report
 * @property {string} input
 * @property {string} output
 * @property {string} found what the weights were found in
 * @property {string} network
 * @property {import('../js/types.js').NetworkOptions} options
 * @property {import('../js/types.js').Preprocess} preprocess
 * @property {import('./write.js').WrittenDtype} dtype
 * @property {number} tensors
 * @property {number} parameters numbers in all of them
 * @property {number} bytes of the output
 * @property {number} inputBytes
 * @property {string[]} leftOut tensors of the input that the network does not need
 * @property {import('./write.js').Loss} loss
 */

/**
 * Converts, or throws and leaves no output.
 * @param {string} input path of a .pth, .pt, .onnx or .safetensors
 * @param {string} output path of the .safetensors
 * @param {ConvertOptions} [options]
 * @returns {Promise<Report>}
 */
export async function convert(input, output, { network, options = {}, dtype = 'F32', preprocess, labels, onProgress, signal, ...texts } = {}) {
  const file = new RandomFile(resolve(input));
  try {
    const found = await findTensors(file, { network, options });
    const metadata = { ...found.metadata, ...defined({ ...texts, labels: labels?.text }), ...(preprocess && { preprocess: JSON.stringify(preprocess) }) };
    let description = await fitNetwork(file, found.tensors, { network, options: found.options, metadata });
    if (network === undefined && Object.keys(found.options).length > 0) {
      // Recognised by its tensors; now with the options, which go with a network.
      description = await fitNetwork(file, found.tensors, { network: description.network, options: found.options, metadata });
    }
    const classes = description.options.num_classes;
    if (labels && labels.count !== classes) {
      throw new DecemError(`${labels.count} labels were given for the ${classes} classes of the network: there must be one for each.`, 'INVALID_ARGUMENT');
    }
    const tensors = description.tensors.map(({ name }) => ({ name, tensor: tensorOf(found.tensors, name) }));
    const described = describe(description);
    const { bytes, loss } = await writeSafetensors(resolve(output), tensors, {
      dtype,
      metadata: {
        ...metadata,
        network: description.network,
        options: JSON.stringify(described.options),
        preprocess: JSON.stringify(described.preprocess),
      },
      onProgress,
      signal,
    });
    const used = new Set(tensors.map(({ name }) => name));
    return {
      input, output, found: found.found, network: description.network, ...described, dtype,
      tensors: tensors.length,
      parameters: tensors.reduce((sum, { tensor }) => sum + tensor.count, 0),
      bytes, inputBytes: file.size,
      leftOut: [...found.tensors.keys()].filter((name) => !used.has(name) && !isCounter(name)),
      loss,
    };
  } finally {
    file.close();
  }
}

/** @param {Record<string, string | undefined>} texts @returns {Record<string, string>} */
function defined(texts) {
  return /** @type {Record<string, string>} */ (Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)));
}

/** @param {Map<string, import('./tensor.js').AnyTensor>} tensors @param {string} name */
function tensorOf(tensors, name) {
  const tensor = tensors.get(name);
  if (!tensor) throw new DecemError(`Tensor ${name} is missing after the network was fitted to the file.`, 'INTERNAL');
  return tensor;
}

/** @param {import('../js/types-inside.js').Description} description */
function describe({ options, preprocess }) {
  return { options, preprocess: { ...preprocess, mean: preprocess.mean.map(shortest), std: preprocess.std.map(shortest) } };
}

/** @param {number} value a float32 @returns {number} the number with the fewest digits that is the same float32 */
function shortest(value) {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}
