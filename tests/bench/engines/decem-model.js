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

/** Runs that the times of steps do not count: the engine compiles while they go on. */
const WARM_UPS = 3;

/**
 * The steps of a network on synthetic weights, in one thread, and the milliseconds that each took in each run.
 * @param {{ network: string, variant: 'strict' | 'relaxed', runs: number }} job
 * @returns {Promise<{ steps: { name: string, type: string, kernel: string, shape: number[], macs: number }[], times: number[][] }>}
 */
export async function timeSteps({ network, variant, runs }) {
  const model = await Model.create(await compile({ variant, threads: 1 }));
  model.select(network);
  model.synthesize(1);
  model.setInput(new Float32Array(3 * 224 * 224).map((_, i) => Math.sin(i)));
  for (let i = 0; i < WARM_UPS; i++) model.run();
  const times = Array.from({ length: runs }, () => model.runTimed());
  return { steps: model.describe().steps, times };
}
