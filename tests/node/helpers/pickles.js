/** Pickles and torch.save archives written by hand, byte by byte. */

/** @param {string} text @returns {Buffer} a pickled str */
export function unicode(text) {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(5);
  head[0] = 0x58;
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** @param {number} number @returns {Buffer} a pickled int */
export function integer(number) {
  const bytes = Buffer.alloc(5);
  bytes[0] = 0x4a;
  bytes.writeInt32LE(number, 1);
  return bytes;
}

/** @param {(string | Buffer)[]} parts texts are bytes, one a letter @returns {Buffer} a pickle of protocol 2 */
export function pickle(...parts) {
  return Buffer.concat([Buffer.from([0x80, 2]), ...parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)), Buffer.from('.')]);
}

/**
 * A tensor as torch.save pickles it.
 * @param {string} key of the storage
 * @param {number} count of the storage's numbers
 * @param {{ offset?: number, shape: number[], strides: number[], type?: string }} view
 */
export function tensor(key, count, { offset = 0, shape, strides, type = 'FloatStorage' }) {
  const tuple = (/** @type {number[]} */ list) => Buffer.concat([Buffer.from('('), ...list.map(integer), Buffer.from('t')]);
  return Buffer.concat([
    Buffer.from('ctorch._utils\n_rebuild_tensor_v2\n(('), unicode('storage'), Buffer.from(`ctorch\n${type}\n`), unicode(key), unicode('cpu'),
    integer(count), Buffer.from('tQ'), integer(offset), tuple(shape), tuple(strides), Buffer.from([0x89]), Buffer.from('}tR'),
  ]);
}

/**
 * A dict of texts to values, pickled.
 * @param {Record<string, Buffer>} entries
 */
export function dict(entries) {
  return Buffer.concat([Buffer.from('}('), ...Object.entries(entries).flatMap(([key, value]) => [unicode(key), value]), Buffer.from('u')]);
}

/**
 * A zip archive whose entries are stored, as torch.save writes it.
 * @param {Record<string, Uint8Array>} entries
 * @param {{ method?: number, size?: number }} [lie] what the table of contents says of every entry instead of the truth
 */
export function zip(entries, { method = 0, size } = {}) {
  const body = [];
  const directory = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(entries)) {
    const local = Buffer.alloc(30 + name.length);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    local.write(name, 30);
    const entry = Buffer.alloc(46 + name.length);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(size ?? bytes.length, 20);
    entry.writeUInt32LE(size ?? bytes.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    entry.write(name, 46);
    body.push(local, bytes);
    directory.push(entry);
    at += local.length + bytes.length;
  }
  const table = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(table.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...body, table, end]);
}

/**
 * A file of torch.save.
 * @param {Buffer} root the pickle
 * @param {Record<string, Uint8Array>} [storages] by key
 */
export function torchFile(root, storages = {}) {
  const data = Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes]));
  return zip({ 'archive/data.pkl': root, ...data, 'archive/version': Buffer.from('3\n') });
}
