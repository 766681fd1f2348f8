/**
 * Makes build/site: the page for any static host, in the repository's own layout (web/, wasm/js/, build/wasm/, models/).
 * Scripts become one file for each that is fetched by itself: the page's, what it fetches only where it is needed (the camera's part, that for hosts
 * without headers), the binding, the worker and the helper thread; each stays where it was, so that addresses in it hold. Scripts and styles are
 * minified; all else is copied. Only what is older than its source is made again.
 */
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './run.js';

const SITE = join(ROOT, 'build', 'site');

/** The folders of the site, and which of their files belong to it. @type {Record<string, RegExp>} */
const FOLDERS = {
  web: /\.(css|html|jpg|md|svg)$/,
  'build/wasm': /^decem-[\w-]+\.wasm$/,
  'models/labels': /\.json$/,
};

/** What the page imports where it is needed, beside the page's own script. */
const LATER = ['live.js', 'isolation.js'];

/** Each with all that it imports, but for the others. */
const SCRIPTS = ['web/app.js', ...LATER.map((file) => `web/${file}`), 'wasm/js/index.js', 'wasm/js/worker.js', 'wasm/js/thread.js', 'service-worker.js'];

const MINIFIED = /\.(css|js)$/;

/** What a host shows at the site's root. */
const FRONT = '<!doctype html><meta charset="utf-8"><title>decem</title><link rel="icon" href="web/icon.svg"><meta http-equiv="refresh" content="0; url=web/">\n';

/** @returns {string[]} the site's files, as paths from the root of either */
function filesOfSite() {
  const inFolders = Object.entries(FOLDERS).flatMap(([folder, kinds]) =>
    list(join(ROOT, folder)).filter((file) => kinds.test(file)).map((file) => `${folder}/${file}`));
  /** @type {{ file: string }[]} */
  const models = JSON.parse(readFileSync(join(ROOT, 'models/index.json'), 'utf8'));
  return [...inFolders, ...SCRIPTS, 'LICENSE', 'models/index.json', ...models.map(({ file }) => `models/${file}`)];
}

/** @param {string} folder @returns {string[]} the files in it and below, as paths from it */
function list(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(join(folder, file)).isFile());
}

/** All that a script may be made of. */
const modules = ['web', 'wasm/js'].flatMap((folder) => list(join(ROOT, folder)).filter((file) => file.endsWith('.js')).map((file) => `${folder}/${file}`));

/** @param {string} file @returns {boolean} whether it must be made (again) */
function isStale(file) {
  const made = statSync(join(SITE, file), { throwIfNoEntry: false });
  const recipe = statSync(fileURLToPath(import.meta.url));
  const sources = SCRIPTS.includes(file) ? [file, ...modules] : [file];
  return !made || sources.some((source) => made.mtimeMs < statSync(join(ROOT, source)).mtimeMs) || made.mtimeMs < recipe.mtimeMs;
}

/** @param {string[]} files */
async function minify(files) {
  if (files.length === 0) return;
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: ROOT,
    entryPoints: files,
    outbase: ROOT,
    outdir: SITE,
    bundle: true,
    external: ['../wasm/js/index.js', ...LATER.map((file) => `./${file}`), '*.jpg', '*.svg', 'node:*'],
    platform: 'browser',
    minify: true,
    format: 'esm',
    charset: 'utf8',
    target: 'es2022',
    tsconfigRaw: {},
    logLevel: 'warning',
  });
}

/** @param {string} file */
function copy(file) {
  mkdirSync(dirname(join(SITE, file)), { recursive: true });
  copyFileSync(join(ROOT, file), join(SITE, file));
}

mkdirSync(SITE, { recursive: true });
const files = filesOfSite();
const stale = files.filter(isStale);
await minify(stale.filter((file) => MINIFIED.test(file)));
stale.filter((file) => !MINIFIED.test(file)).forEach(copy);
writeFileSync(join(SITE, 'index.html'), FRONT);

const wanted = new Set([...files, 'index.html']);
list(SITE).filter((file) => !wanted.has(file)).forEach((file) => rmSync(join(SITE, file)));
if (stale.length > 0) console.log(`build/site: ${stale.length} of ${files.length} files made`);
