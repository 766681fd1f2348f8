/**
 * Decoding image files in Node, by the optional package sharp. As Pillow's Image.open(...).convert('RGB') does it: stored
 * orientation and colour profiles are not applied, and alpha is dropped, not blended.
 */
import { DecemError } from './errors.js';
import { pathOf, readFile } from './node.js';

/** sharp's own default: 16,383 x 16,383. */
const PIXELS_MAX = 0x3fff * 0x3fff;

/**
 * @param {string | URL} place
 * @returns {Promise<import('./types.js').Pixels>}
 */
export async function decodeFile(place) {
  return decodeBytes(await readFile(place), pathOf(place));
}

/**
 * @param {Uint8Array} bytes of an image file
 * @param {string} [name]
 * @returns {Promise<import('./types.js').Pixels>} 3 channels
 */
export async function decodeBytes(bytes, name = 'The image') {
  const sharp = await importSharp();
  if (bytes.length === 0) throw new DecemError(`${name} is empty: choose another file.`, 'INVALID_IMAGE');
  try {
    const { width = 0, height = 0 } = await sharp(bytes, { limitInputPixels: false }).metadata();
    if (width * height > PIXELS_MAX) {
      throw new DecemError(
        `${name} has ${width} x ${height} pixels, more than the limit of ${PIXELS_MAX}: make it smaller first.`,
        'INVALID_IMAGE',
      );
    }
    const { data, info } = await sharp(bytes, { ignoreIcc: true, limitInputPixels: PIXELS_MAX })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels };
  } catch (cause) {
    if (cause instanceof DecemError) throw cause;
    throw new DecemError(
      `${name} cannot be decoded: ${/** @type {Error} */ (cause).message.trim()}. It must be a JPEG, PNG, WebP or other image that sharp reads.`,
      'INVALID_IMAGE',
      { cause },
    );
  }
}

/** @returns {Promise<typeof import('sharp')>} */
async function importSharp() {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new DecemError(
      'Reading image files in Node needs the package sharp: npm install sharp. Raw pixels { data, width, height, channels } work without it.',
      'MISSING_PACKAGE',
      { cause },
    );
  }
}
