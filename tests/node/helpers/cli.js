/** Runs the command line as a user does: a process of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** @param {string[]} args @param {import('node:child_process').SpawnOptions} [options] */
export function start(args, options = {}) {
  return spawn(process.execPath, [`${ROOT}wasm/cli/decem.js`, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options });
}

/**
 * @param {...string} args
 * @returns {Promise<{ status: number | null, stdout: string, stderr: string }>}
 */
export function decem(...args) {
  return new Promise((resolve, reject) => {
    const child = start(args, { timeout: 120_000 });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/**
 * The JSON objects that a command printed, one a line.
 * @param {string} stdout
 * @returns {any[]}
 */
export function jsonLines(stdout) {
  return stdout.trim().split('\n').map((line) => JSON.parse(line));
}
