/**
 * The page's state in its address: ?network=NAME&weights=WHERE, so that a view can be shared and reloaded.
 * WHERE is the name of a file in models/, an address, or "synthetic". A file from disk is not in the address.
 *
 * @typedef {import('./weights.js').Choice} Choice
 */

/**
 * What the address asks for.
 * @param {string} search  as location.search
 * @returns {{ network: string | null, weights: string | null }}
 */
export function readAddress(search) {
  const parameters = new URLSearchParams(search);
  return { network: parameters.get('network'), weights: parameters.get('weights') };
}

/**
 * Puts a choice into the address, without a new entry in the history.
 * @param {Choice} choice
 */
export function writeAddress(choice) {
  const parameters = new URLSearchParams();
  if (choice.network) parameters.set('network', choice.network);
  if (choice.kind === 'model') parameters.set('weights', choice.file);
  if (choice.kind === 'url') parameters.set('weights', choice.url);
  if (choice.kind === 'synthetic') parameters.set('weights', 'synthetic');
  history.replaceState(null, '', `?${parameters}${location.hash}`);
}
