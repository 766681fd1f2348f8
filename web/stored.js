/**
 * What is stored on this device: which weights, how large, and a button to delete each. Loaded once the first weights are in.
 *
 * @typedef {import('../wasm/js/index.js').FileFacts} FileFacts
 */
import { openCache } from '../wasm/js/index.js';
import { button, byId, element } from './dom.js';
import { megabytes } from './format.js';

/** @param {string} url */
const nameOf = (url) => decodeURIComponent(new URL(url).pathname.split('/').pop() || url);

/** @param {FileFacts} file */
const whereFrom = ({ url }) => (new URL(url).origin === location.origin ? '' : ` from ${new URL(url).host}`);

/**
 * @param {object} events
 * @param {(urls: Set<string>) => void} events.onListed  the addresses of what is stored, whenever that changes
 * @param {(words: string) => void} events.onSaid        for screen readers
 */
export function createStored({ onListed, onSaid }) {
  const panel = byId('stored');
  const title = byId('stored-title');
  const list = byId('stored-list');

  /** Reads the list again. @returns {Promise<void>} */
  const refresh = async () => {
    // Where a page may not store anything there is nothing to tell.
    const files = await openCache().then((cache) => cache.list()).catch(() => []);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    panel.hidden = files.length === 0;
    title.textContent = `Stored on this device: ${files.length === 1 ? '1 file' : `${files.length} files`}, ${megabytes(bytes)}`;
    list.replaceChildren(...files.map((file) => element('li', {},
      element('span', { className: 'stored-name', textContent: nameOf(file.url) },
        element('small', { textContent: `${megabytes(file.bytes)}${whereFrom(file)}` })),
      button('Delete', () => remove(file), 'button quiet'))));
    list.querySelectorAll('button').forEach((/** @type {HTMLElement} */ each, /** @type {number} */ index) => {
      each.setAttribute('aria-label', `Delete ${nameOf(files[index].url)}`);
    });
    onListed(new Set(files.map(({ url }) => url)));
  };

  /** @param {FileFacts} file */
  const remove = async (file) => {
    const at = [...list.querySelectorAll('button')].indexOf(document.activeElement);
    await (await openCache()).delete(file.url);
    await refresh();
    onSaid(`${nameOf(file.url)} was deleted`);
    // The focus stays where it was, or goes to what is left.
    const left = list.querySelectorAll('button');
    if (at >= 0) (left[Math.min(at, left.length - 1)] ?? byId('weights-title')).focus();
  };

  return { refresh };
}
