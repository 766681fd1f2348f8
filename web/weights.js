/**
 * The list of weights: the files of the server's models/ folder, synthetic ones, and the visitor's own from a
 * file or an address.
 *
 * @typedef {object} ModelFile  a line of models/index.json
 * @property {string} file
 * @property {number} [bytes]
 * @property {string} [network]
 * @property {string} [sha256]
 *
 * Which weights, and for which network where that is already known. With a file or an address, `network` says as
 * what to read it; without, the file decides. An address is whole, with its host.
 *
 * @typedef {{ kind: 'file', blob: File, network?: string } | { kind: 'url', url: string, network?: string }} OwnChoice
 * @typedef {{ kind: 'model', file: string, network?: string, sha256?: string } | { kind: 'synthetic', network: string } | OwnChoice} Choice
 */
import { byId, element, notify } from './dom.js';
import { megabytes } from './format.js';
import { nameOf } from './networks.js';

/** Where the server's weights are. */
const modelsFolder = new URL('../models/', import.meta.url);

/** @type {ModelFile} what ships with the page, and is chosen at first */
export const shipped = { file: 'shufflenetv2-everyday100.safetensors', network: 'shufflenetv2' };

/**
 * The files in the server's models/ folder. A server that lists none still has what ships.
 * @returns {Promise<ModelFile[]>}
 */
export async function listModels() {
  try {
    const response = await fetch(new URL('index.json', modelsFolder));
    if (!response.ok) return [shipped];
    const files = /** @type {ModelFile[]} */ (await response.json()).filter((entry) => entry.file.endsWith('.safetensors'));
    return files.length > 0 ? files : [shipped];
  } catch {
    return [shipped];
  }
}

/** @param {ModelFile} model @returns {Choice} */
export const choiceOf = ({ file, network, sha256 }) => ({ kind: 'model', file, network, sha256 });

/**
 * What to hand to Classifier.load.
 * @param {Choice} choice
 */
export function sourceOf(choice) {
  switch (choice.kind) {
    case 'model': return new URL(encodeURIComponent(choice.file), modelsFolder);
    case 'file': return choice.blob;
    case 'url': return new URL(choice.url);
    case 'synthetic': return { network: choice.network };
  }
}

/**
 * A few words for a choice.
 * @param {Choice} choice
 */
export function titleOf(choice) {
  switch (choice.kind) {
    case 'model': return choice.file;
    case 'file': return choice.blob.name;
    case 'url': return new URL(choice.url).pathname.split('/').pop() || choice.url;
    case 'synthetic': return `synthetic weights for ${nameOf(choice.network)}`;
  }
}

/**
 * @param {Choice} choice
 * @returns {choice is OwnChoice}
 */
const isOwn = (choice) => choice.kind === 'file' || choice.kind === 'url';

/** @param {Choice} a @param {Choice} b */
const same = (a, b) => a.kind === b.kind && (a.kind === 'synthetic' || titleOf(a) === titleOf(b));

/**
 * @param {ModelFile[]} models
 * @param {(choice: Choice) => void} onChoose
 */
export function createWeights(models, onChoose) {
  const list = byId('weights');
  const notice = byId('weights-notice');
  let network = shipped.network ?? '';
  /** @type {OwnChoice | null} the visitor's own, once there is one */
  let own = null;
  /** @type {Choice | null} */
  let chosen = null;
  /** @type {Set<string>} addresses of what is stored on this device */
  let stored = new Set();

  /** @param {Choice} choice @param {string} name @param {string} facts */
  const row = (choice, name, facts) => element('label', { className: 'choice' },
    element('input', {
      type: 'radio',
      name: 'weights',
      checked: chosen !== null && same(chosen, choice),
      onchange: () => onChoose(choice),
    }),
    element('span', { className: 'choice-name', textContent: name }),
    element('span', { className: 'choice-facts', textContent: facts }));

  const draw = () => {
    const focused = [...list.querySelectorAll('input')].indexOf(document.activeElement);
    list.replaceChildren(
      ...models.map((model) => row(
        choiceOf(model),
        model.file.replace(/\.safetensors$/, ''),
        [
          model.network && nameOf(model.network),
          model.bytes && megabytes(model.bytes),
          stored.has(String(sourceOf(choiceOf(model)))) && 'stored on this device',
        ].filter(Boolean).join(', '))),
      row({ kind: 'synthetic', network }, 'Synthetic', `${nameOf(network)}, untrained: the answers mean nothing`),
      own && row(own, titleOf(own), own.kind === 'file' ? 'from your file' : `from ${new URL(own.url).host}`) || '');
    if (focused >= 0) list.querySelectorAll('input')[focused]?.focus();
  };

  /** @param {OwnChoice} choice */
  const takeOwn = (choice) => {
    notify(notice);
    own = choice;
    onChoose(choice);
  };

  byId('weights-input').addEventListener('change', (/** @type {any} */ event) => {
    const [blob] = event.target.files;
    event.target.value = '';
    if (blob) takeOwn({ kind: 'file', blob });
  });

  byId('weights-form').addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault();
    const address = byId('weights-url').value.trim();
    if (address === '') return notify(notice, 'Type the address of a .safetensors file first.');
    if (!URL.canParse(address, document.baseURI) || !/^https?:$/.test(new URL(address, document.baseURI).protocol)) {
      return notify(notice, `“${address}” is not an address. One looks like https://example.org/model.safetensors.`);
    }
    takeOwn({ kind: 'url', url: new URL(address, document.baseURI).href });
  });

  return {
    /**
     * Marks what is chosen, without loading it.
     * @param {Choice} choice
     * @param {string} [forNetwork]  the network that synthetic weights would be for
     */
    mark(choice, forNetwork = choice.network) {
      chosen = choice;
      network = forNetwork ?? network;
      if (isOwn(choice)) own = choice;
      draw();
    },

    /** Says of each file whether it is stored. @param {Set<string>} urls  of what is stored on this device */
    markStored(urls) {
      stored = urls;
      draw();
    },

    /** A file from elsewhere, such as one dropped on the page. @param {File} blob */
    take(blob) {
      takeOwn({ kind: 'file', blob });
    },

    /**
     * Writes an address into the field and says why it is not loaded at once.
     * @param {string} url
     */
    propose(url) {
      byId('weights-url').value = url;
      notify(notice, `This link asks for weights from ${new URL(url).host}. Press Load if you trust it.`);
    },

    /**
     * The choice for a network: weights of the server's where it has some, else synthetic ones.
     * @param {string} wanted
     * @returns {Choice}
     */
    for(wanted) {
      const model = models.find((entry) => entry.network === wanted);
      return model ? choiceOf(model) : { kind: 'synthetic', network: wanted };
    },
  };
}
