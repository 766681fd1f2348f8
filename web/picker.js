/**
 * The list of the ten networks: a radio group, so that the arrow keys walk through it.
 */
import { element } from './dom.js';
import { megabytes, millions } from './format.js';
import { networks, weightBytes } from './networks.js';

/**
 * @param {HTMLElement} list
 * @param {(network: string) => void} onChoose
 */
export function createPicker(list, onChoose) {
  for (const network of networks) {
    list.append(element('label', { className: 'choice' },
      element('input', { type: 'radio', name: 'network', value: network.id, onchange: () => onChoose(network.id) }),
      element('span', { className: 'choice-name' }, network.name, ' ', element('small', { textContent: String(network.year) })),
      element('span', { className: 'choice-side', textContent: megabytes(weightBytes(network)) }),
      element('span', { className: 'choice-facts' },
        `${millions(network.parameters)} parameters, ${millions(network.macs)} `,
        element('abbr', { title: 'multiply-accumulates for one picture', textContent: 'MACs' }))));
  }

  return {
    /** Marks a network as chosen, without loading it. @param {string} network */
    mark(network) {
      for (const input of list.querySelectorAll('input')) input.checked = input.value === network;
    },
  };
}
