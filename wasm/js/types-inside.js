/**
 * What the parts of the binding hand to one another. Types only: nothing here runs, and no page fetches it.
 */

/**
 * The keys of a weights file's __metadata__ that decem knows.
 * @typedef {'network' | 'options' | 'preprocess' | 'labels' | 'license' | 'source'} MetadataKey
 */

/**
 * What decem_model_describe tells.
 * @typedef {object} Description
 * @property {string} network
 * @property {import('./types.js').NetworkOptions & { num_classes: number, input_size: number }} options
 * @property {import('./types.js').Preprocess} preprocess its crop is the height and width of the input
 * @property {boolean} trained
 * @property {'logits' | 'softmax' | 'log_softmax'} final what the article's network makes of its logits
 * @property {string[]} outputs their names, main first
 * @property {import('./types.js').Layer[]} layers
 * @property {number} parameters
 * @property {number} macs
 * @property {{ weights: number, activations: number }} memory bytes
 * @property {{ name: string, shape: number[], role: string }[]} tensors in the order of the state_dict
 * @property {Omit<import('./types.js').ProfiledStep, 'ms'>[]} steps in the order in which they run
 */

/**
 * A layer of the graph, or what joins layers; it makes one value.
 * @typedef {object} GraphNode
 * @property {string} type such as 'Conv2d'
 * @property {string} name of its module; '' where it has none
 * @property {number[]} inputs the nodes whose values it reads
 * @property {number[]} shape of its value: [C, H, W]
 * @property {[number, number, number, number, number, number, number]} window height, width, stride, padding at the top, left, bottom, right
 * @property {number} groups of a Conv2d or ChannelShuffle
 * @property {boolean} bias of a Conv2d or Linear
 * @property {number} epsilon of a BatchNorm2d
 * @property {number} start of a Chunk: its first channel
 * @property {number} size of a LocalResponseNorm: channels in its window
 */

/**
 * What decem_model_graph tells.
 * @typedef {object} Graph
 * @property {GraphNode[]} nodes in the order in which they run
 * @property {number[]} outputs the nodes that give the logits, main first
 */

/**
 * @typedef {object} RunRequest
 * @property {number} topK predictions an output
 * @property {boolean} [logits]
 * @property {boolean} [embedding]
 * @property {boolean} [profile]
 */

/**
 * @typedef {object} RunResult
 * @property {{ indices: Int32Array, probabilities: Float32Array }[]} outputs the topK classes of each output and their
 *   probabilities, main output first
 * @property {Float32Array[]} [logits] on request, of each output
 * @property {Float32Array} [embedding] on request
 * @property {import('./types.js').ProfiledStep[]} [steps] on request
 * @property {number} preprocessMs
 * @property {number} inferenceMs
 */

/**
 * @typedef {object} About
 * @property {Description} description
 * @property {Record<MetadataKey, string | null>} metadata
 */

export {};
