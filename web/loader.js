/**
 * Loads weights into a classifier, one choice at a time: a newer choice stops the older one. The classifier before
 * is given back first, so that two large networks are never in memory together.
 *
 * @typedef {import('./weights.js').Choice} Choice
 * @typedef {import('../wasm/js/index.js').Classifier} Classifier
 * @typedef {import('../wasm/js/index.js').Progress} Progress
 * @typedef {import('./photos.js').Photo} Photo
 */
import { sourceOf } from './weights.js';

/**
 * @param {object} events
 * @param {(choice: Choice) => void} events.onStart
 * @param {(progress: Progress) => void} events.onProgress
 * @param {(classifier: Classifier, choice: Choice, photo: Promise<Photo | null>) => void} events.onReady  the photo is the one that
 *   `classifier.first` answers
 * @param {(choice: Choice) => void} events.onStopped
 * @param {(error: unknown, choice: Choice) => void} events.onFailed
 * @param {() => Promise<Photo | null>} photoOf  the photo to be answered while the weights come
 */
export function createLoader({ onStart, onProgress, onReady, onStopped, onFailed }, photoOf) {
  /** @type {Classifier | null} */
  let classifier = null;
  let stop = new AbortController();

  return {
    /** @param {Choice} choice */
    async load(choice) {
      stop.abort();
      stop = new AbortController();
      const { signal } = stop;
      classifier?.dispose();
      classifier = null;
      onStart(choice);
      try {
        const { Classifier } = await import('../wasm/js/index.js');
        const photo = photoOf();
        const network = choice.kind === 'file' || choice.kind === 'url' ? choice.network : undefined;
        const loaded = await Classifier.load(sourceOf(choice), {
          network,
          sha256: choice.kind === 'model' ? choice.sha256 : undefined,
          image: photo.then((shown) => shown?.blob ?? null),
          signal,
          onProgress: (progress) => { if (!signal.aborted) onProgress(progress); },
        });
        if (signal.aborted) return loaded.dispose();
        classifier = loaded;
        onReady(loaded, choice, photo);
      } catch (error) {
        if (stop.signal !== signal) return;
        if (signal.aborted) onStopped(choice);
        else onFailed(error, choice);
      }
    },

    /** Stops the loading that is under way. */
    cancel() {
      stop.abort();
    },
  };
}
