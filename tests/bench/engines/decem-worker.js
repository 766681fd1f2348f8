// The inside of the worker that decem.js starts.
import { serve } from '../../../wasm/js/rpc.js';
import { load } from './decem-model.js';

let model;

serve(globalThis, async (method, args) => {
  if (method === 'run') return model.run();
  model = await load(...args);
  return undefined;
});
