/**
 * npm run build [TARGET...]: builds what is out of date. CMake and Ninja (or Make) decide what that is.
 *
 *   wasm        build/wasm/decem-<variant>.wasm
 *   site        build/site: the page and the modules of wasm, minified, for any static host
 *   types       build/types/*.d.ts, from the JSDoc in wasm/js
 *   native      build/native/libdecem.so and libdecem.a
 *   asan        build/asan: tests/c and tests/fuzz under sanitizers
 *   wasm-tests  build/wasm-tests: tests/c compiled to WASM
 *
 * Without a TARGET: wasm, types and native.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emscriptenEnvironment } from './emscripten.js';
import { requirePackages } from './packages.js';
import { ROOT, main, run } from './run.js';
import { SetupError, onPath, requireTools } from './tools.js';

const WASM_TOOLS = ['cmake', 'builder', 'emscripten'];
const NATIVE_TOOLS = ['cmake', 'builder', 'compiler'];

/** @type {Record<string, { tools: string[], packages?: boolean, make: () => void }>} */
const TARGETS = {
  wasm: { tools: WASM_TOOLS, make: () => cmake('build/wasm', { emscripten: true, targets: ['decem-wasm'] }) },
  site: { tools: [], packages: true, make: () => run(process.execPath, ['wasm/setup/site.js'], process.stderr) },
  types: { tools: [], packages: true, make: () => runTypeScript('.') },
  native: { tools: NATIVE_TOOLS, make: () => cmake('build/native', { targets: ['decem'] }) },
  asan: { tools: NATIVE_TOOLS, make: () => cmake('build/asan', { options: ['-DDECEM_SANITIZE=ON'] }) },
  'wasm-tests': { tools: WASM_TOOLS, make: () => cmake('build/wasm', { emscripten: true, targets: ['wasm-tests'] }) },
};

/**
 * Builds the named targets, after installing what they need. What the tools say goes to stderr, so that stdout stays
 * for whoever asked for the build, such as npm pack --json.
 * @param {string[]} names
 * @param {string[]} [moreTools] tools that the caller needs besides
 */
export function build(names, moreTools = []) {
  const unknown = names.find((name) => !(name in TARGETS));
  if (unknown) throw new SetupError(`no target "${unknown}"; there are ${Object.keys(TARGETS).join(', ')}`);
  const targets = names.map((name) => TARGETS[name]);
  requireTools([...new Set([...targets.flatMap((target) => target.tools), ...moreTools])]);
  if (targets.some((target) => target.packages)) requirePackages();
  for (const target of targets) target.make();
}

/** @param {string} folder with the tsconfig.json */
export function runTypeScript(folder) {
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], process.stderr);
}

/**
 * Configures a build folder once and builds in it.
 * @param {string} folder
 * @param {{ emscripten?: boolean, options?: string[], targets?: string[] }} how
 */
function cmake(folder, { emscripten = false, options = [], targets = [] }) {
  const environment = emscripten ? emscriptenEnvironment() : process.env;
  const configured = ['build.ninja', 'Makefile'].some((file) => existsSync(join(ROOT, folder, file)));
  if (!configured) {
    const generator = onPath('ninja') ? ['-G', 'Ninja'] : [];
    const [program, ...args] = [...(emscripten ? ['emcmake'] : []), 'cmake', '-S', '.', '-B', folder, ...generator, ...options];
    run(program, args, process.stderr, environment);
  }
  const only = targets.length > 0 ? ['--target', ...targets] : [];
  run('cmake', ['--build', folder, '--parallel', String(availableParallelism()), ...only], process.stderr, environment);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  await main(() => build(names.length > 0 ? names : ['wasm', 'types', 'native']));
}
