// Ours, on the calling thread: the model itself, below the classifier, so that the input is the peers' tensor and not a photo.
import { Model } from '../../../wasm/js/model.js';
import { openSource } from '../../../wasm/js/source.js';
import { compile } from '../../../wasm/js/wasm.js';
import { modelPlace, readJsonFrom, repositoryPlace } from '../place.js';

export async function start() {
  const module = await compile({});
  const { version } = await readJsonFrom(repositoryPlace('package.json'));
  return {
    version,
    threads: 1,
    async load(network, input) {
      const model = await Model.create(module);
      const weights = await openSource(modelPlace(`${network}.safetensors`), {});
      for await (const chunk of weights.chunks) model.push(chunk);
      model.finish();
      return {
        run() {
          model.setInput(input.chw);
          model.run();
          return Array.from({ length: model.outputCount }, (_, output) => model.logits(output));
        },
        dispose() {}, // its memory goes with it
      };
    },
  };
}
