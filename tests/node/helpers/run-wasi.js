/**
 * node run-wasi.js FILE.wasm: runs a WASI command with this folder as its root, and exits with its status.
 *
 * Only the few calls that the tests in C make: reading files and writing text. Not node:wasi, because that of Node 20
 * crashes now and then when the command has ended.
 */
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';

const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const NO_ENTRY = 44;
const DIRECTORY = 3;

/** What proc_exit throws, to end the command. */
class Exit {
  /** @param {number} status */
  constructor(status) {
    this.status = status;
  }
}

/** @type {WebAssembly.Memory} */
let memory;
const view = () => new DataView(memory.buffer);

/** Open files by descriptor: Node's descriptor and the place to read from. @type {Map<number, { file: number, at: number }>} */
const open = new Map();
let lastDescriptor = DIRECTORY;

/**
 * The pieces of memory that an array of iovecs names.
 * @param {number} vectors
 * @param {number} count
 */
function* pieces(vectors, count) {
  for (let i = 0; i < count; i++) {
    const [start, length] = [0, 4].map((offset) => view().getUint32(vectors + 8 * i + offset, true));
    yield new Uint8Array(memory.buffer, start, length);
  }
}

/**
 * Writes a number where the caller wants it.
 * @param {number} pointer
 * @param {number} value
 */
function give(pointer, value) {
  view().setUint32(pointer, value, true);
  return SUCCESS;
}

const wasi = {
  /** @param {number} status */
  proc_exit(status) {
    throw new Exit(status);
  },

  /** @param {number} fd @param {number} vectors @param {number} count @param {number} written */
  fd_write(fd, vectors, count, written) {
    if (fd !== 1 && fd !== 2) return BAD_DESCRIPTOR;
    let total = 0;
    for (const piece of pieces(vectors, count)) total += piece.length > 0 ? writeSync(fd, piece) : 0;
    return give(written, total);
  },

  /** @param {number} fd @param {number} vectors @param {number} count @param {number} read */
  fd_read(fd, vectors, count, read) {
    const entry = open.get(fd);
    if (!entry) return BAD_DESCRIPTOR;
    let total = 0;
    for (const piece of pieces(vectors, count)) {
      const got = readSync(entry.file, piece, 0, piece.length, entry.at);
      entry.at += got;
      total += got;
    }
    return give(read, total);
  },

  /** The tests read their files from the first byte to the last. */
  fd_seek: () => BAD_DESCRIPTOR,

  /** @param {number} fd */
  fd_close(fd) {
    const entry = open.get(fd);
    if (!entry) return BAD_DESCRIPTOR;
    open.delete(fd);
    closeSync(entry.file);
    return SUCCESS;
  },

  /**
   * @param {number} _fd @param {number} _lookup @param {number} path @param {number} length @param {number} _flags
   * @param {bigint} _rights @param {bigint} _inherited @param {number} _fdFlags @param {number} opened
   */
  path_open(_fd, _lookup, path, length, _flags, _rights, _inherited, _fdFlags, opened) {
    try {
      const file = openSync(new TextDecoder().decode(new Uint8Array(memory.buffer, path, length)), 'r');
      open.set(++lastDescriptor, { file, at: 0 });
      return give(opened, lastDescriptor);
    } catch {
      return NO_ENTRY;
    }
  },

  /** @param {number} count @param {number} bytes */
  environ_sizes_get: (count, bytes) => give(count, 0) + give(bytes, 0),
  environ_get: () => SUCCESS,
  /** @param {number} count @param {number} bytes */
  args_sizes_get: (count, bytes) => give(count, 0) + give(bytes, 0),
  args_get: () => SUCCESS,
};

const module = await WebAssembly.compile(readFileSync(process.argv[2]));
const instance = await WebAssembly.instantiate(module, {
  wasi_snapshot_preview1: wasi,
  env: { emscripten_notify_memory_growth() {} },
});
memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);
try {
  /** @type {() => void} */ (instance.exports._start)();
} catch (error) {
  if (!(error instanceof Exit)) throw error;
  process.exit(error.status);
}
