/**
 * Words for what goes wrong: what happened, and what to do about it. The engine's own errors are such sentences
 * already; here are those of the browser.
 */

const cameraWords = {
  NotAllowedError: 'The camera is not allowed for this page. Allow it by the camera sign in the address bar, then start it again. Photos work without it.',
  NotFoundError: 'No camera was found. Plug one in and start again, or choose a photo.',
  NotReadableError: 'The camera is busy: another program or tab is using it. Close that one, then start again.',
  OverconstrainedError: 'That camera is gone. Choose another one, or start again.',
  AbortError: 'The camera stopped by itself. Start it again.',
  SecurityError: 'Cameras are switched off in this browser’s settings. Photos work without one.',
};

/**
 * @param {unknown} error  from getUserMedia
 * @returns {string}
 */
export function cameraSentence(error) {
  const { name, message } = /** @type {Error} */ (error);
  return cameraWords[/** @type {keyof typeof cameraWords} */ (name)]
    ?? `The camera did not start (${message}). Start it again, or choose a photo.`;
}

/** Where the browser gives pages no camera at all. */
export const noCameraHere = 'Browsers give a camera only to pages from https or localhost. Open this page that way, or choose a photo.';

/**
 * @param {unknown} error  from the engine or the browser
 * @returns {string}
 */
export function sentence(error) {
  const message = error instanceof Error ? error.message : String(error);
  const begun = message.replace(/^[a-z]+(?=[ ,:])/, (word) => word[0].toUpperCase() + word.slice(1));
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
