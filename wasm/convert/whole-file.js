/** Writes a file that is either whole or not there: it grows beside its place, and takes it when it is complete. */
import { open, rename, rm } from 'node:fs/promises';
import { DecemError } from '../js/errors.js';

/**
 * @param {string} path
 * @param {(write: (bytes: Uint8Array) => Promise<void>) => Promise<void>} fill writes all of it, piece by piece, in order
 * @param {AbortSignal} [signal] looked at before every piece and once at the end
 */
export async function writeWhole(path, fill, signal) {
  const part = `${path}.part`;
  const out = await open(part, 'w').catch((cause) => {
    throw cannotWrite(path, cause);
  });
  try {
    try {
      await fill(async (bytes) => {
        signal?.throwIfAborted();
        await writeAll(out, path, bytes);
      });
    } finally {
      await out.close();
    }
    signal?.throwIfAborted();
    await rename(part, path).catch((cause) => {
      throw cannotWrite(path, cause);
    });
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/**
 * @param {import('node:fs/promises').FileHandle} out
 * @param {string} path
 * @param {Uint8Array} bytes
 */
async function writeAll(out, path, bytes) {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await out.write(bytes, at).catch((cause) => {
      throw cannotWrite(path, cause);
    });
    at += bytesWritten;
  }
}

/** @param {string} path @param {unknown} cause */
function cannotWrite(path, cause) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (cause);
  const reasons = { ENOSPC: 'the disk is full', EDQUOT: 'the disk quota is used up', ENOENT: 'there is no such folder', EISDIR: 'it is a folder' };
  const why = reasons[/** @type {keyof typeof reasons} */ (code)] ?? message;
  return new DecemError(`Cannot write ${path}: ${why}. Nothing is left of it.`, 'INVALID_ARGUMENT', { cause });
}
