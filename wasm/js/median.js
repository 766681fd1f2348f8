/** Medians of measured times: a run by itself shows whatever disturbed it. */

/** @param {number[]} values at least one @returns {number} */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/**
 * @param {import('./types.js').Profile[]} profiles of the same network, at least one
 * @returns {import('./types.js').Profile['steps']} each with its median time
 */
export function medianSteps(profiles) {
  return profiles[0].steps.map((step, index) => ({ ...step, ms: median(profiles.map(({ steps }) => steps[index].ms)) }));
}
