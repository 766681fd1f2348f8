/** The npm packages of the lock file, and the `decem` command for npx in this folder. */
import { existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './run.js';
import { SetupError } from './tools.js';

/** Installs them when node_modules is missing or older than the lock file. */
export function requirePackages() {
  const lock = join(ROOT, 'package-lock.json');
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
    console.error('Installing the npm packages of package-lock.json (for development only; decem itself depends on none)');
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], process.stderr);
  }
  linkCommand();
}

/**
 * The same, where they are useful but not needed: without them the page is served unminified, and the command line cannot
 * read photographs.
 * @returns {boolean} whether they are there
 */
export function wantPackages() {
  try {
    requirePackages();
    return true;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error('The npm packages could not be installed: the page works, but "npx decem classify" cannot read photographs yet.');
    linkCommand();
    return false;
  }
}

/** npx looks for commands in node_modules/.bin, where npm puts those of other packages but not our own. */
function linkCommand() {
  const folder = join(ROOT, 'node_modules', '.bin');
  if (process.platform === 'win32' || existsSync(join(folder, 'decem'))) return;
  mkdirSync(folder, { recursive: true });
  symlinkSync('../../wasm/cli/decem.js', join(folder, 'decem'));
}
