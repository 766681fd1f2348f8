// LiteRT.js (TensorFlow Lite with XNNPACK), in pages only: it loads its module by a script element.
import { isNode, modelPlace, peers, readJsonFrom } from '../place.js';

/**
 * Of one model some instances take up to 1.9 times as long as others, for as long as they live (seen on Intel: it may be that kernels read
 * numbers that are denormal behind a row's end, whose results they do not use). Of so many the fastest is timed; of a model whose run
 * takes long there is one, since its memory would not hold more of VGG16.
 */
const INSTANCES = 4;
const LONG_MS = 550; // on one thread
const TRIALS = 4;

export async function start({ threads }) {
  if (isNode) throw new Error('runs in pages only');
  const { Tensor, loadAndCompile, loadLiteRt } = await import('@litertjs/core');
  await loadLiteRt(`${peers}@litertjs/core/wasm/`, { threads: threads > 1 });
  const { version } = await readJsonFrom(`${peers}@litertjs/core/package.json`);
  return {
    version,
    threads,
    async load(network, input) {
      const create = () => loadAndCompile(modelPlace(`${network}.tflite`), { accelerator: 'wasm', cpuOptions: { numThreads: threads } });
      const run = async (model) => {
        const image = new Tensor(input.hwc, [1, 224, 224, 3]);
        const outputs = await model.run(image);
        image.delete();
        return outputs.map((output) => {
          const logits = output.toTypedArray();
          output.delete();
          return logits;
        });
      };
      const model = await fastestInstance(create, run, LONG_MS / threads);
      return {
        run: () => run(model),
        dispose: () => model.delete(),
      };
    },
  };
}

async function fastestInstance(create, run, longMs) {
  let fastest = null;
  let least = Infinity;
  for (let i = 0; i < INSTANCES && (i === 0 || least < longMs); i++) {
    const model = await create();
    const ms = await leastTime(() => run(model));
    if (ms < least) {
      fastest?.delete();
      fastest = model;
      least = ms;
    } else {
      model.delete();
    }
  }
  return fastest;
}

async function leastTime(run) {
  let least = Infinity;
  for (let i = 0; i < TRIALS; i++) {
    const start = performance.now();
    await run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
