/**
 * The page's few DOM helpers.
 */

/**
 * The element with this id. The page's own HTML has it; anything else is a mistake worth a clear error.
 * @param {string} id
 * @returns {any} the element, in whatever class the caller knows it to be
 */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no element "${id}"`);
  return node;
}

/**
 * Makes an element. Text is always text, never markup.
 * @param {string} tag
 * @param {Record<string, any>} [properties]  properties of the element; names that are none become attributes
 * @param {...(Node|string|null|undefined|false)} children  empty ones are left out
 * @returns {any}
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) /** @type {any} */ (node)[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/**
 * A button.
 * @param {string} text
 * @param {() => void} onClick
 * @param {string} [className]
 */
export function button(text, onClick, className = 'button') {
  return element('button', { type: 'button', className, textContent: text, onclick: onClick });
}

/**
 * Shows a sentence in a notice, or hides the notice when there is none.
 * @param {HTMLElement} notice
 * @param {string} [text]
 */
export function notify(notice, text = '') {
  notice.hidden = text === '';
  notice.textContent = text;
}
