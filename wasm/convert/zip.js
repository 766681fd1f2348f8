/**
 * The table of contents of a zip archive as torch.save writes it: entries are stored, not compressed, so that each is
 * a range of the file. Zip64 is read, since PyTorch writes it for large models.
 */

const END_SIGNATURE = 0x06054b50;
const END64_SIGNATURE = 0x06064b50;
const LOCATOR64_SIGNATURE = 0x07064b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;

const END_BYTES = 22;
const COMMENT_MAX = 0xffff;
const DIRECTORY_MAX = 16 << 20;
const MISSING = 0xffffffff;

/** @typedef {{ start: number, end: number }} Range in bytes of the file */

/**
 * @param {import('./file.js').RandomFile} file
 * @returns {Map<string, Range>} where each entry's bytes lie
 */
export function readZip(file) {
  const { offset, size } = findDirectory(file);
  if (size > DIRECTORY_MAX) throw file.malformed('its table of contents is larger than any model needs.');
  const directory = Buffer.from(file.read(offset, size));
  /** @type {Map<string, Range>} */
  const entries = new Map();
  for (let at = 0; at < size; ) {
    if (at + 46 > size || directory.readUInt32LE(at) !== ENTRY_SIGNATURE) throw file.malformed('the zip archive\'s table of contents is damaged.');
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const next = extraEnd + directory.readUInt16LE(at + 32);
    if (next > size) throw file.malformed('the zip archive\'s table of contents is damaged.');
    const name = directory.toString('utf8', at + 46, nameEnd);
    const entry = readEntry(file, directory.subarray(at, nameEnd), directory.subarray(nameEnd, extraEnd), name);
    if (entries.has(name)) throw file.malformed(`the zip archive has ${name} twice.`);
    entries.set(name, entry);
    at = next;
  }
  return entries;
}

/** @param {import('./file.js').RandomFile} file */
function findDirectory(file) {
  const length = Math.min(file.size, END_BYTES + COMMENT_MAX);
  const tail = Buffer.alloc(length);
  file.fill(tail, file.size - length);
  let at = length - END_BYTES;
  while (at >= 0 && tail.readUInt32LE(at) !== END_SIGNATURE) at--;
  if (at < 0) throw file.malformed('it begins as a zip archive, but has no end: it is cut short. Copy or download it again.');
  const locator = file.size - length + at - 20;
  if (locator >= 0) {
    const bytes = file.read(locator, 20);
    if (bytes.readUInt32LE(0) === LOCATOR64_SIGNATURE) {
      const end = file.read(Number(bytes.readBigUInt64LE(8)), 56);
      if (end.readUInt32LE(0) !== END64_SIGNATURE) throw file.malformed('the zip archive\'s table of contents is damaged.');
      return { size: Number(end.readBigUInt64LE(40)), offset: Number(end.readBigUInt64LE(48)) };
    }
  }
  return { size: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
}

/**
 * @param {import('./file.js').RandomFile} file
 * @param {Buffer} record
 * @param {Buffer} extra
 * @param {string} name
 * @returns {Range}
 */
function readEntry(file, record, extra, name) {
  let packed = record.readUInt32LE(20);
  let size = record.readUInt32LE(24);
  let header = record.readUInt32LE(42);
  const wide = findZip64(extra);
  let field = 0;
  const widen = (/** @type {number} */ value) => {
    if (value !== MISSING) return value;
    if (field + 8 > wide.length) throw file.malformed(`the zip archive does not say where ${name} lies.`);
    field += 8;
    return Number(wide.readBigUInt64LE(field - 8));
  };
  size = widen(size);
  packed = widen(packed);
  header = widen(header);
  if (record.readUInt16LE(8) & 1) throw file.malformed(`${name} in it is encrypted.`);
  if (record.readUInt16LE(10) !== 0 || packed !== size) {
    throw file.malformed(`${name} in it is compressed, which torch.save never does. Unpack it and save the model again with torch.save.`);
  }
  const local = file.read(header, 30);
  if (local.readUInt32LE(0) !== LOCAL_SIGNATURE) throw file.malformed(`the zip archive says where ${name} lies, but it is not there.`);
  const start = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + size > file.size) throw file.malformed(`${name} in it lies past its end: the file is cut short. Copy or download it again.`);
  return { start, end: start + size };
}

/** @param {Buffer} extra @returns {Buffer} the field of 64-bit sizes; empty where there is none */
function findZip64(extra) {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) return extra.subarray(at + 4, end);
    at = end;
  }
  return Buffer.alloc(0);
}
