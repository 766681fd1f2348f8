/**
 * decem: ten classic image classifiers in the browser and in Node.
 *
 *     import { Classifier } from 'decem';
 *     const classifier = await Classifier.load('/models/mobilenetv2.safetensors');
 *     const { predictions } = await classifier.classify(image);
 *     classifier.dispose();
 */
export { openCache } from './cache.js';
export { Classifier } from './classifier.js';
export { DecemError } from './errors.js';

/**
 * @typedef {import('./types.js').Classification} Classification
 * @typedef {import('./types.js').ClassifyOptions} ClassifyOptions
 * @typedef {import('./types.js').Crop} Crop
 * @typedef {import('./cache.js').FileFacts} FileFacts
 * @typedef {import('./types.js').ImageSource} ImageSource
 * @typedef {import('./types.js').Layer} Layer
 * @typedef {import('./types.js').LoadOptions} LoadOptions
 * @typedef {import('./types.js').NetworkOptions} NetworkOptions
 * @typedef {import('./types.js').Pixels} Pixels
 * @typedef {import('./types.js').Prediction} Prediction
 * @typedef {import('./types.js').Preprocess} Preprocess
 * @typedef {import('./types.js').Profile} Profile
 * @typedef {import('./types.js').Progress} Progress
 * @typedef {import('./types.js').StreamOptions} StreamOptions
 * @typedef {import('./types.js').Summary} Summary
 * @typedef {import('./types.js').SyntheticWeights} SyntheticWeights
 * @typedef {import('./types.js').Timings} Timings
 * @typedef {import('./cache.js').WeightsCache} WeightsCache
 * @typedef {import('./types.js').WeightsSource} WeightsSource
 */
