// LiteRT.js (TensorFlow Lite with XNNPACK), in pages only: it loads its module by a script element.
import { isNode, modelPlace, peers, readJsonFrom } from '../place.js';

export async function start({ threads }) {
  if (isNode) throw new Error('runs in pages only');
  const { Tensor, loadAndCompile, loadLiteRt } = await import('@litertjs/core');
  await loadLiteRt(`${peers}@litertjs/core/wasm/`, { threads: threads > 1 });
  const { version } = await readJsonFrom(`${peers}@litertjs/core/package.json`);
  return {
    version,
    threads,
    async load(network, input) {
      const model = await loadAndCompile(modelPlace(`${network}.tflite`), {
        accelerator: 'wasm',
        cpuOptions: { numThreads: threads },
      });
      return {
        async run() {
          const image = new Tensor(input.hwc, [1, 224, 224, 3]);
          const outputs = await model.run(image);
          image.delete();
          return outputs.map((output) => {
            const logits = output.toTypedArray();
            output.delete();
            return logits;
          });
        },
        dispose: () => model.delete(),
      };
    },
  };
}
