/** Requests that fit the API's description and are still odd, over the wire into a real server. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LiveServer } from '../../testing/live-server.ts';

let server: LiveServer;

beforeAll(async () => {
  server = await LiveServer.start();
}, 60_000);
afterAll(async () => server.close());

test.each([
  ['GET', '/evaluators/%00', undefined],
  ['GET', '/annotation-queues/a%00b/items', undefined],
  ['DELETE', '/keys/%00', undefined],
  ['POST', '/keys', { name: 'a\0b' }],
  ['PUT', '/settings/prices', { overrides: [{ model: 'm\0', input: 1, output: 1 }] }],
  ['POST', '/annotation-queues', { name: 'in JSON', scoreNames: ['a\0b'] }],
])('%s %s with a character that the control plane cannot keep is told so', async (method, path, body) => {
  expect(await server.ask(path, method, body)).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_request', message: expect.stringContaining('U+0000') } },
  });
});

test('a filter may have 4,096 characters of any script', async () => {
  const answer = await server.ask(`/traces?q=${encodeURIComponent('検'.repeat(4096))}`);
  expect(answer).toMatchObject({ status: 200, body: { traces: [] } });
});
