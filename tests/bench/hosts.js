// Where a job can run: this machine's Node, the newest Node, headless Chromium. Each job gets a process or page of its own.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from './server.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const CHROMIUM_FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-background-timer-throttling', '--disable-renderer-backgrounding',
  // An eighth of it is the most that one file may take.
  `--disk-cache-size=${2 ** 31 - 1}`,
];

/**
 * peakBytes: of the process that did the job. next: the same job in a second visit, with the files in the browser's caches.
 * @typedef {{ result: any, peakBytes?: number, next?: any }} Answer
 * @typedef {{ name: string, version: string, run: (job: object) => Promise<Answer>, close: () => Promise<void> }} Host
 */

/** @type {Record<string, () => Promise<Host>>} */
export const HOSTS = {
  chromium: chromiumHost,
  'node-latest': () => nodeHost('node-latest', join(here, 'node_modules', 'node-latest', 'bin', 'node')),
  node: () => nodeHost('node', process.execPath),
};

/** The browser writes its caches a moment after a page has been given a file. */
const SETTLING_MS = 1000;

/**
 * The most memory that a page's process has had, workers and all. Linux alone tells.
 * @param {import('playwright-core').BrowserContext} context
 * @returns {Promise<number | undefined>} bytes
 */
async function rendererPeak(context) {
  try {
    const session = await context.browser()?.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const peaks = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => {
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]) * 1024;
    });
    return Math.max(...peaks);
  } catch {
    return undefined;
  }
}

/** Runs a program to its end; its stdout. */
function runToEnd(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${program} ended with ${signal ?? code}: ${stderr.trim().split('\n').at(-1)}`));
    });
  });
}

async function nodeHost(name, program) {
  const version = (await runToEnd(program, ['--version'])).trim().slice(1);
  return {
    name,
    version,
    run: async (job) => {
      const stdout = await runToEnd(program, [join(here, 'node-runner.js'), JSON.stringify(job)]);
      return JSON.parse(stdout.trim().split('\n').at(-1));
    },
    close: async () => {},
  };
}

async function chromiumHost() {
  const { chromium } = await import('playwright-core');
  const server = await serve(root);
  /** A browser of its own for each job, with a fresh profile: nothing is cached, nothing of another engine runs. */
  const withBrowser = async (use) => {
    const profile = await mkdtemp(join(tmpdir(), 'decem-bench-'));
    const context = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
    try {
      return await use(context);
    } finally {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    }
  };
  const version = await withBrowser(async (context) => context.browser()?.version() ?? '');
  return {
    name: 'chromium',
    version,
    run: (job) => withBrowser(async (context) => {
      const page = await context.newPage();
      page.setDefaultTimeout(0);
      const crashed = new Promise((_, reject) => page.on('crash', () => reject(new Error('the page crashed'))));
      const visit = async () => {
        await page.goto(`${server.url}tests/bench/page.html`);
        await page.waitForFunction('window.runJob');
        return Promise.race([page.evaluate((sent) => /** @type {any} */ (window).runJob(sent), job), crashed]);
      };
      const result = await visit();
      if (job.kind !== 'load') return { result };
      const peakBytes = await rendererPeak(context);
      await page.waitForTimeout(SETTLING_MS);
      return { result, peakBytes, next: await visit() };
    }),
    close: async () => server.close(),
  };
}
