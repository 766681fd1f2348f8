/**
 * Numbers as people read them.
 */

/**
 * @param {number} value
 * @param {number} digits  after the point
 */
const fixed = (value, digits) => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** 138357544 -> "138.4 M". @param {number} count */
export function millions(count) {
  const value = count / 1e6;
  return `${fixed(value, value < 10 ? 2 : value < 1000 ? 1 : 0)} M`;
}

/** Bytes in megabytes of a million. @param {number} bytes */
export function megabytes(bytes) {
  const value = bytes / 1e6;
  return `${fixed(value, value < 100 ? 1 : 0)} MB`;
}

/** A probability from 0 to 1. @param {number} probability */
export function percent(probability) {
  return probability > 0 && probability < 0.001 ? '<0.1%' : `${fixed(probability * 100, 1)}%`;
}

/** @param {number} ms */
export function milliseconds(ms) {
  return ms < 1000 ? `${fixed(ms, ms < 1 ? 2 : ms < 100 ? 1 : 0)} ms` : `${fixed(ms / 1000, 2)} s`;
}

/** 75 -> "1 min 15 s". @param {number} seconds */
export function timeLeft(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** 1234567 -> "1,234,567". @param {number} count */
export function whole(count) {
  return count.toLocaleString('en', { maximumFractionDigits: 0 });
}
