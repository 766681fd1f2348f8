/**
 * Images from wherever they are, made ready to be sent to a worker and read there. Two steps: `captureImage` takes the
 * present frame of what moves at once; `readImage` does what takes time, when its turn has come.
 */
import { DecemError } from './errors.js';
import { isFile, isNode, resolvePlace } from './host.js';
import { fetchChecked } from './http.js';
import { decode, sizeOf } from './pixels.js';

/**
 * @typedef {object} CapturedImage
 * @property {import('./types.js').ImageSource} image no video, canvas or element any more
 * @property {boolean} own true when decem made it, and so may close or transfer it
 */

/**
 * @typedef {object} ReadableImage
 * @property {import('./types.js').Pixels | Blob | ImageBitmap | VideoFrame} image
 * @property {boolean} own
 */

/**
 * @template {string} Name
 * @param {unknown} image
 * @param {Name} name of a class that not every host has
 * @returns {boolean}
 */
function isA(image, name) {
  const type = /** @type {Record<string, unknown>} */ (globalThis)[name];
  return typeof type === 'function' && image instanceof type;
}

/**
 * @param {import('./types.js').ImageSource} image
 * @returns {Promise<CapturedImage>}
 */
export async function captureImage(image) {
  if (isA(image, 'HTMLImageElement')) await decodeElement(/** @type {HTMLImageElement} */ (image));
  else if (isA(image, 'HTMLVideoElement')) checkVideo(/** @type {HTMLVideoElement} */ (image));
  else if (!['HTMLCanvasElement', 'OffscreenCanvas', 'VideoFrame'].some((name) => isA(image, name))) return { image, own: false };
  try {
    if (isA(image, 'VideoFrame')) return { image: /** @type {VideoFrame} */ (image).clone(), own: true };
    return { image: await createImageBitmap(/** @type {ImageBitmapSource} */ (image)), own: true };
  } catch (cause) {
    throw new DecemError(`The picture cannot be read: ${/** @type {Error} */ (cause).message}`, 'INVALID_IMAGE', { cause });
  }
}

/** @param {HTMLImageElement} element */
async function decodeElement(element) {
  try {
    await element.decode();
  } catch (cause) {
    throw new DecemError(`The image ${element.currentSrc || element.src} cannot be loaded or decoded.`, 'INVALID_IMAGE', { cause });
  }
}

/** @param {HTMLVideoElement} video */
function checkVideo(video) {
  if (video.readyState < video.HAVE_CURRENT_DATA) {
    throw new DecemError('The video has no picture yet: wait until it plays.', 'INVALID_IMAGE');
  }
}

/**
 * @param {CapturedImage} captured
 * @param {import('./http.js').FetchOptions} options
 * @returns {Promise<ReadableImage>}
 */
export async function readImage({ image, own }, options) {
  if (typeof image === 'string' || image instanceof URL) {
    const place = resolvePlace(image);
    if (isFile(place)) return { image: await (await import('./image-node.js')).decodeFile(place), own: true };
    const response = await fetchChecked(/** @type {URL} */ (place), 'image', options);
    return readFile(await response.blob());
  }
  if (image instanceof Blob) return readFile(image);
  if (image instanceof ArrayBuffer || ArrayBuffer.isView(image)) return readFile(new Blob([/** @type {BlobPart} */ (image)]));
  if (isA(image, 'ImageBitmap') || isA(image, 'VideoFrame')) {
    const drawable = /** @type {ImageBitmap | VideoFrame} */ (image);
    const [width] = sizeOf(drawable);
    if (width === 0) throw new DecemError('The image has no pixels: it has been closed, or its size is 0.', 'INVALID_IMAGE');
    return { image: drawable, own };
  }
  if (typeof image === 'object' && image !== null && 'data' in image && 'width' in image && 'height' in image) {
    return { image: { data: image.data, width: image.width, height: image.height, channels: channelsOf(image) }, own: false };
  }
  throw new DecemError(
    'Not an image: give an element, a bitmap, a file, an address, or { data, width, height, channels }.',
    'INVALID_IMAGE',
  );
}

/** @param {{ channels?: number } | ImageData} pixels @returns {number} */
function channelsOf(pixels) {
  return 'channels' in pixels ? (pixels.channels ?? 4) : 4;
}

/** @param {Blob} file @returns {Promise<ReadableImage>} */
async function readFile(file) {
  if (isNode) return { image: await (await import('./image-node.js')).decodeBytes(new Uint8Array(await file.arrayBuffer())), own: true };
  // A worker decodes it, if it has something to draw on; else the page must.
  return typeof OffscreenCanvas === 'function' ? { image: file, own: false } : { image: await decode(file), own: true };
}
