/**
 * One instance of the WebAssembly module and its memory. Nothing above this file touches the heap: what goes in is
 * copied in, what comes out is copied out, and no view outlives the call that made it, since memory that grows
 * detaches every view.
 */
import { DecemError, codeOfStatus } from './errors.js';

/** Of 64 KiB. The module's import declares an initial size of no more than this. */
const INITIAL_PAGES = 64;
/** The module's import declares the first of these; where there are not so many addresses to reserve, less must do. */
const MAXIMUM_PAGES = [65536, 16384];

/** An address in the module's memory; 0 is NULL. @typedef {number} Pointer */

/**
 * The few functions that the C library wants of its host. decem's core does no input or output, so a call of any other
 * is a defect.
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Memory} memory
 * @returns {WebAssembly.Imports}
 */
export function hostImports(module, memory) {
  /** @type {Record<string, Record<string, WebAssembly.ImportValue>>} */
  const imports = {};
  for (const { module: room, name, kind } of WebAssembly.Module.imports(module)) {
    imports[room] ??= {};
    if (kind === 'memory') imports[room][name] = memory;
    else if (name === 'emscripten_notify_memory_growth') imports[room][name] = () => {};
    else {
      imports[room][name] = () => {
        throw new WebAssembly.RuntimeError(`the core called ${room}.${name}`);
      };
    }
  }
  return imports;
}

/**
 * Whether a module is one for shared memory: those alone let their stack be moved.
 * @param {WebAssembly.Module} module
 * @returns {boolean}
 */
export function isShared(module) {
  return WebAssembly.Module.exports(module).some(({ name }) => name === '__stack_pointer');
}

/** @param {boolean} shared @returns {WebAssembly.Memory} */
function newMemory(shared) {
  let cause;
  for (const maximum of MAXIMUM_PAGES) {
    try {
      return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared });
    } catch (error) {
      cause = error;
    }
  }
  throw new DecemError(
    'No memory left for another classifier: dispose of those that are no longer needed, or close other tabs.',
    'OUT_OF_MEMORY',
    { cause },
  );
}

/**
 * @param {WebAssembly.Module} module
 * @returns {Promise<Raw>}
 */
export async function instantiate(module) {
  const memory = newMemory(isShared(module));
  const instance = await WebAssembly.instantiate(module, hostImports(module, memory));
  const raw = new Raw(module, memory, /** @type {Record<string, (...args: number[]) => number>} */ (instance.exports));
  if ('_initialize' in instance.exports) raw.call('_initialize');
  return raw;
}

export class Raw {
  #exports;
  /** @type {Pointer} */
  #stage = 0;
  #stageBytes = 0;

  /**
   * @param {WebAssembly.Module} module
   * @param {WebAssembly.Memory} memory
   * @param {Record<string, (...args: number[]) => number>} exports
   */
  constructor(module, memory, exports) {
    this.module = module;
    this.memory = memory;
    this.#exports = exports;
  }

  /**
   * Calls an exported function.
   * @param {string} name
   * @param {...number} args
   * @returns {number} as C's int32_t; see `pointer` for addresses
   */
  call(name, ...args) {
    if (!(name in this.#exports)) {
      throw new DecemError(
        `The .wasm file is not of this version of decem: it has no ${name}. Serve the one that came with this package.`,
        'UNSUPPORTED',
      );
    }
    try {
      return this.#exports[name](...args);
    } catch (cause) {
      const { message } = /** @type {Error} */ (cause);
      throw new DecemError(`The WebAssembly module failed in ${name}: ${message}. This is a defect in decem.`, 'INTERNAL', { cause });
    }
  }

  /**
   * Calls an exported function that returns an address: above 2 GiB these are negative as int32_t.
   * @param {string} name
   * @param {...number} args
   * @returns {Pointer}
   */
  pointer(name, ...args) {
    return this.call(name, ...args) >>> 0;
  }

  /**
   * @param {number} bytes
   * @returns {Pointer} to be given to `free`
   */
  allocate(bytes) {
    const pointer = this.pointer('malloc', bytes);
    if (pointer === 0) {
      throw new DecemError(`Out of memory: ${bytes} bytes were wanted. Close other tabs or choose a smaller network.`, codeOfStatus(1));
    }
    return pointer;
  }

  /** @param {Pointer} pointer 0 is allowed */
  free(pointer) {
    this.call('free', pointer);
  }

  /**
   * Copies bytes to a place in the heap that is used again and again, and grows to the longest.
   * @param {Uint8Array | Uint8ClampedArray} bytes
   * @returns {Pointer} valid until the next `stage`
   */
  stage(bytes) {
    if (bytes.length > this.#stageBytes) {
      this.dropStage();
      this.#stage = this.allocate(bytes.length);
      this.#stageBytes = bytes.length;
    }
    new Uint8Array(this.memory.buffer).set(bytes, this.#stage);
    return this.#stage;
  }

  dropStage() {
    this.free(this.#stage);
    this.#stage = 0;
    this.#stageBytes = 0;
  }

  /**
   * Calls `use` with NUL-terminated copies of texts, which are freed after it.
   * @template T
   * @param {string[]} texts
   * @param {(...pointers: Pointer[]) => T} use
   * @returns {T}
   */
  withTexts(texts, use) {
    const encoded = texts.map((text) => new TextEncoder().encode(`${text}\0`));
    /** @type {Pointer[]} */
    const pointers = [];
    try {
      for (const bytes of encoded) {
        const pointer = this.allocate(bytes.length);
        pointers.push(pointer);
        new Uint8Array(this.memory.buffer).set(bytes, pointer);
      }
      return use(...pointers);
    } finally {
      pointers.forEach((pointer) => this.free(pointer));
    }
  }

  /**
   * @param {Pointer} pointer
   * @returns {string | null} null for NULL
   */
  text(pointer) {
    if (pointer === 0) return null;
    const heap = new Uint8Array(this.memory.buffer);
    return new TextDecoder().decode(heap.slice(pointer, heap.indexOf(0, pointer)));
  }

  /** @param {Pointer} pointer @returns {Pointer} the address or uint32_t that is stored there */
  word(pointer) {
    return new Uint32Array(this.memory.buffer, pointer, 1)[0];
  }

  /** @param {Pointer} pointer @param {number} count @returns {Float32Array} a copy */
  floats(pointer, count) {
    return new Float32Array(this.memory.buffer, pointer, count).slice();
  }

  /** @param {Pointer} pointer @param {number} count @returns {Int32Array} a copy */
  integers(pointer, count) {
    return new Int32Array(this.memory.buffer, pointer, count).slice();
  }

  /** @param {Pointer} pointer @param {number} count @returns {Uint8Array} a copy */
  bytes(pointer, count) {
    return new Uint8Array(this.memory.buffer, pointer, count).slice();
  }
}
