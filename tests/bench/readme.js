// The result in the short tables of the project's README: one place, the fastest engine of each row in bold.
//
//     node tests/bench/readme.js [RESULT.json]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENGINES, floorMs } from './networks.js';
import { compare, formatMs, networkOf, ratio, table } from './report.js';

/** @param {any} result as bench.js writes it @returns {string} */
export function readmeTables(result) {
  return result.where.map((where) => placeTable(result, where)).filter(Boolean).join('\n\n');
}

function placeTable({ measurements, versions, threads: counts, engines: asked, costs, peaks }, where) {
  const speeds = measurements.filter((one) => one.where === where && one.kind === 'speed');
  if (speeds.length === 0) return '';
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const engines = ENGINES.filter(({ name }) => asked.includes(name) && speeds.some(({ result }) => result[name]?.times));
  const gains = measurements.filter((one) => one.where === where && one.kind === 'gain' && !one.result.failure);
  const loads = measurements.filter((one) => one.where === where && one.kind === 'load' && one.engine === 'decem');
  const rows = [...new Set(speeds.map(({ network }) => network))].map((network) => {
    const find = (count) => speeds.find((one) => one.network === network && one.threads === count);
    const [few, many] = [find(least), find(most)].map(compare);
    const cells = [...engines.map(({ name }) => few.times[name]), ...(least === 1 ? [few.ncnn] : [])];
    const fastest = Math.min(...cells.filter((ms) => ms !== undefined));
    const floor = floorMs(costs[network], peaks[where], least).winograd;
    const gain = gains.find((one) => one.network === network)?.result.find(({ threads }) => threads === most).gain.median.toFixed(2);
    const threaded = most > least ? [formatMs(many.ours), gain ?? ratio(few.ours, many.ours), ratio(many.ours, many.best)] : [];
    const load = loads.find((one) => one.network === network);
    const first = loads.length > 0 ? [formatMs(load?.result.cold?.totalMs), formatMs(load?.result.warm?.totalMs)] : [];
    return [networkOf(network).title, ...cells.map((ms) => (ms === fastest ? `**${formatMs(ms)}**` : formatMs(ms))), ratio(few.ours, few.best), ratio(few.ours, floor), ...threaded, ...first];
  });
  const titles = engines.map(({ name, title }) => (name === 'decem' ? title : `${title} ${versions[name]}`));
  const ncnn = least === 1 ? ['ncnn, scaled'] : [];
  const threaded = most > least ? [`decem, ${most} threads`, 'gain', `/ best, ${most} threads`] : [];
  const first = loads.length > 0 ? ['first result, cold', 'again'] : [];
  const title = `${where} ${versions[where]}, ${least === 1 ? 'one thread' : `${least} threads`}`;
  return `${title}:\n\n${table(['ms', ...titles, ...ncnn, 'decem / best', 'decem / floor', ...threaded, ...first], rows)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = process.argv[2] ?? join(fileURLToPath(new URL('../../build/bench', import.meta.url)), 'result.json');
  console.log(readmeTables(JSON.parse(readFileSync(path, 'utf8'))));
}
