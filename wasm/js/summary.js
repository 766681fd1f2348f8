/**
 * What is known of a network and its weights, for people and tables.
 * @param {import('./types-inside.js').Description} description
 * @param {object} weights
 * @param {import('./types-inside.js').About['metadata']} weights.metadata
 * @param {string[] | null} weights.labels
 * @returns {import('./types.js').Summary}
 */
export function summarise(description, { metadata, labels }) {
  const { options, memory } = description;
  return {
    network: description.network,
    options,
    layers: description.layers,
    parameters: description.parameters,
    macs: description.macs,
    memory: memory.weights + memory.activations,
    preprocess: description.preprocess,
    outputs: description.outputs,
    classes: options.num_classes,
    labels: Math.min(labels?.length ?? 0, options.num_classes),
    trained: description.trained,
    source: metadata.source,
    license: metadata.license,
  };
}
