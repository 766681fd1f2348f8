/**
 * Threads on hosts that do not send the headers for them. A service worker (../service-worker.js) can add those, at
 * the visitor's wish: it stays installed in this browser until they take it away again. Either takes a reload, by which the
 * browser asks for the page anew.
 */
import { byId, element } from './dom.js';
import { sentence } from './errors.js';

const script = new URL('../service-worker.js', import.meta.url);

/** What works as well without, and is said with every failure. */
const goOn = 'Everything else works as before, on one thread.';

/** Offers threads where they can be had by a reload, or to take away what was installed for them. */
export async function offerThreads() {
  const place = byId('isolation');
  const found = await findServiceWorker();
  const installed = found?.active?.scriptURL === script.href ? found : null;
  /** @param {string} text @param {() => Promise<unknown>} change @param {string} words  the button's, and why it is there */
  const offer = (text, change, words) => place.replaceChildren(
    element('button', { type: 'button', id: 'isolation-change', className: 'button quiet', textContent: text, onclick: () => attempt(change) }),
    element('p', { className: 'hint', textContent: words }));

  if (installed && crossOriginIsolated) {
    offer('Stop using threads', () => installed.unregister(), 'A service worker adds the headers that this host does not send. This removes it and reloads the page.');
  } else if (installed) {
    offer('Remove the service worker', () => installed.unregister(), `A service worker is installed for threads, but this visit goes without: the page was loaded past it, or this browser does not let threads share memory. ${goOn}`);
  } else if (!found && !crossOriginIsolated && navigator.hardwareConcurrency > 1 && canInstall()) {
    offer('Use threads', install, 'Reloads the page: a service worker then adds the headers that this host does not send.');
  } else return;
  place.hidden = false;

  /** @param {() => Promise<unknown>} change */
  async function attempt(change) {
    try {
      await change();
      location.reload();
    } catch (error) {
      place.lastElementChild?.replaceWith(element('p', { className: 'notice', role: 'alert', textContent: `Threads cannot be switched on here. ${sentence(error)} ${goOn}` }));
    }
  }
}

/** Browsers have service workers for https and localhost only, and some not in private windows. */
function canInstall() {
  return isSecureContext && 'serviceWorker' in navigator;
}

/** @returns {Promise<ServiceWorkerRegistration | null>} of this page: ours, or one of the host's own, which is left alone */
async function findServiceWorker() {
  if (!canInstall()) return null;
  return await navigator.serviceWorker.getRegistration(location.href).catch(() => null) ?? null;
}

/** Returns once the service worker is there to answer the reload. */
async function install() {
  const { installing, waiting } = await navigator.serviceWorker.register(script);
  const worker = installing ?? waiting;
  if (!worker) return;
  await new Promise((resolve, reject) => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve(undefined);
      if (worker.state === 'redundant') reject(new Error('The service worker could not be installed.'));
    });
  });
}
