/** Pictures as rows of bytes, from whatever can be read without waiting for the network. */
import { DecemError } from './errors.js';

/** A picture is drawn and read back in bands of about this size, so that it is never whole in memory as bytes. */
const BAND_BYTES = 4 << 20;

export const TAINTED = 'The image comes from another site that does not let this page read it: save it and choose the file.';

/**
 * @typedef {object} OpenPixels
 * @property {number} width
 * @property {number} height
 * @property {number} channels 3 (RGB) or 4 (RGBA)
 * @property {() => Iterable<Uint8Array | Uint8ClampedArray>} bands whole rows, from the top; each band is valid until the next
 * @property {() => void} close gives the picture back, when it is decem's own
 */

/**
 * @param {import('./image.js').ReadableImage} readable
 * @returns {Promise<OpenPixels>}
 */
export async function openPixels({ image, own }) {
  if ('data' in image) return openRaw(image);
  if (image instanceof Blob) return openDrawable(await decode(image), true);
  return openDrawable(image, own);
}

/**
 * Decodes an image file in a browser. Its bytes are taken as they are stored, without applying a colour profile: so does
 * Pillow, with which such networks are trained, and so does image-node.js. Unlike there, a photo is turned upright as its EXIF
 * data says, since that is how the page shows it.
 * @param {Blob} file
 * @returns {Promise<ImageBitmap>}
 */
export async function decode(file) {
  if (file.size === 0) throw new DecemError('The image is an empty file: choose another.', 'INVALID_IMAGE');
  try {
    return await createImageBitmap(file, { premultiplyAlpha: 'none', colorSpaceConversion: 'none' });
  } catch (cause) {
    const name = 'name' in file && typeof file.name === 'string' ? file.name : 'The file';
    throw new DecemError(
      `${name} cannot be decoded: it is not an image that this browser reads, or it is damaged or too large. Choose another.`,
      'INVALID_IMAGE',
      { cause },
    );
  }
}

/** @param {import('./types.js').Pixels} pixels @returns {OpenPixels} */
function openRaw({ data, width, height, channels = 4 }) {
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw new DecemError('Raw pixels must be bytes: a Uint8Array or Uint8ClampedArray as `data`.', 'INVALID_IMAGE');
  }
  if (!Number.isInteger(width) || !Number.isInteger(height)) {
    throw new DecemError(`An image cannot be ${width} x ${height} pixels: give whole numbers.`, 'INVALID_IMAGE');
  }
  if (data.length !== width * height * channels) {
    throw new DecemError(
      `An image of ${width} x ${height} pixels with ${channels} channels has ${width * height * channels} bytes, but data has ${data.length}.`,
      'INVALID_IMAGE',
    );
  }
  return { width, height, channels, bands: () => [data], close() {} };
}

/**
 * @param {ImageBitmap | VideoFrame} image
 * @returns {[number, number]} width and height; zeros when it has been closed
 */
export function sizeOf(image) {
  return 'displayWidth' in image ? [image.displayWidth, image.displayHeight] : [image.width, image.height];
}

/**
 * @param {ImageBitmap | VideoFrame} image
 * @param {boolean} own
 * @returns {OpenPixels}
 */
function openDrawable(image, own) {
  const [width, height] = sizeOf(image);
  const bandHeight = Math.min(height, Math.max(1, Math.floor(BAND_BYTES / (width * 4))));
  function* bands() {
    const context = makeContext(width, bandHeight);
    for (let top = 0; top < height; top += bandHeight) {
      const rows = Math.min(bandHeight, height - top);
      // A transparent picture must not be drawn over the band before.
      context.clearRect(0, 0, width, rows);
      context.drawImage(image, 0, -top, width, height);
      yield readBack(context, width, rows);
    }
  }
  return { width, height, channels: 4, bands, close: () => own && image.close() };
}

/**
 * @param {number} width
 * @param {number} height
 * @returns {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D}
 */
function makeContext(width, height) {
  const canvas =
    typeof OffscreenCanvas === 'function'
      ? new OffscreenCanvas(width, height)
      : Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
  if (!context) throw new DecemError('This browser gives no canvas to read the image with.', 'UNSUPPORTED');
  const drawing = /** @type {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} */ (context);
  drawing.imageSmoothingEnabled = false;
  return drawing;
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} rows
 * @returns {Uint8ClampedArray}
 */
function readBack(context, width, rows) {
  try {
    return context.getImageData(0, 0, width, rows).data;
  } catch (cause) {
    throw new DecemError(TAINTED, 'INVALID_IMAGE', { cause });
  }
}
