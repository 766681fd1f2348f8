// What is said of a list of times.

/**
 * @typedef {{ count: number, median: number, min: number, p10: number, p90: number, mean: number }} Statistics all in ms
 * @param {number[]} times at least one
 * @returns {Statistics}
 */
export function statistics(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const quantile = (fraction) => {
    const at = fraction * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
    return low + (high - low) * (at - Math.floor(at));
  };
  return {
    count: sorted.length,
    median: quantile(0.5),
    min: sorted[0],
    p10: quantile(0.1),
    p90: quantile(0.9),
    mean: sorted.reduce((sum, time) => sum + time, 0) / sorted.length,
  };
}

/**
 * How far logits are from PyTorch's: the largest difference, in units of the largest reference logit.
 * @param {ArrayLike<number>[]} outputs
 * @param {number[][]} reference
 */
export function disagreement(outputs, reference) {
  let [difference, largest] = [0, 0];
  reference.forEach((expected, output) => {
    if (outputs[output]?.length !== expected.length) throw new Error(`output ${output} is missing or of another length`);
    expected.forEach((value, index) => {
      const distance = Math.abs(value - outputs[output][index]);
      // A NaN or an infinity is as far away as JSON can say.
      difference = Math.max(difference, Number.isFinite(distance) ? distance : Number.MAX_VALUE);
      largest = Math.max(largest, Math.abs(value));
    });
  });
  return Math.min(difference / largest, Number.MAX_VALUE);
}
