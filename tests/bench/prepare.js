// What the benchmark needs before it can start: the peers' packages, our module, the models. Each is made when it
// is missing or older than what it is made from, and said before it is.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../../wasm/setup/build.js';
import { requirePackages } from '../../wasm/setup/packages.js';
import { ROOT, run } from '../../wasm/setup/run.js';
import { SetupError, requireTools } from '../../wasm/setup/tools.js';

const here = join(ROOT, 'tests', 'bench');
const models = join(ROOT, 'build', 'bench');

/** Paths from the root that decide what is in an exported model. */
const EXPORT_SOURCES = [
  'tests/bench/export_models.py',
  'tests/reference/synthetic.py',
  'models/train/networks.py',
  'models/train/synthetic_gains.json',
];
const CONVERT_SOURCES = readdirSync(join(here, 'convert')).map((name) => `tests/bench/convert/${name}`);

/** @param {string[]} targets @param {string[]} sources @returns {boolean} whether a target is missing or older than a source */
function isStale(targets, sources) {
  if (!targets.every(existsSync)) return true;
  const oldest = Math.min(...targets.map((path) => statSync(path).mtimeMs));
  return sources.some((path) => statSync(path).mtimeMs > oldest);
}

/** @param {{ networks: string[], engines: string[], where: string[] }} wanted */
export async function prepare({ networks, engines, where }) {
  if (where.includes('chromium')) requireTools(['chromium']);
  if (engines.some((engine) => engine !== 'decem') || where.some((host) => host !== 'node')) installPeers();
  requirePackages(); // for esbuild
  build(['wasm', 'site']); // its networks' costs are needed even where it is not timed
  exportModels(networks);
  if (engines.includes('tfjs') || engines.includes('litert')) await convertModels(networks);
}

/** The other engines, and the newest Node. */
export function installPeers() {
  const installed = join(here, 'node_modules', '.package-lock.json');
  if (!isStale([installed], [join(here, 'package-lock.json')])) return;
  console.error('Installing the engines to compare with and the newest Node into tests/bench/node_modules (about 480 MB)');
  // The newest Node comes by its package's install script.
  run('npm', ['ci', '--prefix', here, '--no-audit', '--no-fund', '--loglevel=error'], process.stderr);
}

function exportModels(networks) {
  const sources = EXPORT_SOURCES.map((path) => join(ROOT, path));
  const stale = networks.filter((network) => {
    const targets = ['onnx', 'safetensors', 'logits.json'].map((kind) => join(models, `${network}.${kind}`));
    return isStale(targets, sources);
  });
  if (stale.length === 0) return;
  console.error(`Exporting the models with PyTorch into build/bench: ${stale.join(', ')}`);
  run(pythonWithTorch(), [join(here, 'export_models.py'), ...stale], process.stderr);
}

/** Debian's packages are for its own Python, which need not be the first on PATH. */
function pythonWithTorch() {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter((name) => name !== undefined);
  const found = candidates.find((name) => spawnSync(name, ['-c', 'import numpy, torch, torchvision']).status === 0);
  if (found) return found;
  throw new SetupError(
    'The benchmark needs a Python with PyTorch and torchvision, which write its models: name one in the variable PYTHON, or on' +
      ' Debian: apt-get install python3-torch python3-torchvision python3-numpy libopenblas0',
  );
}

async function convertModels(networks) {
  const { convert } = await import('./convert/index.js'); // needs the peers' packages
  const sources = CONVERT_SOURCES.map((path) => join(ROOT, path));
  for (const network of networks) {
    const stem = join(models, network);
    const targets = ['tfjs.json', 'tfjs.bin', 'tflite'].map((kind) => `${stem}.${kind}`);
    if (!isStale(targets, [...sources, `${stem}.onnx`])) continue;
    console.error(`Converting ${network} for TensorFlow.js and LiteRT.js`);
    convert(stem);
  }
}
