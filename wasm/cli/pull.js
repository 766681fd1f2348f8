/** decem pull NAME...: pretrained weights from where their makers publish them, ready to be used by name. */
import { openCache } from '../js/index.js';
import { readCatalogue, storedUrl } from '../convert/catalogue.js';
import { pull } from '../convert/pull.js';
import { UsageError, messageOf } from './command.js';
import { DTYPES } from './convert.js';
import { Interrupt } from './interrupt.js';
import { ProgressBar, bold, columns, formatBytes } from './terminal.js';
import { requireModule } from './weights.js';

/** @typedef {import('../convert/catalogue.js').Entry} Entry */

/** @type {import('./command.js').Command} */
export default {
  name: 'pull',
  about: 'fetches pretrained weights, for --weights NAME',
  usage: `NAME... | --all | --list  [--dtype ${Object.keys(DTYPES).join('|')}] [--json]`,
  options: {
    all: { about: 'all of the catalogue that is not there yet' },
    list: { about: 'lists the catalogue: accuracy, size, licence, and what is there' },
    dtype: { value: Object.keys(DTYPES).join('|'), about: 'of the numbers that are kept; f32 if left out' },
    again: { about: 'also what is there already' },
    json: { about: 'one JSON object a line' },
  },
  more: `Fetches from torchvision and others, checks what is published of the file's SHA-256, checks every tensor, and keeps the weights
as safetensors with their options, preprocessing and labels in $DECEM_CACHE, else in "decem" of the usual folder for caches. A
connection that is lost is taken up where it broke off. DECEM_CATALOGUE names another catalogue, such as one of a mirror.`,
  example: 'decem pull mobilenetv2 && decem classify photo.jpg --weights mobilenetv2',

  async run(values, names) {
    const dtype = DTYPES[/** @type {keyof typeof DTYPES} */ (values.dtype ?? 'f32')];
    if (!dtype) throw new UsageError(`--dtype is ${Object.keys(DTYPES).join(' or ')}, not "${values.dtype}".`);
    const ways = [names.length > 0, values.all, values.list].filter(Boolean).length;
    if (ways !== 1) throw new UsageError('name what to pull, or say --all or --list.');
    const catalogue = await readCatalogue();
    if (values.list) {
      await list(catalogue, values.json === true);
      return 0;
    }
    const unknown = names.find((name) => !catalogue.some((entry) => entry.name === name));
    if (unknown) throw new UsageError(`the catalogue has no "${unknown}"; it has ${catalogue.map(({ name }) => name).join(', ')}.`);
    requireModule();
    const wanted = values.all ? catalogue.filter(({ url }) => url !== null) : catalogue.filter(({ name }) => names.includes(name));
    return pullAll(wanted, { dtype, again: values.again === true, json: values.json === true });
  },
};

/**
 * One after another; one that fails does not keep the others from being tried.
 * @param {Entry[]} entries
 * @param {{ dtype: import('../convert/write.js').WrittenDtype, again: boolean, json: boolean }} how
 * @returns {Promise<number>} the exit status
 */
async function pullAll(entries, { dtype, again, json }) {
  const cache = await openCache();
  const progress = new ProgressBar();
  const interrupt = new Interrupt();
  let status = 0;
  try {
    for (const entry of entries) {
      const there = again ? null : await cache.read(storedUrl(entry));
      if (there) {
        console.log(json ? JSON.stringify({ name: entry.name, path: there.path, bytes: there.bytes, fetched: false }) : `${entry.name} is there already (--again fetches it anew)`);
        continue;
      }
      try {
        const pulled = await pull(entry, {
          dtype,
          signal: interrupt.signal,
          onProgress: ({ phase, done, total }) => {
            const size = total === null ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`;
            progress.update(done, total, `${entry.name}  ${phase === 'fetch' ? '' : 'converting  '}${size}`);
          },
        });
        progress.end();
        console.log(json ? JSON.stringify({ ...pulled, fetched: true }) : told(pulled));
      } catch (error) {
        progress.end();
        if (interrupt.signal.aborted) break;
        console.error(`decem: ${entry.name}: ${messageOf(error)}`);
        status = 1;
      }
    }
  } finally {
    progress.end();
    interrupt.end();
  }
  return status;
}

/** @param {import('../convert/pull.js').Pulled} pulled */
function told({ name, path, bytes, url, fetchedBytes, sha256, published }) {
  const checked = published ? `SHA-256 ${published}..., as published` : `SHA-256 ${sha256.slice(0, 8)}...; none is published to compare it with`;
  return `${bold(name)}  ${formatBytes(fetchedBytes)} from ${new URL(url).host} (${checked})\n  kept as ${path}, ${formatBytes(bytes)}`;
}

/** @param {Entry[]} catalogue @param {boolean} json */
async function list(catalogue, json) {
  const cache = await openCache();
  const rows = await Promise.all(catalogue.map(async (entry) => ({ ...entry, stored: (await cache.read(storedUrl(entry)))?.path ?? null })));
  if (json) {
    for (const row of rows) console.log(JSON.stringify(row));
    return;
  }
  const percent = (/** @type {number | null} */ value) => (value === null ? '-' : value.toFixed(1));
  const state = (/** @type {Entry & { stored: string | null }} */ { stored, url }) => (stored ? 'yes' : url === null ? 'by hand' : 'no');
  const cells = rows.map((row) => [row.name, state(row), row.mebibytes ? `${row.mebibytes.toFixed(1)} MiB` : '-', percent(row.top1), percent(row.top5), row.source]);
  const [head, ...body] = columns([['Name', 'There', 'Size', 'Top-1', 'Top-5', 'Source'], ...cells], ['left', 'left', 'right', 'right', 'right', 'left']);
  const licences = [...new Set(rows.map(({ license }) => license))].map((license) => `  ${license}`);
  console.log([bold(head), ...body, '', 'Top-1 and top-5: % of ImageNet\'s validation images, as published. Licences:', ...licences].join('\n'));
}
