/**
 * Reads a Python pickle without Python and without running anything of it (protocols 2 to 5, as torch.save writes).
 *
 * What it gives: None is null; bool, float and str are JavaScript's; int is a number, or a bigint where that is not
 * exact; tuple and list are arrays, dict and OrderedDict are Maps, set is a Set; bytes are a Buffer. A class or a function is a
 * `Name`, an object of a class an `Instance`: both are only what the file says of them.
 */
import { DecemError } from '../js/errors.js';
import { isHarmless, isInertCall } from './pickle-names.js';

/** A checkpoint with its optimiser has some hundreds of thousands. */
const OPERATIONS_MAX = 2_000_000;
const LONG_BYTES_MAX = 64;
const TEXT_BYTES_MAX = 64 << 20;

/** A class or function that the pickle names. */
export class Name {
  /** @param {string} path such as 'torch.nn.modules.conv.Conv2d' */
  constructor(path) {
    this.path = path;
  }
}

/** An object of a class that was not imported: what its `__dict__` would be. */
export class Instance {
  /** @type {Map<unknown, unknown>} */
  attributes = new Map();

  /** @param {string} path of its class */
  constructor(path) {
    this.path = path;
  }
}

/**
 * @typedef {object} PickleHost
 * @property {import('./file.js').RandomFile} file
 * @property {(path: string, args: unknown[]) => unknown} call a function that the host knows; undefined for any other
 * @property {(id: unknown) => unknown} persistent what a persistent id stands for
 */

const MARK = Symbol('mark');

/** The names of the operations that are refused, for messages. */
const REFUSED = new Map([[0x69, 'INST'], [0x6f, 'OBJ'], [0x82, 'EXT1'], [0x83, 'EXT2'], [0x84, 'EXT4'], [0x50, 'PERSID'], [0x97, 'NEXT_BUFFER'], [0x98, 'READONLY_BUFFER']]);

/**
 * @param {PickleHost} host
 * @param {import('./zip.js').Range} range the bytes that the pickle may take
 * @returns {{ value: unknown, end: number }} the byte after it
 */
export function readPickle(host, { start, end }) {
  const reader = new Unpickler(host, start, end);
  return { value: reader.run(), end: reader.position };
}

class Unpickler {
  /** @type {unknown[]} */
  #stack = [];
  /** @type {Map<number, unknown>} */
  #memo = new Map();
  #host;
  #end;

  /** @param {PickleHost} host @param {number} start @param {number} end */
  constructor(host, start, end) {
    this.#host = host;
    this.position = start;
    this.#end = end;
  }

  /** @returns {unknown} */
  run() {
    for (let count = 0; count < OPERATIONS_MAX; count++) {
      const operation = this.#u8();
      if (operation === 0x2e) return this.#pop(); // STOP
      this.#step(operation);
    }
    throw this.#damaged('has more parts than any model');
  }

  /** @param {string} what @returns {DecemError} */
  #damaged(what) {
    return this.#host.file.malformed(`its pickle ${what}: the file is damaged, or no model of PyTorch's.`);
  }

  /** @param {number} operation */
  #step(operation) {
    switch (operation) {
      case 0x80: // PROTO
        if (this.#u8() > 5) throw this.#damaged('is of a later protocol than 5');
        return;
      case 0x95: // FRAME: a hint for buffering
        this.#take(8);
        return;

      case 0x4e: return this.#push(null); // NONE
      case 0x88: return this.#push(true); // NEWTRUE
      case 0x89: return this.#push(false); // NEWFALSE
      case 0x4a: return this.#push(this.#take(4).readInt32LE()); // BININT
      case 0x4b: return this.#push(this.#u8()); // BININT1
      case 0x4d: return this.#push(this.#take(2).readUInt16LE()); // BININT2
      case 0x8a: return this.#push(this.#long(this.#u8())); // LONG1
      case 0x8b: return this.#push(this.#long(this.#u32())); // LONG4
      case 0x47: return this.#push(this.#take(8).readDoubleBE()); // BINFLOAT
      case 0x8c: return this.#push(this.#text(this.#u8())); // SHORT_BINUNICODE
      case 0x58: return this.#push(this.#text(this.#u32())); // BINUNICODE
      case 0x8d: return this.#push(this.#text(this.#u64())); // BINUNICODE8
      case 0x55: return this.#push(this.#text(this.#u8())); // SHORT_BINSTRING
      case 0x54: return this.#push(this.#text(this.#u32())); // BINSTRING
      case 0x43: return this.#push(this.#bytes(this.#u8())); // SHORT_BINBYTES
      case 0x42: return this.#push(this.#bytes(this.#u32())); // BINBYTES
      case 0x8e: case 0x96: return this.#push(this.#bytes(this.#u64())); // BINBYTES8, BYTEARRAY8

      case 0x28: return this.#push(MARK);
      case 0x30: this.#pop(); return; // POP
      case 0x31: this.#toMark(); return; // POP_MARK
      case 0x32: return this.#push(this.#top()); // DUP

      case 0x29: case 0x5d: return this.#push([]); // EMPTY_TUPLE, EMPTY_LIST
      case 0x7d: return this.#push(new Map()); // EMPTY_DICT
      case 0x8f: return this.#push(new Set()); // EMPTY_SET
      case 0x85: case 0x86: case 0x87: return this.#push(this.#several(operation - 0x84)); // TUPLE1 to TUPLE3
      case 0x74: case 0x6c: return this.#push(this.#toMark()); // TUPLE, LIST
      case 0x64: return this.#push(this.#fill(new Map(), this.#toMark())); // DICT
      case 0x91: return this.#push(new Set(this.#toMark())); // FROZENSET
      case 0x61: return this.#append([this.#pop()]); // APPEND
      case 0x65: return this.#append(this.#toMark()); // APPENDS
      case 0x90: return this.#append(this.#toMark()); // ADDITEMS
      case 0x73: return this.#setItems(this.#several(2)); // SETITEM
      case 0x75: return this.#setItems(this.#toMark()); // SETITEMS

      case 0x71: return this.#remember(this.#u8()); // BINPUT
      case 0x72: return this.#remember(this.#u32()); // LONG_BINPUT
      case 0x94: return this.#remember(this.#memo.size); // MEMOIZE
      case 0x68: return this.#recall(this.#u8()); // BINGET
      case 0x6a: return this.#recall(this.#u32()); // LONG_BINGET

      case 0x63: return this.#name(this.#line(), this.#line()); // GLOBAL
      case 0x93: { // STACK_GLOBAL
        const [module, name] = this.#several(2);
        return this.#name(module, name);
      }
      case 0x52: { // REDUCE
        const [callee, args] = this.#several(2);
        return this.#push(this.#call(callee, args));
      }
      case 0x81: { // NEWOBJ
        const [type] = this.#several(2);
        return this.#push(this.#create(type));
      }
      case 0x92: { // NEWOBJ_EX
        const [type] = this.#several(3);
        return this.#push(this.#create(type));
      }
      case 0x62: return this.#build(this.#pop()); // BUILD
      case 0x51: return this.#push(this.#host.persistent(this.#pop())); // BINPERSID
    }
    const name = REFUSED.get(operation);
    throw this.#damaged(name ? `uses ${name}, which torch.save never does` : `has an unknown operation, byte ${operation} at ${this.position - 1}`);
  }

  // ---- Bytes

  /** @param {number} length @returns {Buffer} valid until the next take */
  #take(length) {
    if (!(length <= this.#end - this.position)) throw this.#damaged('breaks off');
    const bytes = this.#host.file.read(this.position, length);
    this.position += length;
    return bytes;
  }

  #u8() {
    return this.#take(1)[0];
  }

  #u32() {
    return this.#take(4).readUInt32LE();
  }

  #u64() {
    return Number(this.#take(8).readBigUInt64LE());
  }

  /** @param {number} length */
  #bytes(length) {
    if (length > TEXT_BYTES_MAX) throw this.#damaged('has a text or bytes longer than any model\'s');
    return Buffer.from(this.#take(length));
  }

  /** @param {number} length */
  #text(length) {
    return this.#bytes(length).toString('utf8');
  }

  #line() {
    let line = '';
    for (let byte = this.#u8(); byte !== 0x0a; byte = this.#u8()) {
      line += String.fromCharCode(byte);
      if (line.length > 1000) throw this.#damaged('names something with more than 1000 letters');
    }
    return line;
  }

  /** @param {number} length @returns {number | bigint} of two's complement, least byte first */
  #long(length) {
    if (length > LONG_BYTES_MAX) throw this.#damaged('has a number longer than any model\'s');
    let value = 0n;
    const bytes = this.#take(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    value = BigInt.asIntN(length * 8, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  // ---- The stack

  /** @param {unknown} value */
  #push(value) {
    this.#stack.push(value);
  }

  #top() {
    if (this.#stack.length === 0 || this.#stack.at(-1) === MARK) throw this.#damaged('takes a value that is not there');
    return this.#stack.at(-1);
  }

  /** @returns {any} */
  #pop() {
    this.#top();
    return this.#stack.pop();
  }

  /** @param {number} count @returns {any[]} in the order in which they were pushed */
  #several(count) {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  /** @returns {unknown[]} what was pushed since the last mark, which goes too */
  #toMark() {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw this.#damaged('ends a list that it has not begun');
    const items = this.#stack.splice(mark);
    items.shift();
    return items;
  }

  /** @param {number} index */
  #remember(index) {
    this.#memo.set(index, this.#top());
  }

  /** @param {number} index */
  #recall(index) {
    if (!this.#memo.has(index)) throw this.#damaged('recalls a value that it has not seen');
    this.#push(this.#memo.get(index));
  }

  // ---- Values

  /** @param {unknown[]} items */
  #append(items) {
    const target = this.#top();
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (target instanceof Set) for (const item of items) target.add(item);
    else if (!(target instanceof Instance)) throw this.#damaged('appends to what is no list');
  }

  /** @param {unknown[]} items keys and values by turns */
  #setItems(items) {
    const target = this.#top();
    if (target instanceof Map) this.#fill(target, items);
    else if (!(target instanceof Instance)) throw this.#damaged('sets an item of what is no dict');
  }

  /** @param {Map<unknown, unknown>} map @param {unknown[]} items */
  #fill(map, items) {
    if (items.length % 2 !== 0) throw this.#damaged('has a key without a value');
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
    return map;
  }

  /** @param {unknown} module @param {unknown} name */
  #name(module, name) {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.#damaged('names something by what is no text');
    if (!isHarmless(module, name)) {
      throw new DecemError(
        `${this.#host.file.path}: refused, because it wants to use ${printable(`${module}.${name}`)} when it is loaded: a model has no need of that, ` +
          'and Python would run it. Nothing was run. Do not load this file with PyTorch; get the weights from a source that you trust.',
        'MALFORMED_FILE',
      );
    }
    this.#push(new Name(`${module}.${name}`));
  }

  /** @param {unknown} callee @param {unknown} args */
  #call(callee, args) {
    if (!(callee instanceof Name) || !Array.isArray(args)) throw this.#damaged('calls what is no function');
    switch (callee.path) {
      case 'collections.OrderedDict': case 'builtins.dict': case '__builtin__.dict': case 'collections.defaultdict':
        return new Map(pairs(args[callee.path.endsWith('defaultdict') ? 1 : 0]));
      case 'builtins.set': case '__builtin__.set': case 'builtins.frozenset': case '__builtin__.frozenset':
        return new Set(Array.isArray(args[0]) ? args[0] : []);
      case 'torch.Size':
        return args[0];
      case 'copyreg._reconstructor': case 'copy_reg._reconstructor':
        return this.#create(args[0]);
      case 'builtins.getattr': case '__builtin__.getattr':
        if (isMethod(args)) return new Instance(`${args[0].path}.${args[1]}`);
        break;
    }
    const known = this.#host.call(callee.path, args);
    if (known !== undefined) return known;
    if (isInertCall(callee.path)) return new Instance(callee.path);
    throw new DecemError(
      `${this.#host.file.path}: refused, because it calls ${printable(callee.path)} when it is loaded, which is none of the calls that weights need. ` +
        'Nothing was run. In PyTorch, save the weights alone: torch.save(model.state_dict(), "weights.pth").',
      'MALFORMED_FILE',
    );
  }

  /** @param {unknown} type */
  #create(type) {
    if (!(type instanceof Name)) throw this.#damaged('makes an object of what is no class');
    return type.path === 'collections.OrderedDict' ? new Map() : new Instance(type.path);
  }

  /** Sets attributes; those of dicts and tensors carry nothing that is needed. @param {unknown} state */
  #build(state) {
    const target = this.#top();
    if (!(target instanceof Instance)) return;
    // With __slots__ the state is a pair of dicts.
    for (const part of Array.isArray(state) ? state : [state]) {
      if (part instanceof Map) for (const [key, value] of part) target.attributes.set(key, value);
    }
  }
}

/**
 * Whether getattr asks for a function of a class or an object in the file, as where a module keeps one of its own in an attribute:
 * `self.combine = self._add`. What it gives is looked at no further, and cannot be called.
 * @param {unknown[]} args
 * @returns {args is [Name | Instance, string]}
 */
function isMethod([object, name, ...more]) {
  if (!(object instanceof Name || object instanceof Instance) || typeof name !== 'string' || more.length > 0) return false;
  return /^(?!__)\w+$/.test(name) && isHarmless(object.path, name);
}

/** @param {unknown} items @returns {[unknown, unknown][]} */
function pairs(items) {
  if (items instanceof Map) return [...items];
  return Array.isArray(items) ? items.filter((item) => Array.isArray(item) && item.length === 2) : [];
}

/** @param {string} text from a file, for a terminal */
function printable(text) {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
