// onnxruntime-web, its WebAssembly backend (MLAS).
import { modelPlace, peers } from '../place.js';

export async function start({ threads }) {
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = `${peers}onnxruntime-web/dist/`;
  return {
    version: ort.env.versions.web,
    get threads() {
      return ort.env.wasm.numThreads; // set to 1 by the engine where there is no SharedArrayBuffer
    },
    async load(network, input) {
      const session = await ort.InferenceSession.create(modelPlace(`${network}.onnx`), { executionProviders: ['wasm'] });
      const feeds = { input: new ort.Tensor('float32', input.chw, [1, 3, 224, 224]) };
      return {
        async run() {
          const outputs = await session.run(feeds);
          return session.outputNames.map((name) => outputs[name].data);
        },
        dispose: () => session.release(),
      };
    },
  };
}
