/** npm start [-- --port N]: everything from a fresh clone to the page's address. Needs only Emscripten and CMake. */
import { runCommand } from '../cli/command.js';
import serve from '../cli/serve.js';
import { build } from './build.js';
import { wantPackages } from './packages.js';
import { main } from './run.js';

await main(async () => {
  build(wantPackages() ? ['wasm', 'site'] : ['wasm']);
  process.exitCode = await runCommand(serve, process.argv.slice(2));
});
