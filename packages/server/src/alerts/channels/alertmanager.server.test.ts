/** Alertmanager itself takes what is sent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nanosFromMs } from '@sightline/base';
import { channelSettings } from '@sightline/schema/api';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publicReach } from '../../outbound/reach.ts';
import type { Delivery, Notification } from '../notification.ts';
import { openChannel } from './open-channel.ts';
import { alert, hostile, hostileText, notification } from './testing/notifications.ts';

/** scripts/test.mjs finds or installs it. */
const binary = process.env['SIGHTLINE_ALERTMANAGER'] ?? '';

interface KnownAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly status: { readonly state: string };
}

describe.skipIf(binary === '')('Alertmanager', () => {
  let directory: string;
  let started: ChildProcess;
  let url: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sightline-alertmanager-'));
    const config = join(directory, 'alertmanager.yml');
    await writeFile(config, 'route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n');
    const port = await freePort();
    url = `http://127.0.0.1:${port}/am`;
    started = spawn(
      binary,
      [
        `--config.file=${config}`,
        `--storage.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--web.external-url=${url}`,
        '--cluster.listen-address=',
        '--log.level=error',
      ],
      { stdio: 'ignore' },
    );
    for (let tries = 0; ; tries += 1) {
      const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
      if (ready?.status === 200) return;
      if (tries > 300) throw new Error('Alertmanager does not get ready');
      await delay(100);
    }
  }, 60_000);

  afterAll(async () => {
    if (started.exitCode === null) {
      started.kill('SIGKILL');
      await once(started, 'exit');
    }
    await rm(directory, { recursive: true, force: true });
  });

  const deliver = async (sent: Notification): Promise<Delivery> =>
    openChannel(channelSettings.parse({ type: 'alertmanager', baseUrl: url, holdMinutes: 60 }), {
      reach: publicReach(['127.0.0.1/32']),
      clock: { now: () => nanosFromMs(Date.now()) },
      log: pino({ level: 'silent' }),
    }).deliver(sent, { reference: undefined, signal: new AbortController().signal });

  const known = async (name: string): Promise<readonly KnownAlert[]> => {
    const filter = encodeURIComponent(`alertname=${JSON.stringify(name)}`);
    const response = await fetch(`${url}/api/v2/alerts?filter=${filter}`);
    return (await response.json()) as KnownAlert[];
  };

  it('holds each label set as firing, and lets go of it when it is over', async () => {
    const now = new Date();
    const since = new Date(now.getTime() - 60_000);
    const alerts = [
      alert({ since }),
      alert({ labels: { model: 'claude', 'http.route': '/a', http_route: '/b' }, since }),
    ];
    const sent = notification({ rule: 'errors', at: now, alerts });
    expect(await deliver(sent)).toEqual({ kind: 'delivered' });
    const firing = await known('errors');
    expect(
      firing
        .map(({ labels }) => labels)
        .toSorted((a, b) => ((a['model'] ?? '') < (b['model'] ?? '') ? -1 : 1)),
    ).toEqual([
      {
        alertname: 'errors',
        severity: 'critical',
        service: 'checkout',
        deployment_environment: 'prod',
        model: 'claude',
        http_route: '/a;/b',
      },
      {
        alertname: 'errors',
        severity: 'critical',
        service: 'checkout',
        deployment_environment: 'prod',
        model: 'gpt-5',
      },
    ]);
    expect(firing[0]).toMatchObject({
      status: { state: 'active' },
      startsAt: since.toISOString(),
      endsAt: new Date(now.getTime() + 3_600_000).toISOString(),
      generatorURL: 'https://sightline.example.com/alerts/7/gpt-5',
      annotations: { summary: 'gpt-5 fails', value: '0.12' },
    });
    const over = alerts.map((each) => ({ ...each, state: 'resolved' as const, endedAt: now }));
    expect(
      await deliver(notification({ rule: 'errors', status: 'resolved', at: now, alerts: over })),
    ).toEqual({
      kind: 'delivered',
    });
    await expect.poll(async () => known('errors'), { timeout: 10_000 }).toEqual([]);
  });

  it('shows a test for two minutes', async () => {
    const sent = notification({ status: 'test', rule: 'trial', alerts: [], alertCount: 0, at: new Date() });
    expect(await deliver(sent)).toEqual({ kind: 'delivered' });
    expect(await known('trial')).toMatchObject([{ labels: { alertname: 'trial' } }]);
  });

  it('takes labels of any text', async () => {
    for (const text of [hostileText, hostileText.repeat(2_000), '', '\0', '日本語', '1', '__name__', '$(id)'])
      expect(await deliver(hostile(text)), text.slice(0, 20)).toEqual({ kind: 'delivered' });
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
