/** From the options --weights, --network, --options and --seed, or from a NETWORK|FILE argument, to a classifier. */
import { existsSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPulled } from '../convert/catalogue.js';
import { Classifier, DecemError } from '../js/index.js';
import { UsageError, jsonObject, wholeNumber } from './command.js';
import { Interrupt } from './interrupt.js';
import { ProgressBar, formatBytes } from './terminal.js';

/** @param {string} network @returns {string} where the weights for it would be that ship with decem */
const shipped = (network) => fileURLToPath(new URL(`../../models/${network}-everyday100.safetensors`, import.meta.url));
const DEFAULT_WEIGHTS = shipped('shufflenetv2');
const MODULE = new URL('../../build/wasm/decem-simd.wasm', import.meta.url);

/** What text output calls synthetic weights. */
export const UNTRAINED = 'untrained (synthetic weights)';

/** The options that say which weights; for commands to spread into theirs. */
export const WEIGHTS_OPTIONS = {
  weights: { value: 'FILE|URL|NAME', about: 'a safetensors file, or what decem pull has fetched' },
  network: { value: 'NAME', about: 'the network: with --weights, where the file does not say; alone, with synthetic weights' },
  options: { value: 'JSON', about: "the network's options, with --network" },
  seed: { value: 'N', about: 'of the synthetic weights; 1 if left out' },
};

/**
 * @typedef {object} Choice
 * @property {import('../js/index.js').WeightsSource} [weights]
 * @property {string} [network]
 * @property {import('../js/index.js').NetworkOptions} [options]
 * @property {number} [seed]
 */

/**
 * Reads WEIGHTS_OPTIONS. Without any of them: the weights that ship with decem.
 * @param {Record<string, string | boolean | undefined>} values
 * @returns {Choice}
 */
export function chosenWeights(values) {
  const options = jsonObject(values.options, 'options');
  const seed = wholeNumber(values.seed, { name: 'seed', otherwise: 1, least: 0, most: 0xffffffff });
  const weights = /** @type {string | undefined} */ (values.weights);
  const network = /** @type {string | undefined} */ (values.network);
  if (options && !network) throw new UsageError('--options needs --network NAME.');
  if (network && !weights && !options && values.seed === undefined && existsSync(shipped(network))) {
    console.error(`decem: synthetic weights, for --network stands alone; trained ones are there: --weights ${relative('.', shipped(network))}`);
  }
  if (weights || network) return { weights, network, options, seed };
  if (!existsSync(DEFAULT_WEIGHTS)) {
    throw new UsageError('there are no default weights here: give --weights FILE, or --network NAME for synthetic ones.');
  }
  console.error(`decem: using the default weights, models/${basename(DEFAULT_WEIGHTS)} (100 everyday classes)`);
  return { weights: DEFAULT_WEIGHTS };
}

/**
 * Reads an argument that is a network's name or a file.
 * @param {string} argument
 * @param {Record<string, string | boolean | undefined>} values options and seed
 * @returns {Promise<Choice>}
 */
export async function networkOrFile(argument, values) {
  const options = jsonObject(values.options, 'options');
  requireModule();
  const names = await Classifier.networks();
  if (names.includes(argument)) return { network: argument, options };
  if (existsSync(argument) || /^https?:/.test(argument)) {
    if (options) throw new UsageError('--options goes with a network, not with a file, which says its own.');
    return { weights: argument };
  }
  throw new DecemError(
    `"${argument}" is neither a file nor a network. The networks are ${names.join(', ')}.`,
    'UNKNOWN_NETWORK',
  );
}

/**
 * Loads a classifier with a progress bar.
 * @param {Choice} choice
 * @param {import('../js/index.js').LoadOptions} [how] threads and variant
 * @returns {Promise<Classifier>}
 */
export async function loadClassifier({ weights, network, options, seed }, how = { threads: 1 }) {
  requireModule();
  const progress = new ProgressBar();
  // What a download has written by then is put away first.
  const interrupt = /^https?:/.test(String(weights)) ? new Interrupt() : null;
  try {
    if (weights === undefined) return await Classifier.load({ network: /** @type {string} */ (network), options, seed }, how);
    const pulled = isName(weights) && !existsSync(weights) ? await pulledFile(weights) : null;
    return await Classifier.load(pulled?.path ?? weights, {
      ...how,
      ...(pulled?.sha256 && { sha256: pulled.sha256 }),
      network,
      options,
      ...(interrupt && { signal: interrupt.signal }),
      onProgress: ({ loaded, total, source, from, bytesPerSecond, secondsLeft, retryInSeconds }) => {
        const size = total === null ? formatBytes(loaded) : `${formatBytes(loaded)} of ${formatBytes(total)}`;
        const left = secondsLeft === null || secondsLeft < 1 ? '' : `  ${Math.round(secondsLeft)} s left`;
        const pace = from === 'cache' ? 'kept on this machine' : `${formatBytes(bytesPerSecond)}/s${left}`;
        progress.update(loaded, total, `${source}  ${size}  ${retryInSeconds === null ? pace : 'connection lost, trying again'}`);
      },
    });
  } catch (error) {
    if (!(error instanceof DecemError) || !['WRONG_HASH', 'MALFORMED_FILE'].includes(error.code) || existsSync(String(weights)) || !isName(weights)) throw error;
    throw new DecemError(`What was pulled as ${weights} has been damaged on this disk: "decem pull ${weights} --again" fetches it anew.`, error.code, { cause: error });
  } finally {
    progress.end();
    interrupt?.end();
  }
}

/** @param {unknown} weights @returns {weights is string} whether they may be a name of the catalogue */
function isName(weights) {
  return typeof weights === 'string' && /^[\w.-]+$/.test(weights);
}

/**
 * The weights of the catalogue that go by a name.
 * @param {string} name
 * @returns {Promise<import('../js/index.js').FileFacts | null>} null where the catalogue has none of that name
 */
async function pulledFile(name) {
  const found = await findPulled(name);
  if (found && !found.file) throw new DecemError(`${name} is not there yet: "decem pull ${name}" fetches it.`, 'FETCH_FAILED');
  return found?.file ?? null;
}

/** A clone that has not been built yet says so, rather than naming a file that nobody knows. */
export function requireModule() {
  if (!existsSync(MODULE)) {
    throw new DecemError('decem is not built yet: run "npm run build" in its folder.', 'UNSUPPORTED');
  }
}
