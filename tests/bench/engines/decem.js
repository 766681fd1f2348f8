// Ours: the model itself, below the classifier, so that the input is the peers' tensor and not a photo. It runs on the calling
// thread; for threads in a page, whose own may not wait for others, in a worker as the classifier does (decem-worker.js).
import { RpcClient } from '../../../wasm/js/rpc.js';
import { chooseVariant } from '../../../wasm/js/variants.js';
import { isNode, modelPlace, readJsonFrom, repositoryPlace } from '../place.js';
import { load } from './decem-model.js';

export async function start({ threads }) {
  const { version } = await readJsonFrom(repositoryPlace('package.json'));
  const { arithmetic } = chooseVariant('auto', threads > 1);
  return {
    version: `${version} ${arithmetic}`,
    threads,
    load: (network, input) => (isNode || threads === 1 ? load : loadInWorker)(modelPlace(`${network}.safetensors`), input.chw, threads),
  };
}

/** As `load` of decem-model.js. */
async function loadInWorker(weights, input, threads) {
  const worker = new Worker(new URL('./decem-worker.js', import.meta.url), { type: 'module' });
  const rpc = new RpcClient(worker);
  await rpc.call('load', [weights, input, threads]);
  return {
    run: () => rpc.call('run', []),
    dispose: () => worker.terminate(),
  };
}
