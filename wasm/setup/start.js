/** npm start [-- --port N]: everything from a fresh clone to the page's address. Needs only Emscripten and CMake. */
import { build } from './build.js';
import { wantPackages } from './packages.js';
import { main } from './run.js';

await main(async () => {
  wantPackages();
  build(['wasm']);
  const { default: serve } = await import('../cli/serve.js');
  process.exitCode = await serve.run(process.argv.slice(2));
});
