/**
 * Debian 12's Emscripten (3.1.6) comes with LLVM 14, which does not know relaxed SIMD. It works as well with LLVM 19,
 * which Debian has too, when a configuration file says so. A current Emscripten needs nothing of this.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run.js';
import { SetupError, requireTools } from './tools.js';

const LLVM = '/usr/lib/llvm-19/bin';
const CONFIG = join(ROOT, 'build', 'emscripten.cfg');

/** The first version whose LLVM has the relaxed SIMD instructions as they were standardised. */
const FIRST_CURRENT = [3, 1, 40];

/** @returns {boolean} whether Emscripten's own LLVM will do */
function isCurrent() {
  const { stdout } = spawnSync('emcc', ['-dumpversion'], { encoding: 'utf8' });
  const version = (stdout ?? '').trim().split('.').map(Number);
  for (const [i, part] of FIRST_CURRENT.entries()) {
    if (version[i] !== part) return version[i] > part;
  }
  return true;
}

/**
 * The environment in which emcc compiles everything that decem needs; installs LLVM where it must.
 * @returns {NodeJS.ProcessEnv}
 */
export function emscriptenEnvironment() {
  if (process.env.EM_CONFIG || (!existsSync(CONFIG) && isCurrent())) return process.env;
  requireTools(['llvm']);
  if (!existsSync(join(LLVM, 'clang'))) throw new SetupError(`LLVM 19 is not in ${LLVM}; set EM_CONFIG to an Emscripten configuration with LLVM 16 or newer.`);
  const text = [
    "EMSCRIPTEN_ROOT = '/usr/share/emscripten'",
    `LLVM_ROOT = '${LLVM}'`,
    "BINARYEN_ROOT = '/usr'",
    `NODE_JS = '${process.execPath}'`,
    'FROZEN_CACHE = True',
    '',
  ].join('\n');
  if (!existsSync(CONFIG) || readFileSync(CONFIG, 'utf8') !== text) {
    mkdirSync(join(ROOT, 'build'), { recursive: true });
    writeFileSync(CONFIG, text);
  }
  return { ...process.env, EM_CONFIG: CONFIG };
}
