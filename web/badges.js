/**
 * How the engine runs in this browser, in a few words.
 */
import { byId, element } from './dom.js';

/** @param {import('../wasm/js/index.js').Classifier} classifier */
export function showBadges(classifier) {
  const inWorker = classifier.where === 'worker';
  byId('badges').replaceChildren(...[
    { text: 'SIMD', title: 'Four numbers at a time, by WebAssembly SIMD' },
    { text: '1 thread', title: 'One processor core' },
    inWorker
      ? { text: 'own worker', title: 'The network runs beside the page, which stays free' }
      : { text: 'on the page', title: 'No worker started here: the page waits while the network runs' },
  ].map(({ text, title }) => element('li', { textContent: text, title })));
}
