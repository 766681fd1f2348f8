// npm run bench:kernels: how fast each kernel is on each shape that the ten networks give it. See --help.
//
// The shapes are the networks' own, and so is the surrounding: a network is run step by step, so that each kernel finds the caches as
// it does in a real run. Steps of the same shape, in whatever network, are one line.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../../wasm/setup/build.js';
import { ROOT, main } from '../../wasm/setup/run.js';
import { SetupError } from '../../wasm/setup/tools.js';
import { layersOf } from './costs.js';
import { HOSTS } from './hosts.js';
import { describeMachine } from './machine.js';
import { NETWORKS } from './networks.js';
import { readValues } from './options.js';
import { installPeers } from './prepare.js';
import { formatMs, networkOf, table } from './report.js';
import { statistics } from './statistics.js';

/** Which arithmetic can be had where. */
const VARIANTS = { 'node-latest': ['relaxed', 'strict'], node: ['strict'] };

const HELP = `Usage: npm run bench:kernels -- [options]

Times every kernel on every shape of the networks, in one thread.

  --networks A,B    of ${NETWORKS.map(({ name }) => name).join(', ')} (all)
  --where A,B       of ${Object.keys(VARIANTS).join(', ')} (all)
  --variants A,B    of relaxed, strict (all that the place has)
  --family TEXT     only families with this in their name, such as depthwise
  --runs N          runs of each network (12)

Example: npm run bench:kernels -- --where node-latest --variants relaxed --family 3x3

Writes Markdown to the standard output, and build/bench/kernels.json and kernels.md.`;

/** @param {import('./costs.js').Layer} layer @returns {string} */
function familyOf({ type, window: [height, width], stride, groups, input, output }) {
  if (type !== 'Conv2d') return type;
  const kind = groups === 1 ? 'conv' : groups === input[0] && groups === output[0] ? 'depthwise' : 'grouped conv';
  return `${kind} ${height}x${width}${stride > 1 ? `, stride ${stride}` : ''}`;
}

/**
 * @typedef {object} Shape what steps of one shape have in common, and their times
 * @property {string} family
 * @property {string} kernel that was chosen
 * @property {string} text input -> output, and groups
 * @property {number} macs of one
 * @property {number} count of layers, in all networks
 * @property {string[]} networks
 * @property {number[]} times ms, of all runs of all of them
 */

/**
 * @param {{ network: string, steps: any[], times: number[][] }[]} measured
 * @param {Map<string, Map<string, import('./costs.js').Layer>>} layers by network
 * @returns {(Omit<Shape, 'times'> & { times: ReturnType<typeof statistics> })[]} those that take most of the time first
 */
function groupByShape(measured, layers) {
  /** @type {Map<string, Shape>} */
  const shapes = new Map();
  for (const { network, steps, times } of measured) {
    steps.forEach(({ name, type, kernel, shape, macs }, index) => {
      const layer = (name && layers.get(network)?.get(name)) || { type, input: shape, output: shape, window: [0, 0], stride: 1, groups: 1, macs };
      const family = familyOf(layer);
      const text = `${layer.input.join('x')} -> ${layer.output.join('x')}${layer.groups > 1 && layer.groups !== layer.input[0] ? `, ${layer.groups} groups` : ''}`;
      const key = [family, kernel, text].join();
      const found = shapes.get(key) ?? { family, kernel, text, macs, count: 0, networks: [], times: [] };
      found.count++;
      if (!found.networks.includes(network)) found.networks.push(network);
      found.times.push(...times.map((run) => run[index]));
      shapes.set(key, found);
    });
  }
  const all = [...shapes.values()].map(({ times, ...shape }) => ({ ...shape, times: statistics(times) }));
  return all.sort((a, b) => b.count * b.times.median - a.count * a.times.median);
}

const sum = (shapes, value) => shapes.reduce((total, shape) => total + shape.count * value(shape), 0);
const totalMs = (shapes) => sum(shapes, ({ times }) => times.median);

/** GFLOP/s and its share of the peak. */
function speed(macs, ms, peak) {
  if (macs === 0) return ['', ''];
  const flops = (2 * macs * 1e3) / ms;
  return [(flops / 1e9).toFixed(1), `${((100 * flops) / peak).toFixed(0)} %`];
}

/** @param {{ where: string, version: string, variant: string, peak: number, shapes: any[] }} measurement @returns {string} */
function section({ where, version, variant, peak, shapes }) {
  const families = [...new Set(shapes.map(({ family }) => family))].map((family) => shapes.filter((shape) => shape.family === family));
  const all = totalMs(shapes);
  const overview = families.sort((a, b) => totalMs(b) - totalMs(a)).map((of) => {
    const ms = totalMs(of);
    return [of[0].family, of.length, sum(of, () => 1), formatMs(ms), `${((100 * ms) / all).toFixed(1)} %`, ...speed(sum(of, ({ macs }) => macs), ms, peak)];
  });
  const details = families.map((of) => `#### ${of[0].family}\n\n${table(
    ['shape', 'kernel', 'layers', 'networks', 'ms', '10 % to 90 %', 'GFLOP/s', 'of peak'],
    of.map(({ text, kernel, count, networks, macs, times }) => [
      text, kernel, count, networks.map((name) => networkOf(name).title).join(', '), times.median.toFixed(3), `${times.p10.toFixed(3)} to ${times.p90.toFixed(3)}`, ...speed(macs, times.median, peak),
    ]),
  )}`);
  const title = `### ${where} ${version}, ${variant}: the peak of a core is ${(peak / 1e9).toFixed(1)} GFLOP/s`;
  return [title, table(['family', 'shapes', 'layers', 'ms, all layers', 'share', 'GFLOP/s', 'of peak'], overview), ...details].join('\n\n');
}

function readOptions() {
  const text = (value) => /** @type {const} */ ({ type: 'string', default: value });
  const options = {
    networks: text(NETWORKS.map(({ name }) => name).join()),
    where: text(Object.keys(VARIANTS).join()),
    variants: text('relaxed,strict'),
    family: text(''),
    runs: text('12'),
    help: { type: /** @type {const} */ ('boolean'), short: 'h', default: false },
  };
  const { values, choice } = readValues(options, HELP);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new SetupError(`--runs: '${values.runs}' is not a whole number above 0`);
  return {
    help: values.help,
    family: values.family,
    runs,
    networks: choice('networks', NETWORKS.map(({ name }) => name)),
    where: choice('where', Object.keys(VARIANTS)),
    variants: choice('variants', ['relaxed', 'strict']),
  };
}

await main(async () => {
  const { help, family, runs, networks, where: places, variants } = readOptions();
  if (help) return console.log(HELP);
  build(['wasm']);
  if (places.includes('node-latest')) installPeers();
  const layers = new Map(await Promise.all(networks.map(async (network) => /** @type {const} */ ([network, await layersOf(network)]))));
  const measurements = [];
  for (const where of places) {
    const host = await HOSTS[where]();
    const { fusedFlops = 0, flops } = (await host.run({ kind: 'peak' })).result;
    for (const variant of VARIANTS[where].filter((name) => variants.includes(name))) {
      const measured = [];
      for (const network of networks) {
        console.error(`${where}, ${variant}: ${network}`);
        measured.push({ network, ...(await host.run({ kind: 'kernels', network, variant, runs })).result });
      }
      const shapes = groupByShape(measured, layers).filter((shape) => shape.family.includes(family));
      measurements.push({ where, version: host.version, variant, peak: Math.max(fusedFlops, flops), shapes });
    }
    await host.close();
  }
  if (measurements.every(({ shapes }) => shapes.length === 0)) throw new SetupError('No layer of these networks is of that family, or no place has that variant.');
  const notes = `Times are medians of ${runs} runs of each network; "all layers" adds up those of the chosen networks. GFLOP/s counts two operations a multiply-accumulate of the
layer as it is written: Winograd needs fewer, and can pass the peak. Layers that are computed together are one step, named by the first.`;
  const markdown = [...measurements.filter(({ shapes }) => shapes.length > 0).map(section), notes].join('\n\n');
  const folder = join(ROOT, 'build', 'bench');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kernels.json'), `${JSON.stringify({ date: new Date().toISOString(), machine: describeMachine(), runs, measurements }, null, 1)}\n`);
  writeFileSync(join(folder, 'kernels.md'), `${markdown}\n`);
  console.log(markdown);
});
