/**
 * The ten networks as the article defines them, with 1000 classes: what the list says before anything is loaded.
 * The browser tests compare every figure with what the engine counts.
 *
 * @typedef {object} NetworkFacts
 * @property {string} id            the engine's name for it
 * @property {string} name
 * @property {number} year          of its paper
 * @property {number} parameters
 * @property {number} macs          multiply-accumulates for one picture
 */

/** @type {NetworkFacts[]} */
export const networks = [
  { id: 'googlenet', name: 'GoogLeNet', year: 2014, parameters: 13378280, macs: 1591.0e6 },
  { id: 'resnet18', name: 'ResNet18', year: 2015, parameters: 11694312, macs: 1814.1e6 },
  { id: 'resnet50', name: 'ResNet50', year: 2015, parameters: 25583592, macs: 4089.2e6 },
  { id: 'resnet101', name: 'ResNet101', year: 2015, parameters: 44601832, macs: 7801.4e6 },
  { id: 'resnet152', name: 'ResNet152', year: 2015, parameters: 60268520, macs: 11513.6e6 },
  { id: 'vgg16', name: 'VGG16', year: 2014, parameters: 138357544, macs: 15470.3e6 },
  { id: 'mobilenetv1', name: 'MobileNetV1', year: 2017, parameters: 4231976, macs: 568.7e6 },
  { id: 'mobilenetv2', name: 'MobileNetV2', year: 2018, parameters: 3504872, macs: 300.8e6 },
  { id: 'shufflenetv1', name: 'ShuffleNetV1', year: 2017, parameters: 1877920, macs: 137.5e6 },
  { id: 'shufflenetv2', name: 'ShuffleNetV2', year: 2018, parameters: 2131226, macs: 128.4e6 },
];

/** The size of 32-bit weights. @param {NetworkFacts} network */
export const weightBytes = (network) => network.parameters * 4;

/**
 * The name that people know a network by.
 * @param {string | undefined} id
 */
export const nameOf = (id) => networks.find((network) => network.id === id)?.name ?? id ?? 'The network';
