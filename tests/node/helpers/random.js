/**
 * Numbers from 0 to 1, the same for the same seed: the upper bits of a linear congruential generator.
 * @param {number} seed
 * @returns {() => number}
 */
export function random(seed) {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}
