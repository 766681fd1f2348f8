/**
 * The page: weights on one side, pictures on the other, and the answer where they meet.
 *
 * @typedef {import('./weights.js').Choice} Choice
 * @typedef {import('../wasm/js/index.js').Classifier} Classifier
 * @typedef {import('../wasm/js/index.js').Classification} Classification
 */
import { readAddress, writeAddress } from './address.js';
import { createAnswer, isUnsure } from './answer.js';
import { showBadges } from './badges.js';
import { button, byId, element, notify } from './dom.js';
import { sentence } from './errors.js';
import { percent } from './format.js';
import { createInside } from './inside.js';
import { createLoader } from './loader.js';
import { nameOf, networks } from './networks.js';
import { createPhotos } from './photos.js';
import { createPicker } from './picker.js';
import { createSources } from './sources.js';
import { createVoice } from './spoken.js';
import { choiceOf, createWeights, listModels, shipped, titleOf } from './weights.js';

/** Walking through the list with the arrow keys loads only where one rests. */
const restMs = 350;

/** @type {Classifier | null} */
let classifier = null;
/** @type {Choice | null} what it was loaded from */
let chosen = null;
/** Whether it has run before: the first run, while the browser still compiles, says nothing about its speed. */
let warm = false;
/** The camera, once it has been asked for. */
let live = /** @type {ReturnType<typeof import('./live.js').createLive> | null} */ (null);
/** The list of what is stored, once the first weights are in. */
let stored = /** @type {ReturnType<typeof import('./stored.js').createStored> | null} */ (null);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let resting;
/** Settles once the picture that the page opens with is in its frame. @type {Promise<void>} */
let opened = Promise.resolve();
/** Quarters of the weights that have been told to screen readers. */
let quarters = 0;

const models = await listModels();
const answer = createAnswer();
const voice = createVoice(byId('spoken'));
const pictureNotice = byId('picture-notice');

/* ---- Weights ---- */

const loader = createLoader({
  onStart(choice) {
    classifier = null;
    quarters = 0;
    live?.answerBy(null);
    photos.answerBy(null);
    inside.show(null);
    mark(choice);
    answer.setNetwork('');
    answer.showLoading(titleOf(choice), () => loader.cancel());
    if (choice.kind === 'synthetic') answer.showMaking();
    voice.say(`Loading ${titleOf(choice)}`);
  },
  onProgress(progress) {
    answer.showProgress(progress);
    sayProgress(progress);
  },
  onReady(loaded, choice, photo) {
    classifier = loaded;
    chosen = choice;
    warm = false;
    mark({ ...choice, network: loaded.network });
    answer.setNetwork(nameOf(loaded.network) + (loaded.trained ? '' : ', untrained'));
    showSource(loaded);
    showBadges(loaded);
    inside.show(loaded);
    voice.say(`${nameOf(loaded.network)} is ready`);
    if (live?.video) live.answerBy(loaded);
    else if (!photos.current) answer.showState(`${nameOf(loaded.network)} is ready. Give it a photo.`);
    photos.answerBy(loaded, photo);
    showStored();
  },
  onStopped(choice) {
    answer.showState('Loading was stopped.', { actions: [button('Try again', () => loader.load(choice), 'button primary')] });
    voice.say('Loading was stopped');
  },
  onFailed(error, choice) {
    answer.showState(sentence(error), { failed: true, actions: remedies(error, choice) });
  },
}, async () => {
  await opened;
  return live?.video ? null : photos.current;
});

/** @param {import('../wasm/js/index.js').Progress} progress */
function sayProgress({ loaded, total, retryInSeconds }) {
  if (retryInSeconds !== null) return voice.say('The connection was lost. Trying again');
  const reached = total ? Math.floor((loaded / total) * 4) : 0;
  if (reached > quarters && reached < 4) voice.say(`${reached * 25} percent`);
  quarters = Math.max(quarters, reached);
}

/** What is stored on this device, now that something may have been added. */
async function showStored() {
  const { createStored } = await import('./stored.js');
  stored ??= createStored({ onListed: weights.markStored, onSaid: voice.say });
  await stored.refresh();
}

/**
 * What can be done about weights that did not load.
 * @param {any} error
 * @param {Choice} choice
 */
function remedies(error, choice) {
  const actions = [];
  if (choice.kind !== 'file') actions.push(button('Try again', () => loader.load(choice)));
  if (choice.kind !== 'model') actions.push(button('Use the weights that ship', () => loader.load(shippedChoice())));
  if (error.code === 'UNRECOGNISED_NETWORK') {
    const list = element('select', {}, ...networks.map(({ id, name }) => element('option', { value: id, textContent: name })));
    actions.unshift(
      element('label', { className: 'field' }, element('span', { textContent: 'Read it as' }), list),
      button('Read', () => loader.load({ ...choice, network: list.value })));
  }
  return actions;
}

/** What ships, with its hash where the server's list says it. */
const shippedChoice = () => choiceOf(models.find(({ file }) => file === shipped.file) ?? shipped);

/** What the weights' file says of itself. @param {Classifier} loaded */
function showSource(loaded) {
  const { source, license } = loaded.summary();
  const from = loaded.loadedFrom === 'cache' && 'Loaded from this device.';
  notify(byId('weights-about'), [source && `${source}.`, license && `Licence: ${license}.`, from].filter(Boolean).join(' '));
}

/** @param {Choice} choice */
function mark(choice) {
  if (choice.network) picker.mark(choice.network);
  weights.mark(choice);
  if (choice.kind !== 'file') writeAddress(choice);
}

/* ---- Pictures ---- */

const photos = createPhotos({
  onShown() {
    if (!classifier) return;
    if (photos.current) answer.setBusy();
    else answer.showState(`${nameOf(classifier.network)} is ready. Give it a photo.`);
  },
  onAnswered(photo) {
    if (live?.video) return;
    if (photo.error) showFailure(photo.error);
    else if (photo.result) {
      answer.showResult(photo.result);
      drawCrop();
      say(photo.result);
      if (!warm) timeAgain(photo);
    }
  },
});

const sources = createSources({
  onPhotos(files) {
    live?.stop();
    notify(pictureNotice);
    photos.replace(files);
  },
  onWeights(file) {
    weights.take(file);
  },
  onFailed(words) {
    notify(pictureNotice, words);
  },
});

byId('camera-start').addEventListener('click', async () => {
  try {
    const { createLive } = await import('./live.js');
    live ??= createLive({
      onStarted() {
        notify(pictureNotice);
        setCameraVisible(true);
      },
      onResult(result, framesPerSecond) {
        answer.showResult(result, framesPerSecond);
        say(result);
      },
      onCrop: drawCrop,
      onFailed: showFailure,
      onStopped(words) {
        setCameraVisible(false);
        notify(pictureNotice, words);
        if (photos.current && classifier) photos.answerBy(classifier);
      },
    });
    live.answerBy(classifier);
    live.start();
  } catch (error) {
    notify(pictureNotice, `The camera's part of this page did not load: ${sentence(error)} Reload the page, or choose a photo.`);
  }
});

/**
 * Shows the times of a second run in place of those of the first.
 * @param {import('./photos.js').Photo} photo
 */
async function timeAgain(photo) {
  warm = true;
  const by = classifier;
  const again = await by?.classify(photo.blob).catch(() => null);
  if (!again || by !== classifier || photo !== photos.current || live?.video) return;
  photo.result = again;
  answer.showResult(again);
}

/**
 * Why there is no answer. Where the engine itself broke, such as a worker that died, it can be loaded again.
 * @param {any} error
 */
function showFailure(error) {
  const broken = error.code !== 'INVALID_IMAGE' && chosen;
  const actions = broken ? [button('Load the network again', () => loader.load(broken), 'button primary')] : [];
  answer.showState(sentence(error), { failed: true, actions });
}

/** @param {boolean} visible */
function setCameraVisible(visible) {
  const hadFocus = byId('camera-actions').contains(document.activeElement) || document.activeElement === byId('camera-start');
  byId('video').hidden = !visible;
  byId('camera-actions').hidden = !visible;
  byId('photo-actions').hidden = visible;
  photos.setVisible(!visible);
  if (hadFocus) byId(visible ? 'camera-stop' : 'camera-start').focus();
}

async function drawCrop() {
  const by = classifier;
  const crop = await by?.crop().catch(() => null);
  if (crop && by === classifier) answer.showCrop(crop);
}

/** @param {Classification} result */
function say(result) {
  const { predictions: [best], trained } = result;
  const words = [best.label, percent(best.probability), !trained && 'untrained', isUnsure(result) && 'unsure'];
  voice.say(words.filter(Boolean).join(', '));
}

/* ---- Start ---- */

const picker = createPicker(byId('networks'), (network) => {
  clearTimeout(resting);
  resting = setTimeout(() => loader.load(weights.for(network)), restMs);
});

const inside = createInside(() => live?.video ?? photos.current?.blob ?? null);

const asked = readAddress(location.search);
const weights = createWeights(models, (choice) => {
  clearTimeout(resting);
  resting = setTimeout(() => loader.load(choice), choice.kind === 'model' || choice.kind === 'synthetic' ? restMs : 0);
});

/** What the address asks for; what ships, where it asks for nothing or for what is not there. @returns {Choice} */
function firstChoice() {
  const network = networks.some(({ id }) => id === asked.network) ? asked.network : null;
  if (asked.weights === 'synthetic') return { kind: 'synthetic', network: network ?? shipped.network ?? '' };
  const model = models.find(({ file }) => file === asked.weights);
  if (model) return choiceOf(model);
  if (asked.weights && URL.canParse(asked.weights)) {
    if (new URL(asked.weights).origin === location.origin) return { kind: 'url', url: asked.weights };
    weights.propose(asked.weights);
  }
  return network ? weights.for(network) : shippedChoice();
}

opened = sources.first().then((first) => {
  if (!photos.current && !live?.video) photos.replace(first);
});
loader.load(firstChoice());
if (!crossOriginIsolated || navigator.serviceWorker?.controller) {
  import('./isolation.js').then(({ offerThreads }) => offerThreads()).catch(() => {}); // The page works without.
}
