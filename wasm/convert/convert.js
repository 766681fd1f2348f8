/** From a checkpoint of PyTorch's, an ONNX model or a safetensors file to a safetensors file that decem loads. */
import { resolve } from 'node:path';
import { DecemError } from '../js/errors.js';
import { RandomFile } from './file.js';
import { isCounter, readWeights } from './network.js';
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
 * @property {Partial<Record<import('./write.js').WrittenDtype, number>>} formats how many of the numbers are in which format
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
    const { found, network: name, described, tensors, metadata } = await readWeights(file, {
      network, options, metadata: defined({ ...texts, labels: labels?.text, preprocess: preprocess && JSON.stringify(preprocess) }),
    });
    const classes = described.options.num_classes;
    if (labels && labels.count !== classes) {
      throw new DecemError(`${labels.count} labels were given for the ${classes} classes of the network: there must be one for each.`, 'INVALID_ARGUMENT');
    }
    const { bytes, formats, loss } = await writeSafetensors(resolve(output), tensors, { dtype, metadata, onProgress, signal });
    const used = new Set(tensors.map(({ name }) => name));
    return {
      input, output, found: found.found, network: name, options: described.options, preprocess: described.preprocess, dtype,
      tensors: tensors.length,
      parameters: tensors.reduce((sum, { tensor }) => sum + tensor.count, 0),
      bytes, formats, inputBytes: file.size,
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
