/** decem serve: the page, on this machine. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { DecemError } from '../js/index.js';
import { wholeNumber } from './command.js';
import { PAGE, ROOT, handle } from './server.js';
import { bold } from './terminal.js';
import { requireModule } from './weights.js';

const USUAL_PORT = 8080;
const LOCAL = ['127.0.0.1', 'localhost', '::1'];

/** @type {import('./command.js').Command} */
const serve = {
  name: 'serve',
  about: 'serves the page, for a browser on this machine',
  usage: '[--port N] [--host H]',
  options: {
    port: { value: 'N', about: `${USUAL_PORT} if left out, or a free one where that is taken; 0: a free one` },
    host: { value: 'H', about: '127.0.0.1 if left out: this machine alone' },
  },
  more: `Weights put into the folder models/ are offered by the page. Ctrl+C ends it. Browsers give a page the camera only on
this machine or over HTTPS.`,
  example: 'decem serve --port 3000',

  async run(values) {
    const host = typeof values.host === 'string' ? values.host : '127.0.0.1';
    const wanted = wholeNumber(values.port, { name: 'port', otherwise: USUAL_PORT, least: 0, most: 65535 });
    requireModule();
    if (!existsSync(new URL('web/index.html', ROOT))) {
      throw new DecemError('The page is not part of the npm package: clone the repository and run "npm start" in it.', 'UNSUPPORTED');
    }

    const server = createServer(handle);
    const mayMove = values.port === undefined;
    const port = await listen(server, host, wanted).catch((error) => {
      if (error.code === 'EADDRINUSE' && mayMove) return listen(server, host, 0);
      if (error.code === 'EADDRINUSE') throw new DecemError(`Port ${wanted} is taken: choose another with --port.`, 'INVALID_ARGUMENT');
      throw error;
    });
    const name = host.includes(':') ? `[${host}]` : host;
    console.log(`decem is at ${bold(`http://${name}:${port}${PAGE}`)}`);
    if (!LOCAL.includes(host)) console.log('Others can reach it too; their browsers will not give it the camera without HTTPS.');
    console.log('Ctrl+C ends it.');

    await new Promise((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    server.close();
    server.closeAllConnections();
    return 0;
  },
};

export default serve;

/**
 * @param {import('node:http').Server} server
 * @param {string} host
 * @param {number} port
 * @returns {Promise<number>} the port that it listens on
 */
function listen(server, host, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
    });
  });
}
