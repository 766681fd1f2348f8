// Ours: the model itself, below the classifier, so that the input is the peers' tensor and not a photo. It runs on the calling
// thread; for threads in a page, whose own may not wait for others, in a worker as the classifier does (decem-worker.js).
import { RpcClient } from '../../../wasm/js/rpc.js';
import { chooseVariant } from '../../../wasm/js/variants.js';
import { isNode, modelPlace, readJsonFrom, repositoryPlace } from '../place.js';
import { load } from './decem-model.js';

/** inWorker: in a page, also on one thread. */
export async function start({ threads, inWorker = threads > 1 }) {
  return {
    ...(await versionFor(threads)),
    threads,
    load: (network, input) => (inWorker && !isNode ? loadInWorker : load)(modelPlace(`${network}.safetensors`), input.chw, threads),
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

/** The public class, from calling `load` with an image to its answer; in a page from the site's scripts, since those of the peers are bundled too. */
export async function startWhole({ threads }) {
  const { Classifier } = await import(isNode ? '../../../wasm/js/index.js' : repositoryPlace('build/site/wasm/js/index.js'));
  const side = 224;
  const image = { data: new Uint8Array(side * side * 3).map((_, i) => i * 7), width: side, height: side, channels: 3 };
  return {
    ...(await versionFor(threads)),
    threads,
    async load(network) {
      const classifier = await Classifier.load(modelPlace(`${network}.safetensors`), { threads, image });
      return {
        run: () => classifier.first,
        dispose: () => classifier.dispose(),
      };
    },
  };
}

async function versionFor(threads) {
  const { version } = await readJsonFrom(repositoryPlace('package.json'));
  return { version, arithmetic: chooseVariant('auto', threads > 1).arithmetic };
}
