/** The run of a model's first image, which goes on as the weights come in: after the last of them little is left to do. */
import { openPixels } from './pixels.js';

/** @import { OpenPixels } from './pixels.js' */

/**
 * @param {import('./model.js').Model} model
 * @param {OpenPixels} pixels closed after it
 */
export function giveImage(model, pixels) {
  try {
    model.beginImage(pixels.width, pixels.height, pixels.channels);
    for (const band of pixels.bands()) model.pushRows(band, pixels.width * pixels.channels);
  } finally {
    pixels.close();
  }
}

export class FirstRun {
  #model;
  /** @type {OpenPixels | null} decoded, and not given yet */
  #pixels = null;
  #begun = false;
  #next = 0;
  /** What went wrong with the image is no failure of the weights: it is thrown at the end. @type {unknown} */
  #failure = null;
  #opening;
  preprocessMs = 0;
  inferenceMs = 0;

  /**
   * @param {import('./model.js').Model} model whose weights are still to come
   * @param {import('./image.js').ReadableImage} image
   */
  constructor(model, image) {
    this.#model = model;
    const start = performance.now();
    this.#opening = openPixels(image).then((pixels) => {
      this.#pixels = pixels;
      this.preprocessMs = performance.now() - start;
    }, (error) => {
      this.#failure = error;
    });
  }

  /** Runs what can be run by now. */
  advance() {
    if (this.#failure || this.#model.readySteps === 0 || !(this.#begun || this.#pixels)) return;
    try {
      if (!this.#begun) this.#begin(/** @type {OpenPixels} */ (this.#pixels));
      const start = performance.now();
      while (this.#next < this.#model.readySteps) this.#model.runStep(this.#next++);
      this.inferenceMs += performance.now() - start;
    } catch (error) {
      this.#failure = error;
    }
  }

  /** @param {OpenPixels} pixels */
  #begin(pixels) {
    const start = performance.now();
    this.#begun = true;
    this.#pixels = null;
    giveImage(this.#model, pixels);
    this.preprocessMs += performance.now() - start;
  }

  /** Runs the rest. All weights must be in. */
  async finish() {
    await this.#opening;
    this.advance();
    if (this.#failure) throw this.#failure;
  }
}
