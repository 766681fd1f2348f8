/** node run-wasi.js FILE.wasm: runs a WASI command with this folder as its root, and exits with its status. */
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const file = process.argv[2];
const wasi = new WASI({
  version: 'preview1',
  args: [file],
  env: { DECEM_ROOT: '.' },
  preopens: { '/': process.cwd() },
  returnOnExit: true,
});
const module = await WebAssembly.compile(readFileSync(file));
const instance = await WebAssembly.instantiate(module, {
  ...wasi.getImportObject(),
  env: { emscripten_notify_memory_growth() {} },
});
process.exitCode = wasi.start(instance);
