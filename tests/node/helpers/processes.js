/** This process's threads, as Linux counts them; and scripts in a process of their own. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** Elsewhere they cannot be counted. */
export const countsThreads = process.platform === 'linux';

/** @returns {string[]} the ids of this process's threads */
export function threadIds() {
  return readdirSync('/proc/self/task');
}

/** @param {string[]} ids of threads @returns {number} the processor time that they have used, in ticks of 10 ms */
export function ticksOf(ids) {
  return ids.reduce((sum, id) => {
    // What follows the name, which may hold spaces: user time and system time are the 12th and 13th.
    const fields = readFileSync(`/proc/self/task/${id}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);
}

/**
 * Runs a script as a module, to its end. Imports are seen from this folder.
 * @param {string} script
 * @param {string[]} [flags] of Node
 * @returns {Promise<any>} the JSON that it printed; rejects where it fails or does not end within a minute
 */
export function runScript(script, flags = []) {
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', script], {
    cwd: new URL('.', import.meta.url),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) resolve(JSON.parse(stdout));
      else reject(new Error(`ended with ${signal ?? status}: ${stderr}`));
    });
  });
}
