/** Weights come from everywhere, can be stopped and tried again, and say what is wrong with them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { answerOf, handOver, launch, withPage } from './helpers/browser.js';
import { repository, serveFolder } from './helpers/server.js';

const file = 'shufflenetv2-everyday100.safetensors';
const bytes = readFileSync(`${repository}models/${file}`);
const headerBytes = 8 + Number(bytes.readBigUInt64LE(0));

/**
 * A safetensors file.
 * @param {object} entries  of its header
 * @param {Buffer} data
 */
const safetensors = (entries, data) => {
  const header = Buffer.from(JSON.stringify(entries));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, data]);
};

/** The same tensors as `safetensors.torch.save_file` writes them: without metadata. */
const bare = () => {
  const { __metadata__, ...tensors } = JSON.parse(bytes.subarray(8, headerBytes).toString());
  assert.ok(__metadata__);
  return safetensors(tensors, bytes.subarray(headerBytes));
};

/** Weights, but of none of the ten. */
const stranger = safetensors({ 'stranger.weight': { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, Buffer.alloc(4));

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serveFolder>>} */
let server;
/** What the trickling route has seen. */
const trickle = { requests: 0, closed: 0 };

before(async () => {
  browser = await launch();
  server = await serveFolder({
    routes: {
      // Half of the file, in small pieces, and then nothing more; all of it from the second time on.
      '/trickle.safetensors': (request, response) => {
        trickle.requests += 1;
        response.writeHead(200, { 'Content-Length': bytes.length, 'Content-Type': 'application/octet-stream' });
        response.on('close', () => { trickle.closed += 1; });
        if (trickle.requests > 1) return response.end(bytes);
        let sent = 0;
        const timer = setInterval(() => {
          response.write(bytes.subarray(sent, sent + 500_000));
          sent += 500_000;
          if (sent > bytes.length / 2) clearInterval(timer);
        }, 100);
      },
      '/page.safetensors': (request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Sign in</title>');
      },
    },
  });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** @param {string} path */
const withWeights = (path) => `${server.url}/web/?weights=${encodeURIComponent(server.url + path)}`;

describe('weights', () => {
  test('loading counts megabytes, can be stopped, and works when tried again', async () => {
    await withPage(browser, withWeights('/trickle.safetensors'), async (page) => {
      await page.waitForFunction(() => /^[12]\.\d MB of 4\.9 MB at .+ MB\/s(, \d+ s left)?$/.test(document.querySelector('.progress-text')?.textContent ?? ''));
      assert.ok(await page.locator('progress').evaluate((bar) => /** @type {HTMLProgressElement} */ (bar).value) > 0.2);
      await page.click('text=Cancel');
      await page.waitForSelector('text=Loading was stopped.');
      await page.waitForTimeout(200);
      assert.deepEqual(trickle, { requests: 1, closed: 1 }, 'the server still sends');
      await page.click('text=Try again');
      assert.equal((await answerOf(page)).network, 'ShuffleNetV2');
    });
  });

  test('choosing other weights stops those that still load', async () => {
    trickle.requests = 0;
    trickle.closed = 0;
    await withPage(browser, withWeights('/trickle.safetensors'), async (page) => {
      await page.waitForSelector('.progress-text:has-text("of 4.9 MB")');
      await page.check('#networks input[value="mobilenetv1"]');
      await page.waitForFunction(() => document.querySelector('#answer-by')?.textContent?.startsWith('MobileNetV1'));
      await page.waitForTimeout(200);
      assert.equal(trickle.closed, 1);
    });
  });

  test('an address that answers 404 is named, and what ships still works', async () => {
    await withPage(browser, withWeights('/gone.safetensors'), async (page) => {
      await page.waitForSelector('.state.failed');
      const words = await page.locator('.state.failed').innerText();
      assert.match(words, /gone\.safetensors/);
      assert.match(words, /404/);
      await page.click('text=Use the weights that ship');
      assert.equal((await answerOf(page)).network, 'ShuffleNetV2');
    }, { expected: /404/ });
  });

  test('an address that answers with a page says so', async () => {
    await withPage(browser, withWeights('/page.safetensors'), async (page) => {
      await page.waitForSelector('.state.failed');
      assert.match(await page.locator('.state.failed').innerText(), /page\.safetensors answered with a web page/);
    });
  });

  for (const [what, contents, words] of /** @type {[string, Buffer, RegExp][]} */ ([
    ['cut short', bytes.subarray(0, 1_000_000), /short|ends|truncated|missing/i],
    ['of text', Buffer.from('These are no weights at all, but a letter.'), /safetensors/i],
    ['empty', Buffer.alloc(0), /^wrong\.safetensors is empty/],
  ])) {
    test(`a file ${what} gets a sentence, and a right one after it works`, async () => {
      await withPage(browser, `${server.url}/web/`, async (page) => {
        await answerOf(page);
        await handOver(page, 'drop', [{ name: 'wrong.safetensors', type: '', bytes: contents }]);
        await page.waitForSelector('.state.failed');
        assert.match(await page.locator('.state.failed p').innerText(), words);
        await page.setInputFiles('#weights-input', { name: 'right.safetensors', mimeType: '', buffer: bytes });
        await page.waitForSelector('#answer-body > .predictions');
        assert.equal((await answerOf(page)).network, 'ShuffleNetV2');
        assert.match(await page.locator('#weights label:has(:checked)').innerText(), /right\.safetensors\s+from your file/);
      });
    });
  }

  test('a file without metadata is recognised', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      const { numbers } = await answerOf(page);
      assert.ok(numbers.length > 0);
      await handOver(page, 'drop', [{ name: 'bare.safetensors', type: '', bytes: bare() }]);
      await page.waitForSelector('#weights label:has(:checked):has-text("bare.safetensors")');
      await page.waitForSelector('#answer-body > .predictions');
      assert.equal((await answerOf(page)).network, 'ShuffleNetV2');
    });
  });

  test('a file of none of the ten can be read as one of them; what is missing is then named', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      await answerOf(page);
      await handOver(page, 'drop', [{ name: 'stranger.safetensors', type: '', bytes: stranger }]);
      await page.selectOption('.state.failed select', { label: 'VGG16' });
      await page.click('.state.failed button:has-text("Read")');
      await page.waitForSelector('.state.failed:not(:has(select))');
      assert.match(await page.locator('.state.failed p').innerText(), /vgg16 is not in the file/);
      await page.click('text=Use the weights that ship');
      await page.waitForSelector('#answer-body > .predictions');
    });
  });

  test('an address typed into the page loads; one that is none is refused with an example', async () => {
    await withPage(browser, `${server.url}/web/?weights=synthetic`, async (page) => {
      assert.equal((await answerOf(page)).network, 'ShuffleNetV2, untrained');
      await page.fill('#weights-url', 'ftp://example.org/x');
      await page.click('#weights-load');
      assert.match(await page.locator('#weights-notice').innerText(), /is not an address.*https:\/\//);
      await page.fill('#weights-url', `/models/${file}`);
      await page.press('#weights-url', 'Enter');
      await page.waitForFunction(() => document.querySelector('#answer-by')?.textContent === 'ShuffleNetV2');
      assert.equal(await page.locator('#weights-notice').isHidden(), true);
      assert.equal(new URL(page.url()).searchParams.get('weights'), `${server.url}/models/${file}`);
    });
  });

  test('a link to weights on another host loads nothing before the visitor agrees', async () => {
    const other = await serveFolder({ headers: { 'Access-Control-Allow-Origin': '*' } });
    try {
      await withPage(browser, `${server.url}/web/?weights=${encodeURIComponent(`${other.url}/models/${file}`)}`, async (page) => {
        /** @type {string[]} */
        const asked = [];
        page.on('request', (request) => asked.push(request.url()));
        await answerOf(page);
        assert.match(await page.locator('#weights-notice').innerText(), /This link asks for weights from 127\.0\.0\.1/);
        assert.deepEqual(asked.filter((url) => url.startsWith(other.url)), []);
        await page.click('#weights-load');
        await page.waitForSelector('#weights label:has(:checked):has-text("from 127.0.0.1")');
        assert.equal((await answerOf(page)).network, 'ShuffleNetV2');
        assert.deepEqual(asked.filter((url) => url.startsWith(other.url)), [`${other.url}/models/${file}`]);
      });
    } finally {
      await other.close();
    }
  });

  test('what the file says of itself is shown: where it comes from and how good it is', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      await answerOf(page);
      assert.match(await page.locator('#weights-about').innerText(), /top-1 0?\.\d+/);
    });
  });
});
