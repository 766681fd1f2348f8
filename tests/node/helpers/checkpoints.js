/** Files as PyTorch writes them, made on demand by tests/reference/make_checkpoints.py. */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ROOT } from './cli.js';

const PYTHON = process.env.PYTHON ?? '/usr/bin/python3';

/** Why tests that need PyTorch are skipped; false where it is there. */
export const withoutTorch =
  spawnSync(PYTHON, ['-c', 'import torch, torchvision'], { stdio: 'ignore' }).status === 0
    ? false
    : `${PYTHON} has no PyTorch with torchvision (Debian: python3-torch, python3-torchvision)`;

/**
 * @typedef {object} Asked
 * @property {string} network
 * @property {Record<string, unknown>} options
 * @property {number} size of the image that ONNX is exported with
 * @property {string[]} formats
 * @property {boolean} [torchvision]
 */

/** Python with PyTorch, started once: its import takes longer than most files. */
export class CheckpointMaker {
  #child;
  #answers;
  #errors = '';

  /** @param {string} folder where the files go */
  constructor(folder) {
    this.#child = spawn(PYTHON, [`${ROOT}tests/reference/make_checkpoints.py`, folder]);
    this.#child.stderr.on('data', (chunk) => (this.#errors += chunk));
    this.#answers = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** @param {Asked} asked @returns {Promise<Record<string, string>>} paths by format */
  async make(asked) {
    this.#child.stdin.write(`${JSON.stringify(asked)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`make_checkpoints.py ended: ${this.#errors}`);
    return JSON.parse(value).files;
  }

  end() {
    this.#child.stdin.end();
  }
}
