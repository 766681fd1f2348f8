/** From a network and its weights to an ONNX model, as torch.onnx.export writes one. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DecemError } from '../js/errors.js';
import { LISTS, loadLabels } from '../js/labels.js';
import { Model } from '../js/model.js';
import { compile } from '../js/wasm.js';
import { RandomFile } from './file.js';
import { readWeights, settingsOf, settingsTexts } from './network.js';
import { renderGraph } from './onnx-graph.js';
import { OPSET, writeOnnx } from './onnx-write.js';
import { SyntheticTensor } from './synthetic.js';

/**
 * @typedef {object} ExportOptions
 * @property {string} [file] with the weights: .safetensors, .pth, .pt or .onnx. Without one they are synthetic
 * @property {string} [network] its name; may be left out where the file's tensors or metadata tell
 * @property {import('../js/types.js').NetworkOptions} [options] those of the network that the tensors do not tell
 * @property {number} [seed] of synthetic weights; 1 if left out
 * @property {boolean} [logits] end before softmax, where the article's network has one
 * @property {(done: number, total: number) => void} [onProgress] bytes written
 * @property {AbortSignal} [signal]
 */

/**
 * @typedef {object} ExportReport
 * @property {string} output
 * @property {string | null} file that the weights are of; null for synthetic ones
 * @property {string} network
 * @property {import('../js/types.js').NetworkOptions} options
 * @property {import('../js/types.js').Preprocess} preprocess
 * @property {{ name: string, shape: number[] }} input without the number of images, which is free: [C, H, W]
 * @property {{ name: string, shape: number[] }[]} outputs likewise, main first
 * @property {'logits' | 'softmax' | 'log_softmax'} final what the outputs are
 * @property {number} opset
 * @property {number} nodes
 * @property {number} tensors
 * @property {number} parameters numbers in all of them
 * @property {number} bytes of the output
 */

/**
 * Exports, or throws and leaves no output.
 * @param {string} output path of the .onnx
 * @param {ExportOptions} what
 * @returns {Promise<ExportReport>}
 */
export async function exportOnnx(output, { file: path, network, options = {}, seed = 1, logits = false, onProgress, signal }) {
  const model = await Model.create(await compile({}));
  const file = path === undefined ? null : new RandomFile(resolve(path));
  try {
    const source = file ? await readWeights(file, { network, options }) : synthesize(model, { network, options, seed });
    const { described, tensors } = source;
    if (file) model.select(source.network, described.options);
    const ends = { outputs: described.outputs, final: logits ? /** @type {const} */ ('logits') : described.final };
    const graph = renderGraph(model.graph(), ends);
    const bytes = await writeOnnx(resolve(output), graph, tensors, {
      name: source.network,
      version: version(),
      metadata: { ...source.metadata, ...(await labelsText(source.metadata.labels)) },
      onProgress,
      signal,
    });
    return {
      output, file: path ?? null, network: source.network, options: described.options, preprocess: described.preprocess,
      input: graph.input, outputs: graph.outputs, final: ends.final,
      opset: OPSET, nodes: graph.nodes.length, tensors: tensors.length,
      parameters: tensors.reduce((sum, { tensor }) => sum + tensor.count, 0),
      bytes,
    };
  } finally {
    file?.close();
  }
}

/**
 * @param {Model} model
 * @param {{ network?: string, options: import('../js/types.js').NetworkOptions, seed: number }} wanted
 * @returns {Pick<import('./network.js').Weights, 'network' | 'described' | 'metadata'> & { tensors: import('./onnx-write.js').NamedTensor[] }}
 */
function synthesize(model, { network, options, seed }) {
  if (network === undefined) throw new DecemError('Say what to export: a file with weights, or a network for synthetic ones.', 'INVALID_ARGUMENT');
  model.select(network, options);
  const description = model.describe();
  const tensors = description.tensors.map(({ name, shape }, index) => ({ name, tensor: new SyntheticTensor(model, seed, index, shape) }));
  const metadata = { ...settingsTexts(description), source: `synthetic weights of decem's, seed ${seed}: untrained` };
  return { network, described: settingsOf(description), tensors, metadata };
}

/**
 * Other programs do not have decem's lists: their names go into the file.
 * @param {string | undefined} labels
 * @returns {Promise<Record<string, string>>}
 */
async function labelsText(labels) {
  return labels !== undefined && LISTS.has(labels) ? { labels: JSON.stringify(await loadLabels(labels, {})) } : {};
}

/** @returns {string} */
function version() {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
