/** Finds the tensors of a model, by their names, in what torch.save wrote: a state_dict, a module, or a dict around either. */
import { DecemError } from '../js/errors.js';
import { Instance } from './pickle.js';
import { TorchTensor } from './torch-file.js';

/** Where training scripts put the weights in a checkpoint; the first that is there is taken. */
const KEYS = [
  'state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'module', 'weights', 'params',
  'ema', 'ema_state_dict', 'model_ema', 'state_dict_ema', 'ema_model',
];

/** What wrappers put before every name: DataParallel, torch.compile. */
const PREFIXES = ['module.', '_orig_mod.'];

/** A module may be held by several others, and so be met often; a hostile file's without an end. */
const MODULES_MAX = 100_000;

/**
 * @typedef {object} Weights
 * @property {Map<string, import('./tensor.js').AnyTensor>} tensors
 * @property {string} found what held them, in words
 * @property {Record<string, string>} metadata
 */

/**
 * @param {import('./file.js').RandomFile} file
 * @param {unknown} root as readTorchFile gives it
 * @returns {Weights}
 */
export function findWeights(file, root) {
  const path = /** @type {string[]} */ ([]);
  let holder = root;
  while (holder instanceof Map && path.length < 4) {
    const key = keyOfWeights(file, holder);
    if (key === null) break;
    path.push(key);
    holder = holder.get(key);
  }
  const within = path.length > 0 ? ` under ${path.map((key) => `"${key}"`).join(', ')}` : '';
  /** @type {Map<string, TorchTensor>} */
  const views = new Map();
  let found = `state_dict${within}`;
  if (isModule(holder)) {
    found = `module ${holder.path}${within}`;
    collectModules(file, holder, views);
  } else if (holder instanceof Map) {
    for (const [name, value] of holder) if (typeof name === 'string' && value instanceof TorchTensor) views.set(name, value);
  }
  if (views.size === 0) {
    throw new DecemError(
      `${file.path} holds no tensors with names: it is neither a state_dict, nor a checkpoint with one, nor a module. ` +
        'In PyTorch, save the weights with torch.save(model.state_dict(), "weights.pth").',
      'MALFORMED_FILE',
    );
  }
  return { tensors: new Map([...withoutPrefixes(views)].map(([name, view]) => [name, view.locate(file, name)])), found, metadata: {} };
}

/** @param {unknown} value @returns {value is Instance} */
function isModule(value) {
  return value instanceof Instance && value.attributes.get('_modules') instanceof Map;
}

/** @param {unknown} value */
function isStateDict(value) {
  return value instanceof Map && [...value].some(([name, tensor]) => typeof name === 'string' && tensor instanceof TorchTensor);
}

/** @param {unknown} value @returns {boolean} whether weights are in it, or in one of the usual places in it */
function holdsWeights(value) {
  return isModule(value) || isStateDict(value) || (value instanceof Map && KEYS.some((key) => isModule(value.get(key)) || isStateDict(value.get(key))));
}

/**
 * @param {import('./file.js').RandomFile} file
 * @param {Map<unknown, unknown>} map
 * @returns {string | null} the key of a checkpoint's weights; null where the map itself is a state_dict
 */
function keyOfWeights(file, map) {
  const usual = KEYS.find((key) => holdsWeights(map.get(key)));
  if (usual !== undefined) return usual;
  if (isStateDict(map)) return null;
  const others = [...map].filter(([key, value]) => typeof key === 'string' && holdsWeights(value)).map(([key]) => String(key));
  if (others.length > 1) {
    throw new DecemError(
      `${file.path} holds several models: ${others.map((key) => `"${key}"`).join(', ')}. In PyTorch, save the one that is wanted alone.`,
      'UNRECOGNISED_NETWORK',
    );
  }
  return others[0] ?? null;
}

/**
 * What `module.state_dict()` would list, in its order.
 * @param {import('./file.js').RandomFile} file
 * @param {Instance} root
 * @param {Map<string, TorchTensor>} out
 */
function collectModules(file, root, out) {
  /** @type {{ module: Instance, prefix: string }[]} */
  const waiting = [{ module: root, prefix: '' }];
  for (let count = 0; ; count++) {
    const next = waiting.pop();
    if (!next) return;
    if (count === MODULES_MAX || next.prefix.length > 1000) throw file.malformed('its modules hold one another without an end.');
    const { attributes } = next.module;
    const passing = attributes.get('_non_persistent_buffers_set');
    for (const kind of ['_parameters', '_buffers']) {
      for (const [name, value] of members(attributes.get(kind))) {
        const kept = kind === '_parameters' || !(passing instanceof Set && passing.has(name));
        if (value instanceof TorchTensor && kept) out.set(`${next.prefix}${name}`, value);
      }
    }
    const children = members(attributes.get('_modules')).reverse();
    for (const [name, child] of children) if (child instanceof Instance) waiting.push({ module: child, prefix: `${next.prefix}${name}.` });
  }
}

/** @param {unknown} value @returns {[unknown, unknown][]} */
function members(value) {
  return value instanceof Map ? [...value] : [];
}

/**
 * @template T
 * @param {Map<string, T>} tensors
 * @returns {Map<string, T>} without what a wrapper put before every name
 */
export function withoutPrefixes(tensors) {
  const prefix = PREFIXES.find((candidate) => [...tensors.keys()].every((name) => name.startsWith(candidate)));
  return prefix === undefined ? tensors : withoutPrefixes(new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor])));
}
