/** The inside of a classifier's worker: one engine, and its methods by name. */
import { Engine } from './engine.js';
import { serve } from './rpc.js';

/** @type {Engine} */
let engine;

serve(/** @type {import('./rpc.js').Port} */ (/** @type {unknown} */ (globalThis)), async (method, args) => {
  switch (method) {
    case 'create':
      engine = await Engine.create(args[0], args[1]);
      return engine.threads;
    case 'select':
      return engine.select(args[0], args[1]);
    case 'expectSha256':
      return engine.expectSha256(args[0]);
    case 'first':
      return engine.first(args[0]);
    case 'takeFirst':
      return engine.takeFirst(args[0]);
    case 'push':
      return engine.push(args[0]);
    case 'finish':
      return engine.finish();
    case 'synthesize':
      return engine.synthesize(args[0]);
    case 'describe':
      return engine.describe();
    case 'run':
      return engine.run(args[0], args[1]);
    case 'crop':
      return engine.crop();
    default:
      throw new TypeError(`decem's worker has no method ${method}`);
  }
});
