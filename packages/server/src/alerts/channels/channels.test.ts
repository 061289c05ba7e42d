/** Every kind of channel against a receiver on a socket that is as strict as the protocol it stands for. */
import { setTimeout as delay } from 'node:timers/promises';
import { nanosFromMs } from '@sightline/base';
import { channelSettings, type ChannelSettings } from '@sightline/schema/api';
import fc from 'fast-check';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { publicReach } from '../../outbound/reach.ts';
import type { Delivery, Notification } from '../notification.ts';
import { type ChannelDeps, openChannel } from './open-channel.ts';
import { alert, at, hostile, hostileText, notification } from './testing/notifications.ts';
import {
  discordMessage,
  opsgenieAlert,
  opsgenieClose,
  pagerdutyEvent,
  slackMessage,
  teamsMessage,
  webhookPayload,
} from './testing/protocols.ts';
import { Receiver } from './testing/receiver.ts';

const receiver = new Receiver();
const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const nextSecret = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;
let logged: string[] = [];
let answers: string[] = [];

beforeAll(async () => receiver.start());
afterAll(() => receiver.stop());
beforeEach(() => {
  receiver.reset();
  logged = [];
  answers = [];
});

const kinds = {
  webhook: () => ({ type: 'webhook', url: `${receiver.url}/hook`, secrets: [secret] }),
  slack_webhook: () => ({ type: 'slack_webhook', url: `${receiver.url}/services/T0/B0/XXXX` }),
  slack_bot: () => ({ type: 'slack_bot', token: 'xoxb-1-2-abcdef', channel: 'C0123456789' }),
  teams: () => ({ type: 'teams', url: `${receiver.url}/workflows/1` }),
  discord: () => ({ type: 'discord', url: `${receiver.url}/api/webhooks/1/token-of-discord` }),
  pagerduty: () => ({ type: 'pagerduty', routingKey: 'a'.repeat(32) }),
  opsgenie: () => ({ type: 'opsgenie', apiKey: '11111111-2222-3333-4444-555555555555', region: 'eu' }),
  alertmanager: () => ({ type: 'alertmanager', baseUrl: `${receiver.url}/am/`, token: 'bearer-token' }),
} as const;
type HttpKind = keyof typeof kinds;
const httpKinds = Object.keys(kinds) as HttpKind[];

const settingsOf = (kind: HttpKind): ChannelSettings => channelSettings.parse(kinds[kind]());

function deps(changed: Partial<ChannelDeps> = {}): ChannelDeps {
  return {
    reach: publicReach(['127.0.0.0/8']),
    clock: { now: () => nanosFromMs(Date.now()) },
    log: pino({ level: 'info' }, { write: (line) => logged.push(line) }),
    onAnswer: (answer) => answers.push(answer),
    services: {
      slack: `${receiver.url}/slack`,
      pagerduty: { us: `${receiver.url}/pd`, eu: `${receiver.url}/pd-eu` },
      opsgenie: { us: `${receiver.url}/og`, eu: `${receiver.url}/og-eu` },
    },
    timeoutMs: 5_000,
    ...changed,
  };
}

async function deliver(
  settings: ChannelSettings,
  sent: Notification = notification(),
  more: Partial<ChannelDeps> & { readonly reference?: string } = {},
): Promise<Delivery> {
  const { reference, ...changed } = more;
  return openChannel(settings, deps(changed)).deliver(sent, {
    reference,
    signal: new AbortController().signal,
  });
}

/** As Slack's API answers when it likes what it gets. */
const slackOk = { body: { ok: true, channel: 'C0123456789', ts: '1700000000.000100' } };
const answersOf: Partial<Record<HttpKind, object>> = { slack_bot: slackOk, discord: { body: { id: '42' } } };

const validators: Partial<Record<HttpKind, z.ZodType>> = {
  webhook: webhookPayload,
  slack_webhook: slackMessage,
  slack_bot: slackMessage,
  teams: teamsMessage,
  discord: discordMessage,
  pagerduty: pagerdutyEvent,
};

const jsonOf = (body: string): unknown => JSON.parse(body) as unknown;

function validate(kind: HttpKind): void {
  for (const { body, path } of receiver.received) {
    const schema =
      kind === 'opsgenie' ? (path.includes('/close') ? opsgenieClose : opsgenieAlert) : validators[kind];
    schema?.parse(jsonOf(body));
  }
}

describe.each(httpKinds)('a channel of the kind %s', (kind) => {
  beforeEach(() => {
    receiver.answer = () => answersOf[kind] ?? {};
  });

  it.each(['firing', 'resolved', 'fired_and_recovered', 'test'] as const)('tells “%s”', async (status) => {
    const alerts = status === 'test' ? [] : notification().alerts;
    const sent = notification({ status, alerts, alertCount: alerts.length });
    expect(await deliver(settingsOf(kind), sent)).toMatchObject({ kind: 'delivered' });
    expect(receiver.received.length).toBeGreaterThan(0);
    validate(kind);
  });

  it('makes nothing but text of what is hostile, and bounds it', async () => {
    for (const text of [hostileText, hostileText.repeat(2_000), ''])
      expect(await deliver(settingsOf(kind), hostile(text))).toMatchObject({ kind: 'delivered' });
    validate(kind);
    for (const { body, headers } of receiver.received) {
      expect(body.length).toBeLessThan(kind === 'alertmanager' || kind === 'webhook' ? 600_000 : 40_000);
      // Parsed, since JSON may write any character as an escape.
      expect(JSON.stringify(jsonOf(body))).not.toMatch(
        /[\u202A-\u202E\u2066-\u2069]|javascript:|data:text|\\u0000|\\u001b|\\ud800"/iu,
      );
      expect(Object.keys(headers)).not.toContain('bcc');
    }
  });

  it('survives any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 400 }), async (text) => {
        receiver.received.length = 0;
        expect(await deliver(settingsOf(kind), hostile(text))).toMatchObject({ kind: 'delivered' });
        validate(kind);
      }),
      { numRuns: 15 },
    );
  });

  it.each([500, 502, 503, 408, 429])('is to be tried again after %s', async (status) => {
    receiver.answer = () => ({ status, headers: { 'retry-after': '7' }, body: 'later' });
    expect(await deliver(settingsOf(kind))).toEqual({
      kind: 'retry',
      reason: `the receiver answers with ${status}: later`,
      afterMs: 7_000,
    });
  });

  it.each([400, 401, 404, 410, 413])('is refused by %s', async (status) => {
    receiver.answer = () => ({ status, body: 'no such thing' });
    expect(await deliver(settingsOf(kind))).toEqual({
      kind: 'refused',
      reason: `the receiver answers with ${status}: no such thing`,
    });
  });

  it('follows no redirect', async () => {
    receiver.answer = () => ({ status: 307, headers: { location: 'http://169.254.169.254/latest' } });
    expect(await deliver(settingsOf(kind))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('redirect (307)'),
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('waits no longer than it may, also for an answer that drips', async () => {
    receiver.answer = () => 'silence';
    const silent = deliver(settingsOf(kind), notification(), { timeoutMs: 200 });
    expect(await silent).toEqual({ kind: 'retry', reason: 'the receiver did not answer within 200 ms' });
    receiver.answer = () => (response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip));
    };
    expect(await deliver(settingsOf(kind), notification(), { timeoutMs: 200 })).toMatchObject({
      kind: 'retry',
    });
  });

  it('reads no endless answer', async () => {
    receiver.answer = () => (response) => {
      response.writeHead(400);
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', write).on('error', () => undefined);
      write();
    };
    expect(await deliver(settingsOf(kind))).toEqual({
      kind: 'refused',
      reason: 'the receiver answers with 400: more than 64 KiB',
    });
  });

  it('says none of its secrets, though the receiver repeats them', async () => {
    const settings = settingsOf(kind);
    receiver.answer = ({ headers, path, body }) => ({
      status: 400,
      body: `${headers.authorization} ${path} ${body.slice(0, 60)}`,
    });
    const delivery = await deliver(settings);
    const said = JSON.stringify([delivery, answers]);
    for (const hidden of [
      'xoxb-1-2-abcdef',
      'token-of-discord',
      'T0/B0/XXXX',
      'a'.repeat(32),
      '55555',
      'bearer-token',
    ])
      expect(said).not.toContain(hidden);
  });

  it('stops when it is told to', async () => {
    receiver.answer = () => 'silence';
    const stop = new AbortController();
    const delivery = openChannel(settingsOf(kind), deps()).deliver(notification(), {
      reference: undefined,
      signal: stop.signal,
    });
    await expect.poll(() => receiver.received.length).toBe(1);
    stop.abort();
    expect(await delivery).toEqual({ kind: 'retry', reason: 'the delivery was stopped' });
  });
});

describe('a webhook', () => {
  it('is signed so that the library of Standard Webhooks verifies it, by the old and the new secret', async () => {
    const settings = channelSettings.parse({
      ...kinds.webhook(),
      secrets: [nextSecret, secret],
      headers: { authorization: 'Bearer mine', 'x-team': 'ops' },
    });
    await deliver(settings);
    const { headers, body } = receiver.last;
    expect(headers).toMatchObject({ authorization: 'Bearer mine', 'x-team': 'ops' });
    for (const known of [secret, nextSecret])
      expect(new Webhook(known).verify(body, headers as Record<string, string>)).toMatchObject({
        type: 'alert.firing',
        data: { alertCount: 2, alerts: [{ value: 0.12, labels: { model: 'gpt-5' } }, {}] },
      });
    const other = new Webhook(`whsec_${Buffer.alloc(24, 3).toString('base64')}`);
    expect(() => other.verify(body, headers as Record<string, string>)).toThrow();
    expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow();
  });

  it('keeps its id when it is sent again', async () => {
    await deliver(settingsOf('webhook'));
    await deliver(settingsOf('webhook'));
    await deliver(settingsOf('webhook'), notification({ dedupeKey: 'another' }));
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
  });
});

describe('Slack', () => {
  beforeEach(() => {
    receiver.answer = () => slackOk;
  });

  it('rewrites the message that told of the alert when it is over', async () => {
    const told = await deliver(settingsOf('slack_bot'));
    expect(told).toEqual({ kind: 'delivered', reference: 'C0123456789:1700000000.000100' });
    expect(receiver.last).toMatchObject({
      path: '/slack/chat.postMessage',
      headers: { authorization: 'Bearer xoxb-1-2-abcdef' },
    });
    const resolved = notification({ status: 'resolved' });
    expect(
      await deliver(settingsOf('slack_bot'), resolved, { reference: 'C0123456789:1700000000.000100' }),
    ).toEqual(told);
    expect(receiver.last.path).toBe('/slack/chat.update');
    expect(jsonOf(receiver.last.body)).toMatchObject({
      channel: 'C0123456789',
      ts: '1700000000.000100',
      text: expect.stringMatching(/^Resolved/),
    });
  });

  it('says it anew where the message is gone', async () => {
    receiver.answer = ({ path }) =>
      path.endsWith('chat.update') ? { body: { ok: false, error: 'message_not_found' } } : slackOk;
    const resolved = notification({ status: 'resolved' });
    expect(await deliver(settingsOf('slack_bot'), resolved, { reference: 'C1:1.2' })).toMatchObject({
      kind: 'delivered',
    });
    expect(receiver.received.map(({ path }) => path)).toEqual([
      '/slack/chat.update',
      '/slack/chat.postMessage',
    ]);
  });

  it.each([
    ['channel_not_found', 'refused'],
    ['invalid_auth', 'refused'],
    ['ratelimited', 'retry'],
    ['internal_error', 'retry'],
  ])('that answers %s with 200 is %s', async (error, kind) => {
    receiver.answer = () => ({ body: { ok: false, error } });
    expect(await deliver(settingsOf('slack_bot'))).toEqual({ kind, reason: `Slack answers: ${error}` });
  });

  it('reads no markup in the line that stands on lock screens', async () => {
    await deliver(
      settingsOf('slack_webhook'),
      notification({ title: '<!channel> & <https://evil.example|x>' }),
    );
    expect(jsonOf(receiver.last.body)).toMatchObject({
      text: 'Firing (2): &lt;!channel&gt; &amp; &lt;https://evil.example|x&gt;',
    });
    expect(receiver.last.body).not.toContain('mrkdwn');
  });
});

describe('Discord', () => {
  it('rewrites the message that told of the alert when it is over', async () => {
    receiver.answer = () => ({ body: { id: '42' } });
    expect(await deliver(settingsOf('discord'))).toEqual({ kind: 'delivered', reference: '42' });
    expect(receiver.last.path).toBe('/api/webhooks/1/token-of-discord?wait=true');
    await deliver(settingsOf('discord'), notification({ status: 'resolved' }), { reference: '42' });
    expect(receiver.last).toMatchObject({
      method: 'PATCH',
      path: '/api/webhooks/1/token-of-discord/messages/42',
    });
    receiver.answer = ({ method }) => (method === 'PATCH' ? { status: 404 } : { body: { id: '43' } });
    const anew = await deliver(settingsOf('discord'), notification({ status: 'resolved' }), {
      reference: '42',
    });
    expect(anew).toEqual({ kind: 'delivered', reference: '43' });
  });

  it('reads no Markdown and names nobody', async () => {
    await deliver(settingsOf('discord'), hostile(hostileText));
    const { embeds, allowed_mentions } = discordMessage.parse(jsonOf(receiver.last.body));
    expect(allowed_mentions).toEqual({ parse: [] });
    const texts = embeds.flatMap(({ title, description, fields }) => [
      title,
      description,
      ...fields.flatMap(({ name, value }) => [name, value]),
    ]);
    // Each sign has its backslash, and no text ends with one that would take the next.
    for (const text of texts) expect(text.replaceAll(/\\[!-/:-@[-`{-~]/g, '')).not.toMatch(/[!-/:-@[-`{-~]/);
  });

  it('says when it wants to be asked again', async () => {
    receiver.answer = () => ({ status: 429, headers: { 'retry-after': '2' }, body: { retry_after: 1.337 } });
    expect(await deliver(settingsOf('discord'))).toMatchObject({ kind: 'retry', afterMs: 1_337 });
  });
});

it('Teams takes no message over 28 KB: alerts are left out, and counted', async () => {
  const alerts = Array.from({ length: 50 }, (_, n) =>
    alert({
      labels: { n: '字'.repeat(120), m: `${n}${'字'.repeat(110)}`, o: '字'.repeat(120) },
      summary: '字'.repeat(500),
    }),
  );
  await deliver(settingsOf('teams'), notification({ text: '字'.repeat(5_000), alerts, alertCount: 70 }));
  expect(Buffer.byteLength(receiver.last.body)).toBeLessThan(28_001);
  const shown = receiver.last.body.split('Firing:').length - 1;
  expect(shown).toBeGreaterThan(0);
  expect(receiver.last.body).toContain(`and ${70 - shown} more`);
});

describe('PagerDuty', () => {
  it('opens and closes one incident for a group', async () => {
    await deliver(settingsOf('pagerduty'));
    await deliver(
      settingsOf('pagerduty'),
      notification({ status: 'resolved', sequence: 2, dedupeKey: 'other' }),
    );
    const [opened, closed] = receiver.received.map(({ body }) => pagerdutyEvent.parse(jsonOf(body)));
    expect(opened).toMatchObject({
      event_action: 'trigger',
      payload: { severity: 'critical', source: 'checkout' },
    });
    expect(closed).toMatchObject({ event_action: 'resolve', dedup_key: opened?.dedup_key });
    expect(receiver.last.path).toBe('/pd/v2/enqueue');
  });

  it('leaves nothing open after a test', async () => {
    await deliver(settingsOf('pagerduty'), notification({ status: 'test' }));
    expect(receiver.received.map(({ body }) => pagerdutyEvent.parse(jsonOf(body)).event_action)).toEqual([
      'trigger',
      'resolve',
    ]);
  });
});

it('Opsgenie opens and closes one alert for a group, where the account lives', async () => {
  await deliver(settingsOf('opsgenie'));
  await deliver(settingsOf('opsgenie'), notification({ status: 'resolved' }));
  const [opened, closed] = receiver.received;
  const { alias } = opsgenieAlert.parse(jsonOf(opened?.body ?? ''));
  expect(opened).toMatchObject({
    path: '/og-eu/v2/alerts',
    headers: { authorization: 'GenieKey 11111111-2222-3333-4444-555555555555' },
  });
  expect(closed?.path).toBe(`/og-eu/v2/alerts/${encodeURIComponent(alias)}/close?identifierType=alias`);
});

it('the log has a line for each message, in the words of its severity', async () => {
  await deliver({ type: 'log' }, hostile(hostileText));
  await deliver({ type: 'log' }, notification({ status: 'resolved' }));
  expect(logged).toHaveLength(2);
  expect(logged.map((line) => jsonOf(line))).toMatchObject([
    { level: 50 },
    { level: 30, msg: expect.stringMatching(/^Resolved/) },
  ]);
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['999999', 3_600_000],
    ['-1', undefined],
    ['soon', undefined],
    [new Date(at.getTime() + 90_000).toUTCString(), 90_000],
  ])('%s is %s ms', async (header, afterMs) => {
    receiver.answer = () => ({ status: 503, headers: { 'retry-after': header, date: at.toUTCString() } });
    const delivery = await deliver(settingsOf('webhook'));
    expect(delivery.kind === 'retry' ? delivery.afterMs : delivery).toBe(afterMs);
  });
});

it('a receiver that is not there, or breaks off, may be there later', async () => {
  const gone = await new Receiver().start();
  const url = `${gone.url}/hook`;
  gone.stop();
  await delay(10);
  const settings = channelSettings.parse({ ...kinds.webhook(), url });
  expect(await deliver(settings)).toEqual({
    kind: 'retry',
    reason: 'the receiver cannot be reached: ECONNREFUSED',
  });
  receiver.answer = () => (response) => response.destroy();
  expect(await deliver(settingsOf('webhook'))).toEqual({
    kind: 'retry',
    reason: 'the receiver cannot be reached: ECONNRESET',
  });
});
