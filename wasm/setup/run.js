/** Running programs, and ending with a sentence rather than a stack. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SetupError } from './tools.js';

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs a program from the root with its output shown. Throws a SetupError when it fails.
 * @param {string} program
 * @param {string[]} args
 * @param {'inherit' | NodeJS.WriteStream} [stdout] where its standard output goes
 * @param {NodeJS.ProcessEnv} [env]
 */
export function run(program, args, stdout = 'inherit', env = process.env) {
  const { status, error, signal } = spawnSync(program, args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', stdout, 'inherit'],
  });
  if (status === 0) return;
  const why = error?.message ?? (signal ? `was ended by ${signal}` : `failed with status ${status}`);
  throw new SetupError(`${[program, ...args].join(' ')}: ${why}`);
}

/**
 * The body of a script: prints a SetupError's sentence and exits with 1.
 * @param {() => void | Promise<void>} body
 */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}
