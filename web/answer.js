/**
 * The answer panel: loading, waiting, an error, or what the network sees.
 *
 * @typedef {import('../wasm/js/index.js').Classification} Classification
 * @typedef {import('../wasm/js/index.js').Crop} Crop
 * @typedef {import('../wasm/js/index.js').Prediction} Prediction
 * @typedef {import('../wasm/js/index.js').Progress} Progress
 */
import { button, byId, element } from './dom.js';
import { megabytes, milliseconds, percent, timeLeft } from './format.js';

const shownPredictions = 5;
const branchPredictions = 3;

/** @param {Prediction} prediction */
function predictionRow({ index, label, probability }) {
  const bar = element('span', { className: 'bar-fill' });
  bar.style.width = `${probability * 100}%`;
  return element('li', { className: 'prediction' },
    element('span', { className: 'label', textContent: label, title: `class ${index}` }),
    element('span', { className: 'number', textContent: percent(probability) }),
    element('span', { className: 'bar', 'aria-hidden': 'true' }, bar));
}

/**
 * Brings a list of predictions up to date, in place, so that its bars move rather than jump.
 * @param {HTMLElement} list
 * @param {Prediction[]} predictions
 */
function updatePredictions(list, predictions) {
  if (list.children.length !== predictions.length) {
    list.replaceChildren(...predictions.map(predictionRow));
    return;
  }
  predictions.forEach(({ index, label, probability }, rank) => {
    const [name, number, bar] = /** @type {any} */ (list.children[rank].children);
    if (name.textContent !== label) {
      name.textContent = label;
      name.title = `class ${index}`;
    }
    number.textContent = percent(probability);
    bar.firstChild.style.width = `${probability * 100}%`;
  });
}

/**
 * @param {Record<string, string>} figures
 * @returns {Node[]}
 */
export const figureRows = (figures) => Object.entries(figures).map(([name, value]) => element('div', {},
  element('dt', { textContent: name }),
  element('dd', { textContent: value })));

/** Whether the first answer is likelier wrong than right, by the network's own measure. @param {Classification} classification */
export const isUnsure = ({ predictions: [best], trained }) => trained && best.probability < 0.5;

/** GoogLeNet's outputs in words. @param {string} name */
const branchTitle = (name) => name.replace(/^branch[ _]?(\d)$/i, 'Side branch $1');

export function createAnswer() {
  const body = byId('answer-body');
  const by = byId('answer-by');
  /** @type {{ list: HTMLElement, doubt: HTMLElement, branches: HTMLElement[], figures: HTMLElement, crop: HTMLElement } | null} */
  let result = null;
  /** @type {{ bar: HTMLProgressElement, text: HTMLElement } | null} */
  let loading = null;

  /** @param {...(Node|null|false)} children */
  const fill = (...children) => {
    result = null;
    loading = null;
    body.setAttribute('aria-busy', 'false');
    body.replaceChildren(...children.filter((child) => child instanceof Node));
  };

  /** @param {Classification} classification */
  const build = (classification) => {
    const list = element('ol', { className: 'predictions' });
    const doubt = element('p', { className: 'doubt', textContent: 'Unsure: this may be none of the things that these weights know.' });
    const branches = (classification.outputs ?? []).slice(1).map(() => element('ol', { className: 'predictions small' }));
    const figures = element('dl', { className: 'figures' });
    const crop = element('figure', { className: 'crop', hidden: true });
    fill(
      !classification.trained && element('p', { className: 'untrained' },
        element('strong', { textContent: 'Untrained.' }), ' These weights are pseudo-random: the answers mean nothing.'),
      list,
      classification.trained && doubt,
      branches.length > 0 && element('div', { className: 'branches' },
        ...branches.map((branch, index) => element('section', {},
          element('h3', { textContent: branchTitle(classification.outputs?.[index + 1].name ?? '') }),
          branch))),
      element('div', { className: 'below' }, crop, figures));
    body.classList.toggle('is-untrained', !classification.trained);
    return { list, doubt, branches, figures, crop };
  };

  return {
    /** Who answers. @param {string} network */
    setNetwork(network) {
      by.textContent = network;
    },

    /** Another answer is on its way: what is shown is of the picture before. */
    setBusy() {
      body.setAttribute('aria-busy', 'true');
    },

    /**
     * @param {string} title
     * @param {() => void} onCancel
     */
    showLoading(title, onCancel) {
      const bar = element('progress', { max: 1, 'aria-label': `Loading ${title}` });
      const text = element('p', { className: 'progress-text', textContent: 'Starting' });
      fill(element('div', { className: 'state' },
        element('p', { className: 'state-title', textContent: `Loading ${title}` }),
        bar,
        text,
        button('Cancel', onCancel)));
      loading = { bar, text };
    },

    /** @param {Progress} progress */
    showProgress({ phase, loaded, total, from, bytesPerSecond, secondsLeft, retryInSeconds }) {
      if (!loading) return;
      if (retryInSeconds !== null) loading.text.textContent = `The connection was lost${loaded > 0 ? ` at ${megabytes(loaded)}` : ''}. Trying again.`;
      else if (phase === 'wasm') loading.text.textContent = 'Starting the engine';
      else if (loaded === 0) loading.text.textContent = total ? `0 of ${megabytes(total)}` : 'Waiting for the first bytes';
      else {
        const size = `${megabytes(loaded)}${total ? ` of ${megabytes(total)}` : ''}`;
        const speed = bytesPerSecond > 0 ? ` at ${megabytes(bytesPerSecond)}/s` : '';
        const left = secondsLeft !== null && secondsLeft >= 1 ? `, ${timeLeft(secondsLeft)} left` : '';
        loading.text.textContent = from === 'cache' ? `${size}, stored on this device` : size + speed + left;
        if (total) loading.bar.value = loaded / total;
      }
    },

    /** Making weights rather than reading them: there is nothing to count. */
    showMaking() {
      if (loading) loading.text.textContent = 'Making pseudo-random weights';
    },

    /**
     * Something short: what is awaited, or what went wrong and what can be done about it.
     * @param {string} text
     * @param {{ failed?: boolean, actions?: Node[] }} [more]
     */
    showState(text, { failed = false, actions = [] } = {}) {
      fill(element('div', { className: failed ? 'state failed' : 'state', ...(failed && { role: 'alert' }) },
        element('p', { textContent: text }),
        actions.length > 0 && element('div', { className: 'actions' }, ...actions)));
    },

    /**
     * @param {Classification} classification
     * @param {number} [framesPerSecond]  of a video
     */
    showResult(classification, framesPerSecond) {
      const branchCount = (classification.outputs?.length ?? 1) - 1;
      if (!result || result.branches.length !== branchCount) result = build(classification);
      body.setAttribute('aria-busy', 'false');
      const { list, doubt, branches, figures } = result;
      updatePredictions(list, classification.predictions.slice(0, shownPredictions));
      doubt.classList.toggle('unneeded', !isUnsure(classification));
      branches.forEach((branch, index) => {
        updatePredictions(branch, classification.outputs?.[index + 1].predictions.slice(0, branchPredictions) ?? []);
      });
      const { preprocessMs, inferenceMs } = classification.timings;
      figures.replaceChildren(...figureRows({
        Preparing: milliseconds(preprocessMs),
        Network: milliseconds(inferenceMs),
        ...(framesPerSecond !== undefined && { 'Frames a second': framesPerSecond.toFixed(framesPerSecond < 10 ? 1 : 0) }),
      }));
    },

    /** What the network saw. @param {Crop | null} crop */
    showCrop(crop) {
      if (!result || !crop) return;
      const { width, height, data } = crop;
      let canvas = result.crop.querySelector('canvas');
      if (canvas?.width !== width) {
        canvas = element('canvas', { width, height });
        result.crop.replaceChildren(/** @type {any} */ (canvas),
          element('figcaption', { textContent: `What the network saw: ${width} × ${height} pixels` }));
        result.crop.hidden = false;
      }
      canvas?.getContext('2d')?.putImageData(new ImageData(/** @type {any} */ (data), width, height), 0, 0);
    },
  };
}
