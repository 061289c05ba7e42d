/** Channels as a user keeps them: a server in a process of its own, over its sockets. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  channelSettings,
  type ChannelsResponse,
  type ChannelTestResponse,
  type ChannelView,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Receiver } from '../../alerts/channels/testing/receiver.ts';
import { LiveServer } from '../../testing/live-server.ts';

let server: LiveServer;
const receiver = new Receiver();
const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const nextSecret = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;

beforeAll(async () => {
  await receiver.start();
  server = await LiveServer.start(['--channel-network', '127.0.0.1']);
}, 60_000);
afterAll(async () => {
  receiver.stop();
  await server.close();
});

async function make(settings: object, name = 'ops'): Promise<ChannelView> {
  const { status, body } = await server.ask('/channels', 'POST', { name, settings });
  expect([status, body]).toEqual([200, expect.anything()]);
  return body as ChannelView;
}

test('a channel is made, tried, changed and deleted, and its secrets never come back', async () => {
  const made = await make({
    type: 'webhook',
    url: `${receiver.url}/hooks/very-secret`,
    secrets: [secret],
    headers: { authorization: 'Bearer hidden-token' },
  });
  expect(made.settings).toEqual({
    type: 'webhook',
    url: `${receiver.url}/********`,
    secrets: ['********1'],
    headers: { authorization: '********' },
  });
  receiver.answer = () => ({ status: 202, body: 'thank you' });
  const { body: tried } = await server.ask(`/channels/${made.id}/test`, 'POST', {});
  expect(tried).toMatchObject({ outcome: 'delivered', reason: null, answers: ['HTTP 202: thank you'] });
  expect(receiver.last).toMatchObject({
    path: '/hooks/very-secret',
    headers: { authorization: 'Bearer hidden-token' },
  });

  // A rotation: the new secret first, the one that is stored stays.
  const rotated = { ...made.settings, secrets: [nextSecret, '********1'] };
  const changed = await server.ask(`/channels/${made.id}`, 'PUT', { name: 'on call', settings: rotated });
  expect(changed).toMatchObject({
    status: 200,
    body: { name: 'on call', settings: { secrets: ['********1', '********2'] } },
  });
  await server.ask(`/channels/${made.id}/test`, 'POST', {});
  expect(receiver.last.path).toBe('/hooks/very-secret');
  expect(String(receiver.last.headers['webhook-signature']).split(' ')).toHaveLength(2);

  const all = JSON.stringify(await server.read<ChannelsResponse>('/channels'));
  const one = JSON.stringify(await server.read<ChannelView>(`/channels/${made.id}`));
  for (const hidden of ['very-secret', secret, nextSecret, 'hidden-token']) {
    expect(all).not.toContain(hidden);
    expect(one).not.toContain(hidden);
  }
  expect(await server.ask(`/channels/${made.id}`, 'DELETE')).toMatchObject({ status: 200 });
  expect(await server.ask(`/channels/${made.id}`)).toMatchObject({ status: 404 });
});

test('stored secrets are not sent to another receiver', async () => {
  const made = await make({ type: 'alertmanager', baseUrl: receiver.url, token: 'kept-token' }, 'prometheus');
  const thief = await new Receiver().start();
  const moved = { name: 'prometheus', settings: { ...made.settings, baseUrl: thief.url } };
  expect(await server.ask(`/channels/${made.id}`, 'PUT', moved)).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_channel', message: expect.stringContaining('another receiver') } },
  });
  thief.stop();
  expect(await server.ask('/channels', 'POST', { name: 'copy', settings: made.settings })).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_channel' } },
  });
});

test('a test says what is wrong', async () => {
  const made = await make({ type: 'slack_webhook', url: `${receiver.url}/services/T/B/hush` }, 'slack');
  receiver.answer = ({ path }) => ({ status: 403, body: `invalid_token for ${path}` });
  const { body } = await server.ask(`/channels/${made.id}/test`, 'POST', {});
  expect(body as ChannelTestResponse).toMatchObject({
    outcome: 'refused',
    reason: 'the receiver answers with 403: invalid_token for ********',
    answers: ['HTTP 403: invalid_token for ********'],
  });
});

test.each([
  [{ type: 'webhook', url: 'http://10.0.0.1/', secrets: [secret] }, 'bad_channel', 'settings.url'],
  [
    { type: 'webhook', url: 'http://169.254.169.254/latest', secrets: [secret] },
    'bad_channel',
    'credentials',
  ],
  [
    { type: 'email', host: '192.168.0.1', from: 'a@b.example', to: ['c@d.example'] },
    'bad_channel',
    'settings.host',
  ],
  [{ type: 'webhook', url: 'https://example.com/', secrets: ['whsec_short'] }, 'bad_request', 'secrets'],
  [{ type: 'webhook', url: 'ftp://example.com/', secrets: [secret] }, 'bad_request', 'url'],
  [
    { type: 'webhook', url: 'https://example.com/', secrets: [secret], headers: { host: 'x' } },
    'bad_request',
    'headers',
  ],
  [
    { type: 'webhook', url: 'https://example.com/', secrets: [secret], headers: { 'x-a': 'b\r\nx-c: d' } },
    'bad_request',
    'headers',
  ],
  [{ type: 'discord', url: `https://${'a.'.repeat(127)}example/` }, 'bad_request', 'url'],
  [{ type: 'pagerduty', routingKey: 'short' }, 'bad_request', 'routingKey'],
  [
    { type: 'email', host: 'mail.example', from: 'a@b.example\nBcc: x', to: ['c@d.example'] },
    'bad_request',
    'from',
  ],
  [
    { type: 'email', host: 'mail.example', from: 'a@b.example', to: [`${'a'.repeat(65)}@d.example`] },
    'bad_request',
    'to.0',
  ],
  [
    {
      type: 'email',
      host: 'mail.example',
      security: 'none',
      user: 'me',
      password: 'x',
      from: 'a@b.example',
      to: ['c@d.example'],
    },
    'bad_channel',
    'settings.password',
  ],
  [{ type: 'carrier_pigeon' }, 'bad_request', 'type'],
])('%o is refused as %s', async (settings, code, named) => {
  const { status, body } = await server.ask('/channels', 'POST', { name: 'wrong', settings });
  expect(status).toBe(400);
  expect(body).toMatchObject({ error: { code, message: expect.stringContaining(named) } });
});

test('two channels have two names', async () => {
  await make({ type: 'log' }, 'log');
  const second = { name: 'log', settings: { type: 'log' } };
  expect(await server.ask('/channels', 'POST', second)).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_request' } },
  });
  const other = await make({ type: 'log' }, 'other log');
  expect(await server.ask(`/channels/${other.id}`, 'PUT', second)).toMatchObject({ status: 400 });
  expect(await server.ask(`/channels/${other.id}/test`, 'POST', {})).toMatchObject({
    body: { outcome: 'delivered' },
  });
});

describe('docs/alert-channels.md', () => {
  const blocks = (language: string): string[] =>
    [
      ...readFileSync(join(import.meta.dirname, '../../../../../docs/alert-channels.md'), 'utf8').matchAll(
        new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'),
      ),
    ].map(([, body = '']) => body);

  test('gives a channel of each kind that can be made as it stands', async () => {
    const bodies = blocks('json channel');
    expect(bodies.length).toBe(channelSettings.options.length);
    for (const body of bodies)
      expect(
        await server.ask('/channels', 'POST', { ...JSON.parse(body), name: `docs ${body.length}` }),
        body,
      ).toMatchObject({
        status: 200,
      });
  });

  test('gives a receiver that verifies what is sent', async () => {
    const [code = ''] = blocks('js webhook');
    const made = await make(
      { type: 'webhook', url: `${receiver.url}/docs`, secrets: [secret] },
      'from the docs',
    );
    receiver.answer = () => ({});
    await server.ask(`/channels/${made.id}/test`, 'POST', {});
    const folder = mkdtempSync(join(import.meta.dirname, '../../../../../node_modules/.docs-example-'));
    const file = join(folder, 'read-alert.mjs');
    writeFileSync(file, code);
    const { readAlert } = (await import(file)) as {
      readAlert: (secret: string, body: string, headers: object) => unknown;
    };
    rmSync(folder, { recursive: true });
    const { body, headers } = receiver.last;
    expect(readAlert(secret, body, headers)).toMatchObject({ type: 'alert.test', data: { rule: 'Test' } });
    expect(() => readAlert(nextSecret, body, headers)).toThrow();
  });
});
