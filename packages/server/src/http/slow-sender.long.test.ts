/** Senders that stop in the middle, over the wire: what they hold is given back. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LiveServer } from '../testing/live-server.ts';

let server: LiveServer;

beforeAll(async () => {
  server = await LiveServer.start();
}, 60_000);
afterAll(async () => server.close());

test.each(['/v1/traces', '/api/v1/sql'])('half a body for %s is waited for a minute or two', async (path) => {
  const socket = connect(Number(new URL(server.ui).port), '127.0.0.1');
  socket.setEncoding('utf8');
  let answer = '';
  socket.on('data', (text: string) => (answer += text));
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a"`,
  );
  await once(socket, 'close', { signal: AbortSignal.timeout(150_000) });
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain('"code":"bad_request"');
});
