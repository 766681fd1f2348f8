/**
 * How the engine runs in this browser, in a few words, and why.
 */
import { byId, element } from './dom.js';

/** @param {import('../wasm/js/index.js').Classifier} classifier */
export function showBadges({ variant, threads, where }) {
  const simd = variant === 'relaxed'
    ? { text: 'relaxed SIMD', title: 'Four numbers at a time, multiplied and added in one step' }
    : { text: 'SIMD', title: 'Four numbers at a time; this browser has no relaxed SIMD' };

  const alone = crossOriginIsolated
    ? 'One processor core'
    : 'One processor core: this host does not send the headers (COOP and COEP) that let threads share memory';
  const cores = threads > 1
    ? { text: `${threads} threads`, title: 'So many processor cores at once' }
    : { text: '1 thread', title: alone };

  const place = where === 'worker'
    ? { text: 'own worker', title: 'The network runs beside the page, which stays free' }
    : { text: 'on the page', title: 'No worker started here: the page waits while the network runs' };

  byId('badges').replaceChildren(...[simd, cores, place].map(({ text, title }) => element('li', { textContent: text, title })));
}
