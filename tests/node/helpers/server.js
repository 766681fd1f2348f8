import { createServer } from 'node:http';

/**
 * Serves on a free port of this machine until the test ends.
 * @param {import('node:test').TestContext} test
 * @param {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void} answer
 * @returns {Promise<string>} its address, without a slash at the end
 */
export async function serve(test, answer) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}
