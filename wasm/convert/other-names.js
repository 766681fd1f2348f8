/** Names that others give the tensors of one of the networks. */

/**
 * timm's MobileNetV1: stages of blocks, where the article counts the blocks through. The numbers are of each stage's first block there.
 */
const TIMM_STAGES = [1, 2, 4, 6, 12];
const TIMM_LAYERS = { conv_dw: 0, bn1: 1, conv_pw: 3, bn2: 4 };

/** @param {string} name @returns {string | null} the article's name; null for one that timm's MobileNetV1 does not have */
function fromTimm(name) {
  const ends = /^(conv_stem|bn1|classifier)\.(\w+)$/.exec(name);
  if (ends) return `${{ conv_stem: 'model.0.0', bn1: 'model.0.1', classifier: 'fc' }[ends[1]]}.${ends[2]}`;
  const inside = /^blocks\.([0-4])\.(\d)\.(conv_dw|bn1|conv_pw|bn2)\.(\w+)$/.exec(name);
  if (!inside) return null;
  const [, stage, block, layer, kind] = inside;
  return `model.${TIMM_STAGES[Number(stage)] + Number(block)}.${TIMM_LAYERS[/** @type {keyof typeof TIMM_LAYERS} */ (layer)]}.${kind}`;
}

/**
 * @template T
 * @param {Map<string, T>} tensors
 * @returns {{ tensors: Map<string, T>, options: import('../js/types.js').NetworkOptions }} under the article's names, and what is known of
 *   the network besides; the same tensors where they are nobody's
 */
export function withOwnNames(tensors) {
  const renamed = new Map([...tensors].map(([name, tensor]) => [fromTimm(name), tensor]));
  if (tensors.size === 0 || renamed.has(null) || renamed.size < tensors.size) return { tensors, options: {} };
  return { tensors: /** @type {Map<string, T>} */ (renamed), options: { activation: 'relu6' } };
}
