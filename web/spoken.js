/**
 * What a screen reader is told. Video gives many answers a second; people can hear one every few seconds.
 */

/**
 * @param {HTMLElement} region  a live region
 * @param {number} [everyMs]    the least time between two announcements; the latest one waits and wins
 */
export function createVoice(region, everyMs = 2500) {
  let last = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;

  /** @param {string} text */
  const speak = (text) => {
    last = performance.now();
    if (region.textContent !== text) region.textContent = text;
  };

  return {
    /** @param {string} text */
    say(text) {
      clearTimeout(waiting);
      waiting = setTimeout(() => speak(text), Math.max(0, last + everyMs - performance.now()));
    },
  };
}
