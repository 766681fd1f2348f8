/**
 * Files of torch.save: a zip archive since PyTorch 1.6, and what older ones wrote (five pickles, then the storages).
 * Both hold one object; its tensors are views of storages that lie elsewhere in the file.
 */
import { DecemError } from '../js/errors.js';
import { Name, readPickle } from './pickle.js';
import { Tensor, bytesOf } from './tensor.js';
import { readZip } from './zip.js';

/** How the older format begins. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;
const PICKLE_BYTES_MAX = 256 << 20;

/** @type {Record<string, import('./tensor.js').Dtype>} */
const STORAGE_DTYPES = {
  DoubleStorage: 'F64', FloatStorage: 'F32', HalfStorage: 'F16', BFloat16Storage: 'BF16', LongStorage: 'I64', IntStorage: 'I32',
  ShortStorage: 'I16', CharStorage: 'I8', ByteStorage: 'U8', BoolStorage: 'BOOL',
};

/** A run of numbers that tensors are views of. Where it lies is known at the latest when the whole file is read. */
class Storage {
  start = 0;
  end = 0;

  /** @param {import('./tensor.js').Dtype} dtype @param {number} count */
  constructor(dtype, count) {
    this.dtype = dtype;
    this.count = count;
  }
}

/** A view of a storage, as the pickle describes it. */
export class TorchTensor {
  /** @param {Storage} storage @param {number} offset in elements @param {number[]} shape @param {number[]} strides */
  constructor(storage, offset, shape, strides) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }

  /**
   * @param {import('./file.js').RandomFile} file
   * @param {string} name for messages
   * @returns {Tensor}
   */
  locate(file, name) {
    const { dtype, start, end } = this.storage;
    return new Tensor(file, { name, dtype, shape: this.shape, strides: this.strides, start: start + this.offset * bytesOf(dtype), end });
  }
}

/**
 * @param {import('./file.js').RandomFile} file
 * @returns {boolean} whether it begins as a file of torch.save
 */
export function isTorchFile(file) {
  if (file.size < 4) return false;
  const start = file.read(0, 4).toString('latin1');
  return start === 'PK\x03\x04' || /^\x80[\x02-\x05]/.test(start);
}

/**
 * @param {import('./file.js').RandomFile} file
 * @returns {unknown} the object that was saved, as pickle.js gives it, with TorchTensors
 */
export function readTorchFile(file) {
  return file.read(0, 1)[0] === 0x80 ? readLegacy(file) : readArchive(file);
}

/** @param {import('./file.js').RandomFile} file */
function readArchive(file) {
  const entries = readZip(file);
  const pickle = [...entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
  if (pickle === undefined) throw file.malformed('it is a zip archive, but not one of torch.save: it has no data.pkl.');
  const folder = pickle.slice(0, -'data.pkl'.length);
  if (entries.has(`${folder}constants.pkl`)) {
    throw file.malformed('it is a TorchScript program. In PyTorch, save its weights: torch.save(torch.jit.load(path).state_dict(), "weights.pth").');
  }
  const order = entries.get(`${folder}byteorder`);
  if (order && file.read(order.start, Math.min(16, order.end - order.start)).toString('latin1') === 'big') throw bigEndian(file);

  /** @type {Map<string, Storage>} */
  const storages = new Map();
  const storageOf = (/** @type {import('./tensor.js').Dtype} */ dtype, /** @type {string} */ key, /** @type {number} */ count) => {
    let storage = storages.get(key);
    if (!storage) {
      const entry = entries.get(`${folder}data/${key}`);
      if (!entry) throw file.malformed(`storage ${key} is missing in it: the file is damaged.`);
      storage = new Storage(dtype, count);
      storage.start = entry.start;
      storage.end = entry.end;
      storages.set(key, storage);
    }
    return sameType(file, storage, dtype);
  };
  const range = /** @type {import('./zip.js').Range} */ (entries.get(pickle));
  if (range.end - range.start > PICKLE_BYTES_MAX) throw file.malformed('its pickle is larger than any model\'s.');
  return readPickle(hostOf(file, storageOf), range).value;
}

/** @param {import('./file.js').RandomFile} file */
function readLegacy(file) {
  /** @type {Map<string, Storage>} */
  const storages = new Map();
  const storageOf = (/** @type {import('./tensor.js').Dtype} */ dtype, /** @type {string} */ key, /** @type {number} */ count) => {
    const storage = storages.get(key) ?? new Storage(dtype, count);
    storages.set(key, storage);
    return sameType(file, storage, dtype);
  };
  const host = hostOf(file, storageOf);
  let at = 0;
  const next = () => {
    const { value, end } = readPickle(host, { start: at, end: Math.min(file.size, at + PICKLE_BYTES_MAX) });
    at = end;
    return value;
  };
  if (next() !== LEGACY_MAGIC) throw file.malformed('it is a pickle, but not one of torch.save.');
  if (next() !== LEGACY_PROTOCOL) throw file.malformed('it is of a version of torch.save that decem does not know. Save it again with PyTorch 1.6 or later.');
  const system = next();
  if (system instanceof Map && system.get('little_endian') === false) throw bigEndian(file);
  const root = next();
  const keys = next();
  if (!Array.isArray(keys)) throw file.malformed('the list of its storages is damaged.');
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage) throw file.malformed('it lists a storage that nothing uses: the file is damaged.');
    const count = Number(file.read(at, 8).readBigUInt64LE());
    if (count !== storage.count) throw file.malformed(`a storage of ${storage.count} numbers says that it has ${count}: the file is damaged.`);
    storage.start = at + 8;
    storage.end = at = storage.start + count * bytesOf(storage.dtype);
    if (at > file.size) throw file.malformed('it ends before its last storage: it is cut short. Copy or download it again.');
  }
  return root;
}

/** @param {import('./file.js').RandomFile} file */
function bigEndian(file) {
  return new DecemError(`${file.path} was written on a big-endian machine. Load and save it again with PyTorch on a common one.`, 'UNSUPPORTED_DTYPE');
}

/** @param {import('./file.js').RandomFile} file @param {Storage} storage @param {import('./tensor.js').Dtype} dtype */
function sameType(file, storage, dtype) {
  if (storage.dtype !== dtype) throw file.malformed('a storage is used with two types: the file is damaged.');
  return storage;
}

/**
 * @param {import('./file.js').RandomFile} file
 * @param {(dtype: import('./tensor.js').Dtype, key: string, count: number) => Storage} storageOf
 * @returns {import('./pickle.js').PickleHost}
 */
function hostOf(file, storageOf) {
  return {
    file,
    persistent(id) {
      if (!Array.isArray(id)) throw file.malformed('its pickle refers to something that is no storage.');
      // Older files name the class of a module with its source code, which is left alone.
      if (id[0] === 'module') return id[1];
      const [kind, type, key, , count] = id;
      const dtype = type instanceof Name ? STORAGE_DTYPES[type.path.split('.').at(-1) ?? ''] : undefined;
      if (kind !== 'storage' || typeof key !== 'string' || !Number.isSafeInteger(count) || count < 0) {
        throw file.malformed('its pickle refers to something that is no storage.');
      }
      if (!dtype) {
        const path = type instanceof Name ? type.path : 'something else';
        throw new DecemError(`${file.path}: its tensors are of ${path}, which decem does not read. Save them as float32: model.float().`, 'UNSUPPORTED_DTYPE');
      }
      const storage = storageOf(dtype, key, count);
      const view = id[5];
      if (!Array.isArray(view)) return storage;
      throw file.malformed('its storages are views of one another, as in PyTorch before 0.4. Save it again with PyTorch 1.6 or later.');
    },
    call(path, args) {
      switch (path) {
        case 'torch._utils._rebuild_tensor':
        case 'torch._utils._rebuild_tensor_v2':
          return tensorOf(file, args);
        case 'torch._utils._rebuild_parameter':
        case 'torch._utils._rebuild_parameter_with_state':
        case 'torch.nn.parameter.Parameter':
          if (args[0] instanceof TorchTensor) return args[0];
          throw file.malformed('a parameter in it is no tensor: the file is damaged.');
        case 'torch._tensor._rebuild_from_type_v2':
          if (args[0] instanceof Name && Array.isArray(args[2])) return this.call(args[0].path, args[2]);
      }
      return undefined;
    },
  };
}

/** @param {import('./file.js').RandomFile} file @param {unknown[]} args */
function tensorOf(file, [storage, offset, shape, strides]) {
  const sizes = (/** @type {unknown} */ list) => Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!(storage instanceof Storage) || !sizes([offset]) || !sizes(shape) || !sizes(strides)) {
    throw file.malformed('a tensor in it has no storage, shape or strides that can be: the file is damaged.');
  }
  return new TorchTensor(storage, /** @type {number} */ (offset), /** @type {number[]} */ (shape), /** @type {number[]} */ (strides));
}
