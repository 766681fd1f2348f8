/** decem cache: what is kept on this machine, and how to be rid of it. */
import { openCache } from '../js/index.js';
import { UsageError } from './command.js';
import { bold, columns, formatBytes } from './terminal.js';

/** @type {import('./command.js').Command} */
export default {
  name: 'cache',
  about: 'lists the weights that are kept on this machine, and deletes them',
  usage: '[--delete ADDRESS | --clear] [--json]',
  options: {
    delete: { value: 'ADDRESS', about: 'deletes the file of that address' },
    clear: { about: 'deletes all' },
    json: { about: 'one JSON object a line: url, bytes, sha256, stored, path' },
  },
  more: `Weights from an address, and those of "decem pull", lie in $DECEM_CACHE, else in "decem" in $XDG_CACHE_HOME, else in ~/.cache/decem.
They come from there the next time; what is damaged is fetched again by itself.`,
  example: 'decem cache --delete https://example.org/mobilenetv2.safetensors',

  async run(values, rest) {
    if (rest.length > 0) throw new UsageError(`"${rest[0]}" is too much: to delete a file, say --delete ADDRESS.`);
    if (values.delete !== undefined && values.clear) throw new UsageError('--delete and --clear do not go together.');
    const cache = await openCache();
    const files = await cache.list();
    if (values.clear) {
      await cache.clear();
      console.log(`${told(files)} deleted.`);
      return 0;
    }
    if (values.delete !== undefined) {
      const wanted = files.find(({ url }) => url === values.delete);
      if (!wanted) throw new UsageError(`nothing is kept for ${values.delete}; "decem cache" lists what is.`);
      await cache.delete(wanted.url);
      console.log(`${wanted.url}: ${formatBytes(wanted.bytes)} deleted.`);
      return 0;
    }
    if (values.json) for (const { url, bytes, sha256, stored, path } of files) console.log(JSON.stringify({ url, bytes, sha256, stored, path }));
    else if (files.length === 0) console.log('Nothing is kept.');
    else {
      const rows = files.map(({ url, bytes, stored }) => [formatBytes(bytes), stored.toISOString().slice(0, 10), url]);
      const [head, ...lines] = columns([['Size', 'Stored', 'Address'], ...rows], ['right', 'left', 'left']);
      console.log([bold(head), ...lines, '', told(files)].join('\n'));
    }
    return 0;
  },
};

/** @param {import('../js/index.js').FileFacts[]} files */
function told(files) {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return `${files.length === 1 ? '1 file' : `${files.length} files`}, ${formatBytes(bytes)}`;
}
