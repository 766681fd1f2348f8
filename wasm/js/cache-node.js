/**
 * A folder of stored files. Each has a line of facts beside it, which is written last and names the file: a file without
 * facts is not there. Other bytes have another name, so a file that is being read can be replaced.
 *
 *     <sha256 of the address>.json              { "url", "bytes", "sha256", "etag", "lastModified", "stored", "file" }
 *     <the same>-<its sha256 or random>.<kind>  the file
 *     <the same>-<random>.part                  one that is being written
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { extname, join } from 'node:path';
import { DecemError } from './errors.js';
import { openFile } from './node.js';

/** @import { CacheWriter, FileFacts, NewFacts, StoredFile } from './cache.js' */

/** The lines of facts as they are written. @typedef {Omit<FileFacts, 'stored' | 'path'> & { stored: string, file: string }} Line */

/** What no facts name may go after this time: whoever was writing it has died. */
const ABANDONED_MS = 24 * 3600 * 1000;

const NO_ROOM = ['ENOSPC', 'EDQUOT', 'EFBIG'];

function usualFolder() {
  const { DECEM_CACHE, XDG_CACHE_HOME } = process.env;
  return DECEM_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'decem');
}

/** @param {string} url @returns {string} */
const nameOf = (url) => createHash('sha256').update(url).digest('hex').slice(0, 32);

export class FolderStore {
  #folder;

  /** @param {string} [folder] made when something is written */
  constructor(folder = usualFolder()) {
    this.#folder = folder;
  }

  /** @returns {Promise<FileFacts[]>} */
  async list() {
    const names = await readdir(this.#folder).catch(() => []);
    const files = await Promise.all(names.filter((name) => name.endsWith('.json')).map((name) => this.#factsIn(name)));
    return files.filter((facts) => facts !== null);
  }

  /** @param {string} url @returns {Promise<StoredFile | null>} */
  async read(url) {
    const facts = await this.#factsIn(`${nameOf(url)}.json`);
    if (facts === null) return null;
    const path = /** @type {string} */ (facts.path);
    return {
      ...facts,
      async *chunks(signal) {
        yield* (await openFile(path, signal)).chunks;
      },
    };
  }

  /** @param {string} url @returns {Promise<boolean>} */
  async delete(url) {
    const name = nameOf(url);
    const known = (await this.#factsIn(`${name}.json`)) !== null;
    const names = await readdir(this.#folder).catch(() => []);
    await this.#guarded(async () => {
      // The facts first: without them there is no file.
      await rm(join(this.#folder, `${name}.json`), { force: true });
      const files = names.filter((file) => file.startsWith(`${name}-`) && !file.endsWith('.part'));
      await Promise.all(files.map((file) => rm(join(this.#folder, file), { force: true })));
    });
    return known;
  }

  /** @param {string} url @param {NewFacts} begun @returns {Promise<CacheWriter>} */
  async write(url, begun) {
    const name = nameOf(url);
    const unique = `${name}-${randomBytes(6).toString('hex')}`;
    const part = join(this.#folder, `${unique}.part`);
    const newLine = join(this.#folder, `${unique}.line.part`);
    const file = await this.#guarded(async () => {
      await mkdir(this.#folder, { recursive: true });
      await this.#sweep();
      return open(part, 'wx');
    });
    let bytes = 0;
    let isOpen = true;
    const discard = async () => {
      if (!isOpen) return;
      isOpen = false;
      await file.close().catch(() => {});
      await Promise.all([part, newLine].map((path) => rm(path, { force: true })));
    };
    /** @template T @param {() => Promise<T>} body @returns {Promise<T>} */
    const orDiscard = (body) => this.#guarded(body).catch(async (error) => {
      await discard();
      throw error;
    });
    return {
      discard,
      write: (chunk) => orDiscard(async () => {
        for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten;
        bytes += chunk.length;
      }),
      commit: (known = {}) => orDiscard(async () => {
        const before = await this.#factsIn(`${name}.json`);
        await file.close();
        const { sha256 = null, etag = null, lastModified = null } = { ...begun, ...known };
        const kind = extname(new URL(url).pathname).replace(/[^\w.]/g, '') || '.bin';
        const fileName = (sha256 ? `${name}-${sha256.slice(0, 16)}` : unique) + kind;
        const stored = join(this.#folder, fileName);
        /** @type {Line} */
        const line = { url, bytes, sha256, etag, lastModified, stored: new Date().toISOString(), file: fileName };
        await writeFile(newLine, `${JSON.stringify(line)}\n`);
        await rename(part, stored);
        await rename(newLine, join(this.#folder, `${name}.json`));
        isOpen = false;
        if (before?.path && before.path !== stored) await rm(before.path, { force: true });
        return { ...line, stored: new Date(line.stored), path: stored };
      }),
    };
  }

  /**
   * @param {string} name of a line of facts
   * @returns {Promise<FileFacts | null>} null where there is none, or where its file is gone or of another length
   */
  async #factsIn(name) {
    try {
      /** @type {Line} */
      const { file, stored, ...facts } = JSON.parse(await readFile(join(this.#folder, name), 'utf8'));
      const path = join(this.#folder, file);
      if (/[\\/]/.test(file) || (await stat(path)).size !== facts.bytes) return null;
      return { ...facts, stored: new Date(stored), path };
    } catch {
      return null;
    }
  }

  /** Takes away what processes that died have left. */
  async #sweep() {
    const known = new Set((await this.list()).map(({ path }) => path));
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => null);
      const isOurs = /^[\da-f]{32}[.-]/.test(name) && !name.endsWith('.json');
      if (isOurs && found && !known.has(path) && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
    }
  }

  /**
   * The same, with failures explained.
   * @template T
   * @param {() => Promise<T>} body
   * @returns {Promise<T>}
   */
  async #guarded(body) {
    try {
      return await body();
    } catch (cause) {
      const { code, message } = /** @type {NodeJS.ErrnoException} */ (cause);
      const why = NO_ROOM.includes(code ?? '')
        ? 'there is no room left on that disk: free some'
        : code === 'EACCES' || code === 'EROFS' || code === 'EPERM'
          ? 'it must not be written to: change its permissions'
          : message;
      throw new DecemError(`Cannot store in ${this.#folder}: ${why}, or name another folder in DECEM_CACHE.`, 'STORE_FAILED', { cause });
    }
  }
}
