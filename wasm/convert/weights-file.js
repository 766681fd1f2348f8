/** Opens a file of any kind that decem converts, and finds the weights in it. */
import { DecemError } from '../js/errors.js';
import { RandomFile } from './file.js';
import { readOnnx } from './onnx-file.js';
import { matchLayers } from './onnx-match.js';
import { collectLayers } from './onnx-weights.js';
import { withOwnNames } from './other-names.js';
import { isSafetensors, readSafetensors } from './safetensors-file.js';
import { findWeights, withoutPrefixes } from './state-dict.js';
import { isTorchFile, readTorchFile } from './torch-file.js';

/** @typedef {import('../js/types.js').NetworkOptions} NetworkOptions */

/**
 * @typedef {object} Found
 * @property {Map<string, import('./tensor.js').AnyTensor>} tensors by their names in the network
 * @property {string} found the kind of file, in words
 * @property {Record<string, string>} metadata
 * @property {NetworkOptions} options those that were asked for, with what the file tells of others
 */

/**
 * @param {RandomFile} file
 * @param {{ network?: string, options: NetworkOptions }} wanted
 * @returns {Promise<Found>}
 */
export async function findTensors(file, wanted) {
  if (file.size === 0) throw file.malformed('it is empty.');
  if (isTorchFile(file)) return named(findWeights(file, readTorchFile(file)), wanted);
  if (isSafetensors(file)) return named(readSafetensors(file), wanted);
  if (isOnnx(file)) return findInOnnx(file, wanted);
  throw file.malformed(`it is neither of PyTorch (.pth, .pt) nor safetensors nor ONNX${looksLikeText(file) ? ', but text, perhaps a web page that was saved in its place' : ''}.`);
}

/**
 * @param {import('./state-dict.js').Weights} weights
 * @param {{ options: NetworkOptions }} wanted
 * @returns {Found}
 */
function named({ tensors, ...found }, wanted) {
  const own = withOwnNames(tensors);
  return { ...found, tensors: own.tensors, options: { ...own.options, ...wanted.options } };
}

/** @param {RandomFile} file */
function isOnnx(file) {
  // A ModelProto begins with its ir_version, field 1, a small number.
  const [key, version] = file.read(0, Math.min(2, file.size));
  return key === 0x08 && version > 0 && version < 64;
}

/** @param {RandomFile} file */
function looksLikeText(file) {
  return file.read(0, Math.min(64, file.size)).every((byte) => byte >= 0x20 || (byte >= 9 && byte <= 13));
}

/**
 * @param {RandomFile} file
 * @param {{ network?: string, options: NetworkOptions }} wanted
 * @returns {Promise<Found>}
 */
async function findInOnnx(file, { network, options }) {
  const graph = readOnnx(file);
  const { named, folded, layers } = collectLayers(file, graph);
  const [, , height, width] = graph.inputShape ?? [];
  const size = height > 0 && height === width ? { input_size: height } : {};
  if (!folded) return { tensors: withoutPrefixes(named), found: 'ONNX', metadata: graph.metadata, options: { ...size, ...options } };
  if (network === undefined) {
    throw new DecemError(
      `${file.path}: its batch norms are folded, so that its weights have lost their names. Say what network it is of: --network NAME.`,
      'UNRECOGNISED_NETWORK',
    );
  }
  const known = { num_classes: layers[layers.length - 1].weight.shape[0], ...size };
  const matched = await matchLayers(file, layers, { network, options, known });
  return { ...matched, found: 'ONNX with folded batch norms', metadata: {} };
}
