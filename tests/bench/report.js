// The result as Markdown.
import { ENGINES, NETWORKS, floorMs, scaledNcnnMs } from './networks.js';

const NO_VALUE = '-';

/** Three figures that matter. @param {number | undefined} ms */
export function formatMs(ms) {
  if (ms === undefined) return NO_VALUE;
  return ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2);
}

export function ratio(a, b) {
  return a === undefined || b === undefined ? NO_VALUE : (a / b).toFixed(2);
}

export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index ? '---:' : '---'))), ...rows.map(line)].join('\n');
}

export const networkOf = (network) => NETWORKS.find(({ name }) => name === network);

/**
 * The best of the peers in one measurement. ncnn's scaled time counts on one thread.
 * @param {any} measurement of kind speed
 * @returns {{ ours?: number, ncnn?: number, best?: number, times: Record<string, number | undefined> }} ms
 */
export function compare({ network, threads, result }) {
  const times = Object.fromEntries(ENGINES.map(({ name }) => [name, result[name]?.times?.median]));
  const ncnn = threads === 1 ? scaledNcnnMs(networkOf(network), times.ort) : undefined;
  const { decem: ours, ...others } = times;
  const known = [...Object.values(others), ncnn].filter((ms) => ms !== undefined);
  return { ours, ncnn, best: known.length ? Math.min(...known) : undefined, times };
}

function speedTable(measurements, engines, { costs, peaks }) {
  const rows = measurements.map((measurement) => {
    const network = networkOf(measurement.network);
    const { ours, ncnn, best, times } = compare(measurement);
    const { direct, winograd } = floorMs(costs[measurement.network], peaks[measurement.where], measurement.threads);
    const cells = engines.map(({ name }) => {
      const fewer = measurement.result[name]?.threads < measurement.threads ? '¹' : '';
      return formatMs(times[name]) + (times[name] === undefined ? '' : fewer);
    });
    const ncnnCell = measurement.threads === 1 ? [formatMs(ncnn)] : [];
    return [network.title, ...cells, ...ncnnCell, ratio(ours, best), formatMs(direct), formatMs(winograd), ratio(ours, winograd)];
  });
  const ncnnHead = measurements[0].threads === 1 ? ['ncnn²'] : [];
  const head = ['ms an image', ...engines.map(({ title }) => title), ...ncnnHead, 'decem / best peer', 'floor direct', 'floor F(4,3)', 'decem / floor'];
  return table(head, rows);
}

function spreadTable(measurements, engines) {
  const rows = measurements.map(({ network, result }) => {
    const cells = engines.map(({ name }) => {
      if (!result[name]) return NO_VALUE;
      const { failure, times, disagreement } = result[name];
      if (failure) return failure;
      const { min, p10, p90, count } = times;
      return `${formatMs(min)}; ${formatMs(p10)} to ${formatMs(p90)}; ${count}; ${disagreement.toExponential(0)}`;
    });
    return [networkOf(network).title, ...cells];
  });
  return table(['minimum; 10 % to 90 %; runs; error³', ...engines.map(({ title }) => title)], rows);
}

/** How much more threads do than one. */
function gainTable(measurements, engines) {
  const networks = [...new Set(measurements.map(({ network }) => network))];
  const counts = [...new Set(measurements.map(({ threads }) => threads))];
  const rows = networks.map((network) => {
    const timesOn = (count) => compare(measurements.find((one) => one.network === network && one.threads === count)).times;
    const one = timesOn(1);
    return [networkOf(network).title, ...counts.slice(1).flatMap((count) => engines.map(({ name }) => ratio(one[name], timesOn(count)[name])))];
  });
  return table(['times as fast, by medians of either', ...counts.slice(1).flatMap((count) => engines.map(({ title }) => `${title}, ${count} threads`))], rows);
}

/** The same of decem alone, by rounds in which each number of threads took its turn. */
function pairedGainTable(measurements) {
  const [{ counts }] = measurements;
  const rows = measurements.map(({ network, result }) => {
    const cells = result.failure ? [result.failure] : result.flatMap(({ times, gain }, index) => {
      const median = `${formatMs(times.median)} ms`;
      return index === 0 ? [median] : [median, gain.median.toFixed(2), `${gain.p10.toFixed(2)} to ${gain.p90.toFixed(2)}; ${gain.count}`];
    });
    return [networkOf(network).title, ...cells];
  });
  const head = counts.flatMap((count, index) => [`decem, ${count === 1 ? 'one thread' : `${count} threads`}`, ...(index ? ['times as fast', '10 % to 90 %; rounds'] : [])]);
  return table(['turn by turn', ...head], rows);
}

function loadTable(measurements, engines) {
  const networks = [...new Set(measurements.map(({ network }) => network))];
  const measured = engines.filter(({ name }) => measurements.some(({ engine }) => engine === name));
  const visits = measurements.some(({ next }) => next);
  const rows = networks.map((network) => {
    const cells = measured.flatMap(({ name }) => {
      const found = measurements.find((measurement) => measurement.network === network && measurement.engine === name);
      const failure = found?.result.failure;
      const next = visits ? [formatMs(found?.next?.cold?.totalMs)] : [];
      const memory = found?.peakBytes ? `${(found.peakBytes / 2 ** 20).toFixed(0)} MiB` : NO_VALUE;
      return [failure ?? formatMs(found?.result.cold?.totalMs), ...next, formatMs(found?.result.warm?.totalMs), memory];
    });
    return [networkOf(network).title, ...cells];
  });
  const head = measured.flatMap(({ title }) => [`${title} cold`, ...(visits ? ['next visit'] : []), 'again', 'peak memory']);
  return table(['ms to the first result⁴', ...head], rows);
}

function payloadTable(payloads) {
  const kb = (bytes) => `${(bytes / 1000).toFixed(bytes < 1e5 ? 1 : 0)} kB`;
  const rows = ENGINES.filter(({ name }) => payloads[name]).map(({ name, title }) => {
    const { wasm, js } = payloads[name];
    return [title, kb(wasm), kb(js), kb(wasm + js)];
  });
  return table(['gzipped', 'WebAssembly', 'JavaScript', 'together'], rows);
}

const NOTES = `¹ This engine ran on one thread here. ² Not run: its published time, scaled by what onnxruntime-web takes here.
³ Largest difference from PyTorch's logits, in units of the largest logit.
⁴ From importing the engine; again: from calling its load a second time in the same process. cold: nothing cached. next visit: the page loaded anew, its files in the
browser's caches. Of the public class, with its worker and the image resized, for decem.
Times are medians, engines in turn. Floor: the multiplications of the network at the peak of WASM on as many cores as threads, fully connected layers
at the speed of memory, both as measured before; F(4,3) with Winograd on 3x3 layers, transforms not counted.`;

/** @param {{ fusedFlops?: number, flops: number, bytes: number }} peak */
function peakSentence({ fusedFlops, flops, bytes }) {
  const giga = (value) => (value / 1e9).toFixed(1);
  const fused = fusedFlops === undefined ? 'no fused multiply-add here' : `${giga(fusedFlops)} GFLOP/s fused`;
  return `The most that one core does in WASM here: ${fused}, ${giga(flops)} with multiply and add, ${giga(bytes)} GB/s of memory read.`;
}

/** @param {any} result as bench.js writes it @returns {string} */
export function report(result) {
  const { machine, versions, measurements, payloads } = result;
  const parts = [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB. ` +
      Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ') + `. ${result.date}, ${result.minutes.toFixed(0)} minutes.`,
  ];
  const engines = ENGINES.filter(({ name }) => result.engines.includes(name));
  for (const where of result.where) {
    const here = measurements.filter((measurement) => measurement.where === where);
    const ours = result.arithmetic[where] ? `, decem ${result.arithmetic[where]}` : '';
    parts.push(`## ${where} ${versions[where]}${ours}`, peakSentence(result.peaks[where]));
    for (const threads of result.threads) {
      const speed = here.filter((measurement) => measurement.kind === 'speed' && measurement.threads === threads);
      if (speed.length === 0) continue;
      parts.push(`### ${where}, ${threads === 1 ? 'one thread' : `${threads} threads`}`, speedTable(speed, engines, result), spreadTable(speed, engines));
    }
    const speeds = here.filter(({ kind }) => kind === 'speed');
    const gains = here.filter(({ kind }) => kind === 'gain');
    if (result.threads[0] === 1 && result.threads.length > 1 && (speeds.length || gains.length)) {
      parts.push(`### ${where}, what threads bring`);
      if (gains.length) parts.push(pairedGainTable(gains));
      if (speeds.length) parts.push(gainTable(speeds, engines));
    }
    const load = here.filter((measurement) => measurement.kind === 'load');
    if (load.length) parts.push(`### ${where}, from nothing to the first result`, loadTable(load, engines));
  }
  parts.push('### First download', payloadTable(payloads), NOTES);
  const noisy = measurements.filter(({ busyCores }) => busyCores > result.quietCores).length;
  if (noisy) parts.push(`**Other programs were busy at the start of ${noisy} of ${measurements.length} measurements: repeat on a quiet machine.**`);
  return parts.join('\n\n');
}
