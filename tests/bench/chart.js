// The speed of one place as a bar chart (SVG), for a README: one group a network, one bar an engine, all as parts of the
// slowest of the group, with milliseconds written out. Light and dark by the reader's preference.
//
//     node tests/bench/chart.js [--where chromium] [--threads 1] [--result build/bench/result.json] > chart.svg
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ENGINES, NETWORKS, floorMs } from './networks.js';
import { compare, formatMs } from './report.js';

const WIDTH = 760;
const LABEL_WIDTH = 130;
const VALUE_WIDTH = 56;
const BAR = 11;
const GAP = 2;
const GROUP_GAP = 14;
const TOP = 64;
const PREFERRED = ['chromium', 'node-latest', 'node'];

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .small { font-size: 10px; fill: #57606a }
  .title { font-size: 14px; font-weight: 600 }
  .decem { fill: #0b7a75 } .ort { fill: #9aa4af } .tfjs { fill: #b9a27e } .litert { fill: #8d9bc4 } .ncnn { fill: #c3a0b4 }
  .floor { stroke: #24292f; stroke-width: 1.5; stroke-dasharray: 2 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } .decem { fill: #2fc4b9 } .floor { stroke: #e6edf3 }
  }`;

/**
 * @param {any} result as bench.js writes it
 * @param {{ where?: string, threads?: number }} [choice] the best browser or Node of the result, and one thread
 * @returns {string | undefined} undefined where the result has no such measurement
 */
export function drawChart(result, { where, threads } = {}) {
  const place = where ?? PREFERRED.find((name) => result.where.includes(name));
  const count = threads ?? result.threads[0];
  const speed = result.measurements.filter((measurement) => {
    return measurement.kind === 'speed' && measurement.where === place && measurement.threads === count;
  });
  if (speed.length === 0) return undefined;

  const shown = [...ENGINES.filter(({ name }) => result.engines.includes(name))];
  if (speed.some((measurement) => compare(measurement).ncnn !== undefined)) shown.push({ name: 'ncnn', title: 'ncnn (scaled)' });
  const parts = [];
  let y = TOP;
  for (const measurement of speed) {
    const { times, ncnn } = compare(measurement);
    const bars = shown.map(({ name }) => ({ name, ms: name === 'ncnn' ? ncnn : times[name] })).filter(({ ms }) => ms !== undefined);
    if (bars.length === 0) continue;
    const network = NETWORKS.find(({ name }) => name === measurement.network);
    const height = bars.length * (BAR + GAP);
    const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / Math.max(...bars.map(({ ms }) => ms));
    parts.push(`<text x="${LABEL_WIDTH - 10}" y="${y + height / 2 + 4}" text-anchor="end">${network.title}</text>`);
    bars.forEach(({ name, ms }, index) => {
      const top = y + index * (BAR + GAP);
      const right = LABEL_WIDTH + ms * scale;
      parts.push(`<rect class="${name}" x="${LABEL_WIDTH}" y="${top}" width="${(ms * scale).toFixed(1)}" height="${BAR}" rx="2"/>`);
      parts.push(`<text class="small" x="${(right + 5).toFixed(1)}" y="${top + BAR - 2}">${formatMs(ms)}</text>`);
    });
    const floor = (LABEL_WIDTH + floorMs(result.costs[network.name], result.peaks[place], count).winograd * scale).toFixed(1);
    parts.push(`<line class="floor" x1="${floor}" x2="${floor}" y1="${y - 2}" y2="${y + height}"/>`);
    y += height + GROUP_GAP;
  }
  let x = LABEL_WIDTH;
  const legend = shown.map(({ name, title }) => {
    const item = `<rect class="${name}" x="${x}" y="38" width="11" height="11" rx="2"/><text class="small" x="${x + 15}" y="47">${title}</text>`;
    x += 30 + title.length * 6;
    return item;
  });
  legend.push(`<line class="floor" x1="${x + 5}" x2="${x + 5}" y1="37" y2="50"/><text class="small" x="${x + 12}" y="47">floor</text>`);
  const [major] = result.versions[place].split('.');
  const engine = `${place} ${major}, ${count === 1 ? 'one thread' : `${count} threads`}`;
  const title = `Milliseconds an image, ${engine}: shorter is better`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="${title}">
<style>${STYLE}
</style>
<text class="title" x="${LABEL_WIDTH}" y="22">${title}</text>
${[...legend, ...parts].join('\n')}
</svg>
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { where: { type: 'string' }, threads: { type: 'string' }, result: { type: 'string' } },
  });
  const path = values.result ?? join(fileURLToPath(new URL('../../build/bench', import.meta.url)), 'result.json');
  const svg = drawChart(JSON.parse(readFileSync(path, 'utf8')), { where: values.where, threads: values.threads && Number(values.threads) });
  if (!svg) throw new Error('the result has no such measurement');
  process.stdout.write(svg);
}
