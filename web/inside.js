/**
 * Inside the network: its totals, all its layers, and the time that each step takes.
 *
 * @typedef {import('../wasm/js/index.js').Classifier} Classifier
 * @typedef {import('../wasm/js/index.js').Profile} Profile
 * @typedef {import('../wasm/js/index.js').Summary} Summary
 */
import { medianSteps } from '../wasm/js/median.js';
import { figureRows } from './answer.js';
import { byId, element } from './dom.js';
import { sentence } from './errors.js';
import { megabytes, milliseconds, millions, percent, whole } from './format.js';

/** How many of the slowest steps the chart shows by name. */
const shownSteps = 12;

/** How often a network runs to be measured: whatever else the device does disturbs a single run. */
const measuredRuns = 5;

/** @param {Summary} summary */
function layerTable({ layers, parameters, macs }) {
  const number = (/** @type {number} */ value) => element('td', { className: 'number', textContent: value === 0 ? '' : whole(value) });
  return element('table', {},
    element('thead', {}, element('tr', {}, ...['Layer', 'Type', 'Output', 'Parameters', 'Multiply-adds'].map((title, column) =>
      element('th', { scope: 'col', className: column > 2 ? 'number' : '', textContent: title })))),
    element('tbody', {}, ...layers.map((layer) => element('tr', {},
      element('th', { scope: 'row', textContent: layer.name }),
      element('td', { textContent: layer.type }),
      element('td', { textContent: layer.shape.join(' × ') }),
      number(layer.parameters),
      number(layer.macs)))),
    element('tfoot', {}, element('tr', {},
      element('th', { scope: 'row', colSpan: 3, textContent: 'Total' }), number(parameters), number(macs))));
}

/** @param {Profile['steps']} steps */
function timeChart(steps) {
  const total = steps.reduce((sum, step) => sum + step.ms, 0);
  const slowest = [...steps].sort((a, b) => b.ms - a.ms).slice(0, shownSteps);
  const rest = total - slowest.reduce((sum, step) => sum + step.ms, 0);
  const rows = slowest.map(({ name, kernel, ms }) => ({ name, kernel, ms }));
  if (steps.length > shownSteps) rows.push({ name: `${steps.length - shownSteps} others`, kernel: '', ms: rest });
  const longest = Math.max(...rows.map((row) => row.ms));
  return [
    element('h3', { textContent: `Where the time goes: ${milliseconds(total)} in ${steps.length} steps, the slowest first` }),
    element('ol', { className: 'times' }, ...rows.map(({ name, kernel, ms }) => {
      const fill = element('span', { className: 'bar-fill' });
      fill.style.width = `${(ms / longest) * 100}%`;
      return element('li', {},
        element('span', { className: 'label', textContent: name }),
        element('span', { className: 'kernel', textContent: kernel }),
        element('span', { className: 'number', textContent: `${milliseconds(ms)}, ${percent(ms / total)}` }),
        element('span', { className: 'bar', 'aria-hidden': 'true' }, fill));
    })),
  ];
}

/** @param {() => (Blob | HTMLVideoElement | null)} picture  what to measure with: what is in the frame */
export function createInside(picture) {
  const panel = byId('inside');
  const layers = byId('inside-layers');
  const times = byId('inside-times');
  const measure = byId('inside-profile');
  /** @type {Classifier | null} */
  let classifier = null;

  const drawTable = () => {
    if (classifier && layers.open) layers.querySelector('.scroll').replaceChildren(layerTable(classifier.summary()));
  };
  layers.addEventListener('toggle', drawTable);
  // Where there is room for it, the table is open from the start.
  layers.open = matchMedia('(min-width: 69rem)').matches;

  measure.addEventListener('click', async () => {
    const by = classifier;
    if (!by) return;
    const image = picture();
    times.hidden = false;
    if (!image) return times.replaceChildren(element('p', { textContent: 'Choose a photo first: it takes one to measure.' }));
    measure.disabled = true;
    try {
      /** @type {Profile[]} */
      const profiles = [];
      while (profiles.length < measuredRuns && by === classifier) {
        times.replaceChildren(element('p', { textContent: `Measuring: run ${profiles.length + 1} of ${measuredRuns}` }));
        profiles.push(await by.profile(image));
      }
      if (by === classifier) times.replaceChildren(...timeChart(medianSteps(profiles)));
    } catch (error) {
      if (by === classifier) times.replaceChildren(element('p', { className: 'notice', textContent: sentence(error) }));
    } finally {
      measure.disabled = false;
    }
  });

  return {
    /** @param {Classifier | null} next  none while weights load */
    show(next) {
      classifier = next;
      panel.hidden = next === null;
      times.hidden = true;
      times.replaceChildren();
      if (!next) return;
      const { parameters, macs, memory, layers: all, preprocess, classes } = next.summary();
      byId('inside-totals').replaceChildren(...figureRows({
        Layers: whole(all.length),
        Parameters: millions(parameters),
        'Multiply-adds': millions(macs),
        Memory: megabytes(memory),
        Input: `${preprocess.crop} × ${preprocess.crop}`,
        Classes: whole(classes),
      }));
      drawTable();
    },
  };
}
