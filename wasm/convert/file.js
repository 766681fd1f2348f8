/** A file that is read here and there, never whole. Every read is checked against the file's length. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DecemError } from '../js/errors.js';

/** Small reads come from a window of this many bytes, so that a parser may ask byte by byte. */
const WINDOW_BYTES = 1 << 16;

/** @param {string} path @param {unknown} cause */
function cannotRead(path, cause) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (cause);
  const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
  return new DecemError(`Cannot read ${path}: ${why}.`, 'FETCH_FAILED', { cause });
}

export class RandomFile {
  #descriptor;
  #window = Buffer.alloc(WINDOW_BYTES);
  #windowStart = 0;
  #windowLength = 0;

  /** @param {string} path @throws {DecemError} where it cannot be opened, or is no plain file */
  constructor(path) {
    this.path = path;
    try {
      this.#descriptor = openSync(path, 'r');
    } catch (cause) {
      throw cannotRead(path, cause);
    }
    const stat = fstatSync(this.#descriptor);
    if (!stat.isFile()) {
      this.close();
      throw new DecemError(`Cannot read ${path}: it is not a plain file.`, 'FETCH_FAILED');
    }
    /** In bytes. */
    this.size = stat.size;
  }

  close() {
    closeSync(this.#descriptor);
  }

  /**
   * @param {string} what is wrong with the file: a sentence that follows its name
   * @returns {DecemError}
   */
  malformed(what) {
    return new DecemError(`${this.path}: ${what}`, 'MALFORMED_FILE');
  }

  /**
   * Fills `into` with the bytes from `position` on.
   * @param {Uint8Array} into
   * @param {number} position
   */
  fill(into, position) {
    this.#check(position, into.length);
    for (let filled = 0; filled < into.length; ) {
      let count;
      try {
        count = readSync(this.#descriptor, into, filled, into.length - filled, position + filled);
      } catch (cause) {
        throw cannotRead(this.path, cause);
      }
      if (count === 0) throw this.malformed('the file became shorter while it was read. Try again when it is complete.');
      filled += count;
    }
  }

  /**
   * @param {number} position
   * @param {number} length in bytes
   * @returns {Buffer} valid until the next read
   */
  read(position, length) {
    this.#check(position, length);
    if (length > WINDOW_BYTES) {
      const bytes = Buffer.alloc(length);
      this.fill(bytes, position);
      return bytes;
    }
    const inside = position - this.#windowStart;
    if (inside < 0 || inside + length > this.#windowLength) {
      this.#windowLength = 0;
      const wanted = Math.min(WINDOW_BYTES, this.size - position);
      this.fill(this.#window.subarray(0, wanted), position);
      this.#windowStart = position;
      this.#windowLength = wanted;
    }
    const start = position - this.#windowStart;
    return this.#window.subarray(start, start + length);
  }

  /** @param {number} position @param {number} length */
  #check(position, length) {
    if (position >= 0 && length >= 0 && position + length <= this.size) return;
    throw this.malformed(`the file ends at byte ${this.size}, before what it announces: it is cut short or damaged. Copy or download it again.`);
  }
}
