/** What bench and profile share. */

/** @param {number[]} values at least one */
export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * An image of the network's own size, with a gradient in it.
 * @param {number} side
 * @returns {import('../js/index.js').Pixels}
 */
export function testImage(side) {
  const data = new Uint8Array(side * side * 3);
  for (let i = 0; i < data.length; i++) data[i] = (i * 7 + (i >> 8)) & 255;
  return { data, width: side, height: side, channels: 3 };
}
