/**
 * What is known of a network and its weights, for people and tables.
 * @param {import('./model.js').Description} description
 * @param {object} weights
 * @param {import('./engine.js').About['metadata']} weights.metadata
 * @param {string[] | null} weights.labels
 * @param {boolean} weights.trained
 * @returns {import('./types.js').Summary}
 */
export function summarise(description, { metadata, labels, trained }) {
  const classes = description.outputs[0].classes;
  return {
    network: description.network,
    options: description.options,
    layers: description.layers,
    parameters: description.parameters,
    macs: description.macs,
    memory: description.memory.total,
    preprocess: description.preprocess,
    outputs: description.outputs.map(({ name }) => name),
    classes,
    labels: Math.min(labels?.length ?? 0, classes),
    trained,
    source: metadata.source,
    license: metadata.license,
  };
}
