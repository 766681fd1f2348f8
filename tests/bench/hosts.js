// Where a job can run: this machine's Node, the newest Node, headless Chromium. Each job gets a process or page of its own.
import { spawn } from 'node:child_process';
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
];

/**
 * @typedef {{ result: any, peakBytes?: number }} Answer
 * @typedef {{ name: string, version: string, run: (job: object) => Promise<Answer>, close: () => Promise<void> }} Host
 */

/** @type {Record<string, () => Promise<Host>>} */
export const HOSTS = {
  node: () => nodeHost('node', process.execPath),
  'node-latest': () => nodeHost('node-latest', join(here, 'node_modules', 'node-latest', 'bin', 'node')),
  chromium: chromiumHost,
};

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
      await page.goto(`${server.url}tests/bench/page.html`);
      await page.waitForFunction('window.runJob');
      const crashed = new Promise((_, reject) => page.on('crash', () => reject(new Error('the page crashed'))));
      return { result: await Promise.race([page.evaluate((sent) => /** @type {any} */ (window).runJob(sent), job), crashed]) };
    }),
    close: async () => server.close(),
  };
}
