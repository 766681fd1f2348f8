/**
 * What a fresh machine needs, and how to get it: programs are looked for on PATH; on Debian and its kin, missing
 * ones are installed by apt-get (as root or through sudo); elsewhere one sentence says what to install.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {object} Tool
 * @property {string} what       for people
 * @property {string[]} programs any one of these will do
 * @property {string[]} packages Debian's names
 */

/** @type {Record<string, Tool>} */
const TOOLS = {
  cmake: { what: 'CMake', programs: ['cmake'], packages: ['cmake'] },
  builder: { what: 'Ninja or Make', programs: ['ninja', 'make', 'gmake'], packages: ['ninja-build'] },
  emscripten: { what: 'Emscripten, which compiles C to WebAssembly', programs: ['emcc'], packages: ['emscripten'] },
  llvm: {
    what: "LLVM 19, since this Emscripten's own is too old for relaxed SIMD",
    programs: ['wasm-ld-19'],
    packages: ['clang-19', 'lld-19', 'llvm-19'],
  },
  compiler: { what: 'a C compiler', programs: ['cc', 'gcc', 'clang'], packages: ['gcc', 'libc6-dev'] },
  chromium: {
    what: 'Chromium, in which the page is tested',
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    packages: ['chromium'],
  },
};

/** A failure with a sentence that says it all: printed without a stack. */
export class SetupError extends Error {}

/** @param {string} program @returns {boolean} */
export function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Makes sure that the named tools are there; says what it installs before it does.
 * @param {string[]} names keys of TOOLS
 */
export function requireTools(names) {
  const version = Number(process.versions.node.split('.')[0]);
  if (version < 20) {
    throw new SetupError(`decem needs Node 20 or newer; this is ${process.version}. Install one and run the command again.`);
  }
  const missing = names.map((name) => TOOLS[name]).filter((tool) => !tool.programs.some(onPath));
  if (missing.length === 0) return;

  const what = missing.map((tool) => tool.what).join('; ');
  const packages = missing.flatMap((tool) => tool.packages);
  const prefix = administrator();
  if (!onPath('apt-get') || !prefix) {
    throw new SetupError(
      `decem needs ${what}. Install ${missing.length > 1 ? 'them' : 'it'} and run the command again` +
        ` (on Debian or Ubuntu: sudo apt-get install ${packages.join(' ')}).`,
    );
  }
  console.error(`decem needs ${what}. Installing with apt-get: ${packages.join(' ')}`);
  const apt = (/** @type {string[]} */ ...args) => {
    const [program, ...rest] = [...prefix, 'apt-get', ...args];
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'], env: environment });
  };
  apt('update', '-q');
  apt('install', '-y', '-q', '--no-install-recommends', ...packages);
  const still = missing.filter((tool) => !tool.programs.some(onPath));
  if (still.length > 0) {
    throw new SetupError(
      `apt-get could not install ${still.map((tool) => tool.what).join('; ')}.` +
        ` Try "apt-get install ${still.flatMap((tool) => tool.packages).join(' ')}" by hand to see why.`,
    );
  }
}

/**
 * What to put before a command that installs software: nothing for root, sudo where it may be used, and null
 * where neither is possible. Unattended, sudo must not ask for a password.
 * @returns {string[] | null}
 */
function administrator() {
  if (process.getuid?.() === 0) return [];
  if (!onPath('sudo')) return null;
  if (process.stdin.isTTY) return ['sudo'];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : null;
}
