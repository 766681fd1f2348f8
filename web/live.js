/**
 * The camera's pictures, answered as they come. Loaded when a visitor first asks for the camera.
 *
 * @typedef {import('../wasm/js/index.js').Classifier} Classifier
 * @typedef {import('../wasm/js/index.js').Classification} Classification
 */
import { createCamera } from './camera.js';
import { Steady } from './steady.js';

/** How often the words and figures change, and how often the crop is drawn. */
const wordsEveryMs = 120;
const cropEveryMs = 250;
/** More classes than are shown, so that one that comes up does so from below. */
const steadiedClasses = 10;

/**
 * @param {object} events
 * @param {() => void} events.onStarted                    there is a picture; also after a freeze
 * @param {(result: Classification, framesPerSecond?: number) => void} events.onResult  without a speed: of one still picture
 * @param {() => void} events.onCrop                       time to draw what the network saw
 * @param {(error: unknown) => void} events.onFailed
 * @param {(sentence: string) => void} events.onStopped    '' when the visitor stopped it
 */
export function createLive({ onStarted, onResult, onCrop, onFailed, onStopped }) {
  /** @type {Classifier | null} */
  let classifier = null;
  /** @type {HTMLVideoElement | null} */
  let video = null;
  let watching = new AbortController();

  /** Answers from now on: always the latest picture while it moves, once when it is frozen. */
  const watch = async () => {
    watching.abort();
    if (!classifier || !video) return;
    watching = new AbortController();
    const { signal } = watching;
    try {
      if (video.paused) {
        const result = await classifier.classify(video, { signal });
        if (signal.aborted) return;
        onResult(result);
        onCrop();
      } else {
        await classifier.stream(video, { signal, topK: steadiedClasses, onResult: steadily() });
      }
    } catch (error) {
      if (!signal.aborted) onFailed(error);
    }
  };

  /** Passes on results such that people can read them. */
  const steadily = () => {
    const steady = new Steady();
    /** @type {number[]} when the answers of the last second came */
    let times = [];
    let wordsAt = 0;
    let cropAt = 0;
    return (/** @type {Classification} */ result) => {
      const now = performance.now();
      const predictions = steady.update(result.predictions, now);
      times = [...times.filter((time) => now - time < 1000), now];
      if (now - wordsAt > wordsEveryMs) {
        wordsAt = now;
        const span = now - times[0];
        onResult({ ...result, predictions }, span > 0 ? ((times.length - 1) * 1000) / span : 0);
      }
      if (now - cropAt > cropEveryMs) {
        cropAt = now;
        onCrop();
      }
    };
  };

  const camera = createCamera({
    onPicture(picture) {
      video = picture;
      onStarted();
      watch();
    },
    onStopped(sentence) {
      watching.abort();
      video = null;
      onStopped(sentence);
    },
  });

  return {
    start: () => camera.start(),
    stop: () => camera.stop(),

    /** Lets another classifier answer, or none for now. @param {Classifier | null} next */
    answerBy(next) {
      classifier = next;
      watch();
    },

    /** What the camera shows; null while it does not run. */
    get video() {
      return video;
    },
  };
}
