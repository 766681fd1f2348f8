// What a network costs, by its own description: multiply-accumulates, and shapes of the layers behind the steps that run.
import { Model } from '../../wasm/js/model.js';
import { compile } from '../../wasm/js/wasm.js';

/**
 * @typedef {object} Layer what a step computes
 * @property {string} type such as 'Conv2d'
 * @property {number[]} input [C, H, W]
 * @property {number[]} output [C, H, W]
 * @property {number[]} window [height, width] of a convolution or pool
 * @property {number} stride
 * @property {number} groups
 * @property {number} macs
 *
 * @typedef {{ macs: number, macs3x3: number, dense: number }} Costs multiply-accumulates of one image; of them, macs3x3: in
 *   ungrouped 3x3 convolutions of stride 1; dense: in fully connected layers, which is also the count of their weights
 */

/** @param {string} network @returns {Promise<Map<string, Layer>>} by the layer's name */
export async function layersOf(network) {
  const model = await Model.create(await compile({ threads: 1 }));
  model.select(network);
  const macs = new Map(model.describe().layers.map(({ name, macs: count }) => [name, count]));
  const { nodes } = model.graph();
  model.dispose();
  return new Map(nodes.filter(({ inputs }) => inputs.length > 0).map(({ type, name, inputs, shape, window: [height, width, stride], groups }) => {
    return [name, { type, input: nodes[inputs[0]].shape, output: shape, window: [height, width], stride, groups, macs: macs.get(name) ?? 0 }];
  }));
}

/** Whether Winograd's F(4,3) can compute it. @param {Layer} layer */
export function isWinogradable({ type, window: [height, width], stride, groups }) {
  return type === 'Conv2d' && height === 3 && width === 3 && stride === 1 && groups === 1;
}

/** @param {string} network @returns {Promise<Costs>} */
export async function costsOf(network) {
  const layers = [...(await layersOf(network)).values()];
  const sum = (some) => layers.filter(some).reduce((total, { macs }) => total + macs, 0);
  return { macs: sum(() => true), macs3x3: sum(isWinogradable), dense: sum(({ type }) => type === 'Linear') };
}
