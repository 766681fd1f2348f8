/** Frames of a video, one when one is wanted. */

/** Sources that are functions are asked at most this often. */
const FRAME_MS = 16;

/**
 * The next frame of a video, or what the function gives.
 * @param {HTMLVideoElement | (() => import('./types.js').ImageSource | null | Promise<import('./types.js').ImageSource | null>)} source
 * @param {AbortSignal} [signal]
 * @returns {Promise<import('./types.js').ImageSource | null>} null when there are no more, or the signal has aborted
 */
export async function nextFrame(source, signal) {
  if (typeof source === 'function') {
    // A rest between frames: results from this thread would else never let it do anything else.
    await new Promise((resolve) => setTimeout(resolve, FRAME_MS));
    return signal?.aborted ? null : source();
  }
  await newFrame(source, signal);
  return source.ended || signal?.aborted ? null : source;
}

/**
 * Settles when the video shows a new frame, ends, or the signal aborts.
 * @param {HTMLVideoElement} video
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function newFrame(video, signal) {
  return new Promise((resolve) => {
    const settle = () => {
      video.removeEventListener('ended', settle);
      signal?.removeEventListener('abort', settle);
      cancel();
      resolve();
    };
    video.addEventListener('ended', settle);
    signal?.addEventListener('abort', settle);
    const cancel = requestFrame(video, settle);
    if (video.ended || signal?.aborted) settle();
  });
}

/**
 * @param {HTMLVideoElement} video
 * @param {() => void} callback
 * @returns {() => void} takes the request back
 */
function requestFrame(video, callback) {
  if ('requestVideoFrameCallback' in video) {
    const id = video.requestVideoFrameCallback(callback);
    return () => video.cancelVideoFrameCallback(id);
  }
  const element = /** @type {HTMLVideoElement} */ (video);
  const poll = () => {
    if (element.readyState >= element.HAVE_CURRENT_DATA && !element.paused) callback();
    else id = requestAnimationFrame(poll);
  };
  let id = requestAnimationFrame(poll);
  return () => cancelAnimationFrame(id);
}
