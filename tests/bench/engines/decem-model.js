// A model of ours with its weights, ready to be timed.
import { Model } from '../../../wasm/js/model.js';
import { openSource } from '../../../wasm/js/source.js';
import { compile } from '../../../wasm/js/wasm.js';

/**
 * @param {string} weights the file's path or address
 * @param {Float32Array} input [3][224][224]
 * @param {number} threads
 * @returns {Promise<{ run: () => Float32Array[], dispose: () => void }>} run gives the logits of each output
 */
export async function load(weights, input, threads) {
  const model = await Model.create(await compile({ threads }), threads);
  if (model.threads !== threads) throw new Error(`${threads} threads were asked for, ${model.threads} are there`);
  const source = await openSource(weights, {});
  for await (const chunk of source.chunks) model.push(chunk);
  model.finish();
  return {
    run() {
      model.setInput(input);
      model.run();
      return Array.from({ length: model.outputCount }, (_, output) => model.logits(output));
    },
    dispose: () => model.dispose(),
  };
}
