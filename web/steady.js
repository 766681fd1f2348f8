/**
 * Steady answers for video: each class's probability follows the newest one with a delay, so that bars glide
 * instead of flickering. A class that is no longer among the given ones sinks towards 0.
 *
 * @typedef {{ index: number, label: string, probability: number }} Prediction
 */

export class Steady {
  /** @param {number} [delayMs]  after this time, 63 % of a change is shown */
  constructor(delayMs = 250) {
    this.delayMs = delayMs;
    /** @type {Map<number, Prediction>} */
    this.shown = new Map();
    this.last = -Infinity;
  }

  /**
   * Takes the newest predictions and gives those to show, most probable first.
   * @param {Prediction[]} predictions
   * @param {number} now  in ms, as performance.now()
   * @returns {Prediction[]}
   */
  update(predictions, now) {
    const share = 1 - Math.exp((this.last - now) / this.delayMs);
    this.last = now;

    const newest = new Map(predictions.map((prediction) => [prediction.index, prediction]));
    for (const { index, label } of predictions) {
      if (!this.shown.has(index)) this.shown.set(index, { index, label, probability: 0 });
    }
    for (const [index, entry] of this.shown) {
      const target = newest.get(index)?.probability ?? 0;
      entry.probability += share * (target - entry.probability);
      if (target === 0 && entry.probability < 1e-4) this.shown.delete(index);
    }
    return [...this.shown.values()].sort((a, b) => b.probability - a.probability).map((entry) => ({ ...entry }));
  }
}
