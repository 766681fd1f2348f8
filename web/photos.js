/**
 * The visitor's photos: one large in the frame; where there are several, all in a list with their answers.
 *
 * @typedef {import('../wasm/js/index.js').Classifier} Classifier
 * @typedef {import('../wasm/js/index.js').Classification} Classification
 *
 * @typedef {object} Photo
 * @property {string} name
 * @property {Blob} blob
 * @property {string} url       of the blob, for the page's images
 * @property {Classification | null} result
 * @property {unknown} error    why there is no result
 */
import { byId, element } from './dom.js';
import { sentence } from './errors.js';
import { percent } from './format.js';

/**
 * @param {object} events
 * @param {() => void} events.onShown                  another photo is in the frame, or none
 * @param {(photo: Photo) => void} events.onAnswered   the photo in the frame has its result or its error
 */
export function createPhotos({ onShown, onAnswered }) {
  /** @type {Photo[]} */
  let photos = [];
  /** @type {Photo | null} the one in the frame */
  let current = null;
  /** @type {Classifier | null} */
  let classifier = null;
  /** @type {Promise<Photo | null> | null} the photo that the classifier has answered while its weights came */
  let early = null;
  let working = false;

  const image = byId('photo');
  const empty = byId('frame-empty');

  /** @param {Photo} photo */
  const answerOf = (photo) => {
    if (photo.error) return sentence(photo.error);
    if (!photo.result) return 'Waiting';
    const [best] = photo.result.predictions;
    return `${best.label}, ${percent(best.probability)}`;
  };

  const drawList = () => {
    byId('several').hidden = photos.length < 2;
    if (photos.length < 2) return;
    const done = photos.filter((photo) => photo.result || photo.error).length;
    byId('several-count').textContent = done < photos.length ? `${done} of ${photos.length}` : `${photos.length}`;
    const list = byId('several-list');
    const focused = [...list.querySelectorAll('button')].indexOf(document.activeElement);
    list.replaceChildren(...photos.map((photo) => element('li', {},
      element('button', { type: 'button', className: 'row', 'aria-current': String(photo === current), onclick: () => show(photo) },
        photo.error ? element('span', { className: 'no-picture', 'aria-hidden': 'true', textContent: '?' }) : element('img', { src: photo.url, alt: '' }),
        element('span', { className: 'row-name', textContent: photo.name }),
        element('span', { className: photo.error ? 'row-answer failed' : 'row-answer', textContent: answerOf(photo) })))));
    if (focused >= 0) list.querySelectorAll('button')[focused]?.focus();
  };

  /** @param {boolean} visible  otherwise the frame's words are */
  const setPicture = (visible) => {
    image.hidden = !visible;
    empty.hidden = visible;
    empty.textContent = current ? 'No picture to show' : 'Drop a photo here';
  };
  image.addEventListener('error', () => { if (image.hasAttribute('src')) setPicture(false); });

  /** @param {Photo | null} photo */
  const show = (photo) => {
    current = photo;
    setPicture(photo !== null);
    if (photo) {
      image.src = photo.url;
      image.alt = photo.name;
    } else {
      image.removeAttribute('src');
    }
    drawList();
    onShown();
    if (photo && (photo.result || photo.error)) onAnswered(photo);
    work();
  };

  /** @param {Photo} photo @param {Classifier} by @returns {Promise<Classification>} */
  const answerTo = async (photo, by) => {
    const first = by.first;
    const answered = await early;
    early = null;
    // Where it could not be read, asking again says why.
    if (first && photo === answered) return first.catch(() => by.classify(photo.blob));
    return by.classify(photo.blob);
  };

  /** Classifies what has no answer yet: the photo in the frame first, then the others in order. */
  const work = async () => {
    if (working) return;
    working = true;
    try {
      for (;;) {
        const by = classifier;
        const waiting = photos.filter((photo) => !photo.result && !photo.error);
        const photo = waiting.find((candidate) => candidate === current) ?? waiting[0];
        if (!by || !photo) break;
        /** @type {Pick<Photo, 'result' | 'error'>} */
        const outcome = await answerTo(photo, by).then(
          (result) => ({ result, error: null }),
          (error) => ({ result: null, error }));
        if (by !== classifier || !photos.includes(photo)) continue;
        Object.assign(photo, outcome);
        drawList();
        if (photo === current) onAnswered(photo);
      }
    } finally {
      working = false;
    }
  };

  const clear = () => {
    for (const photo of photos) URL.revokeObjectURL(photo.url);
    photos = [];
    show(null);
  };

  byId('several-clear').addEventListener('click', () => {
    clear();
    byId('photo-input').focus();
  });

  return {
    /** Puts these photos in the place of those before. @param {File[]} files */
    replace(files) {
      for (const photo of photos) URL.revokeObjectURL(photo.url);
      photos = files.map((blob) => ({ name: blob.name, blob, url: URL.createObjectURL(blob), result: null, error: null }));
      show(photos[0] ?? null);
    },

    /**
     * Lets another classifier answer, or none for now.
     * @param {Classifier | null} next
     * @param {Promise<Photo | null>} [first]  the photo that `next.first` answers
     */
    answerBy(next, first) {
      classifier = next;
      early = first ?? null;
      for (const photo of photos) Object.assign(photo, { result: null, error: null });
      drawList();
      work();
    },

    /** Takes the photo out of the frame, or puts it back. @param {boolean} visible */
    setVisible(visible) {
      setPicture(current !== null);
      byId('frame').classList.toggle('elsewhere', !visible);
    },

    get current() {
      return current;
    },
  };
}
