import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { prepareData } from './testing/prepared-data.ts';
import { type MainProcess, runMain } from './testing/run-main.ts';

// Each test starts a server or two; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sightline-main-'));
  // The first of the servers below begins with nothing.
  for (const prepared of ['capped', 'closed', 'ports']) await prepareData(join(directory, prepared));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('a started server', () => {
  let main: MainProcess;
  let ui: string;
  let otlpHttp: string;
  beforeAll(async () => {
    main = runMain(['--data', join(directory, 'running')]);
    ({ ui, otlpHttp } = await main.ready());
  });
  afterAll(async () => {
    main.kill('SIGKILL');
    await main.ended();
  });

  it('prints one line on standard output, and nothing else', () => {
    expect(main.stdout()).toMatch(
      /^Sightline is ready: UI http:\/\/127\.0\.0\.1:\d+ {2}OTLP\/HTTP http:\/\/127\.0\.0\.1:\d+ {2}OTLP\/gRPC 127\.0\.0\.1:\d+\n$/,
    );
  });

  it('shows a trace at once after acknowledging it, on either port', async () => {
    for (const receiver of [otlpHttp, ui]) {
      const traceId = randomBytes(16).toString('hex');
      expect((await sendSpan(receiver, traceId)).status).toBe(200);
      const acknowledged = performance.now();
      await until(async () => (await fetch(`${ui}/api/v1/traces/${traceId}`)).ok);
      // The promise is one second, which bench/ingest measures; a busy machine that runs tests gets more.
      expect(performance.now() - acknowledged).toBeLessThan(5_000);
    }
  });

  it('says that it lives, that it is ready, and what it counted', async () => {
    expect(await (await fetch(`${ui}/health`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${ui}/ready`)).json()).toMatchObject({ status: 'ready' });
    const metrics = await (await fetch(`${ui}/metrics`)).text();
    expect(metrics).toMatch(
      /^sightline_ledger_items\{project="default",signal="traces",state="stored"\} [1-9]/m,
    );
    // Of a histogram the last bucket has everything.
    expect(metrics).toMatch(/^# TYPE sightline_visible_after_seconds histogram$/m);
    const [, all] =
      /^sightline_visible_after_seconds_bucket\{signal="traces",le="\+Inf"\} ([1-9]\d*)$/m.exec(metrics) ??
      [];
    expect(metrics).toContain(`sightline_visible_after_seconds_count{signal="traces"} ${all}\n`);
    expect(metrics).toMatch(/^sightline_visible_after_seconds_sum\{signal="traces"\} \d*\.?\d+$/m);
    expect(metrics).toMatch(/^process_resident_memory_bytes \d+$/m);
  });

  it('tells about itself on the status endpoint', async () => {
    const status = (await (await fetch(`${ui}/api/v1/status`)).json()) as Record<string, unknown>;
    expect(status).toMatchObject({
      state: 'ready',
      problems: [],
      engine: { kind: 'embedded', version: expect.stringMatching(/^\d+\.\d+/) },
      controlPlane: { kind: 'embedded' },
      endpoints: { ui, otlpHttp },
      retentionDays: { traces: 30, logs: 30, metrics: 30 },
    });
  });

  it('changes the retention while it runs, and refuses a senseless one', async () => {
    const put = async (body: unknown) =>
      fetch(`${ui}/api/v1/settings/retention`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const wanted = { days: { traces: 7, logs: 3, metrics: 90 }, capBytes: null };
    expect(await (await put(wanted)).json()).toEqual(wanted);
    expect((await put({ ...wanted, days: { traces: 0, logs: 3, metrics: 90 } })).status).toBe(400);
    expect(await (await fetch(`${ui}/api/v1/settings/retention`)).json()).toEqual(wanted);
  });

  it('refuses the data directory to a second server, naming the first', async () => {
    const second = runMain(['--data', join(directory, 'running')]);
    expect(await second.ended()).toBe(1);
    expect(second.stderr()).toContain(`is locked by process ${main.pid}`);
    expect(second.stderr()).toContain('data_directory_locked');
    expectNoStack(second);
  });

  it('stops on SIGTERM with exit code 0, and keeps what it acknowledged', async () => {
    const traceId = randomBytes(16).toString('hex');
    await sendSpan(otlpHttp, traceId);
    // As one Ctrl-C arrives: from the terminal, and passed on by npm and by scripts/start.mjs.
    for (let times = 0; times < 4; times++) {
      main.kill('SIGTERM');
      await delay(10);
    }
    expect(await main.ended()).toBe(0);
    main = runMain(['--data', join(directory, 'running')]);
    ({ ui, otlpHttp } = await main.ready());
    await until(async () => (await fetch(`${ui}/api/v1/traces/${traceId}`)).ok);
    // The retention set before is still in force.
    expect(await (await fetch(`${ui}/api/v1/settings/retention`)).json()).toMatchObject({
      days: { traces: 7 },
    });
  });
});

it('ends at once on a signal that comes a second after the first, whatever is under way', async () => {
  const main = runMain(['--data', join(directory, 'held')]);
  const { otlpHttp } = await main.ready();
  // A request that never gets its body, which a stop waits for.
  const slow = connect(Number(new URL(otlpHttp).port), '127.0.0.1').on('error', () => {});
  await once(slow, 'connect');
  slow.write('POST /v1/traces HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n{');
  // "100 Continue": the request has arrived, and its body is waited for.
  await once(slow, 'data');
  main.kill('SIGTERM');
  await delay(1100);
  main.kill('SIGTERM');
  expect(await main.ended()).toBeNull();
  slow.destroy();
});

it('says plainly when what came today is larger than the disk cap, and keeps it', async () => {
  const data = join(directory, 'capped');
  const traceId = randomBytes(16).toString('hex');
  let main = runMain(['--data', data]);
  const { ui: before, otlpHttp } = await main.ready();
  await sendSpan(otlpHttp, traceId);
  await until(async () => (await fetch(`${before}/api/v1/traces/${traceId}`)).ok);
  main.kill('SIGTERM');
  await main.ended();
  main = runMain(['--data', data, '--disk-cap', '1KB']);
  const { ui } = await main.ready();
  try {
    const metrics = async () => (await fetch(`${ui}/metrics`)).text();
    await until(async () => /^sightline_store_over_cap_bytes [1-9]\d+$/m.test(await metrics()));
    expect(await (await fetch(`${ui}/api/v1/status`)).json()).toMatchObject({
      state: 'degraded',
      problems: [
        {
          code: 'disk_cap_exceeded',
          message: expect.stringContaining('what came today is never dropped'),
        },
      ],
    });
    expect(main.stderr()).toContain('What came today is larger than the disk cap');
    expect((await fetch(`${ui}/api/v1/traces/${traceId}`)).ok).toBe(true);
    await fetch(`${ui}/api/v1/settings/retention`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ days: { traces: 7, logs: 3, metrics: 90 }, capBytes: null }),
    });
    expect(await metrics()).toMatch(/^sightline_store_over_cap_bytes 0$/m);
  } finally {
    main.kill('SIGKILL');
    await main.ended();
  }
});

describe('a server beyond loopback', () => {
  let main: MainProcess;
  let ui: string;
  let otlpHttp: string;
  beforeAll(async () => {
    main = runMain(['--data', join(directory, 'closed'), '--host', '0.0.0.0'], {
      SIGHTLINE_API_KEY: 'secret',
    });
    ({ ui, otlpHttp } = await main.ready());
  });
  afterAll(async () => {
    main.kill('SIGKILL');
    await main.ended();
  });

  it('answers nobody without a key, but tells that it lives', async () => {
    for (const path of ['/api/v1/traces', '/api/v1/status', '/metrics'])
      expect((await fetch(`${ui}${path}`)).status).toBe(401);
    expect((await sendSpan(otlpHttp, randomBytes(16).toString('hex'))).status).toBe(401);
    expect((await fetch(`${ui}/health`)).status).toBe(200);
  });

  it('opens to its key, to a key made later, and no more to that one once revoked', async () => {
    const headers = { authorization: 'Bearer secret', 'content-type': 'application/json' };
    const made = (await (
      await fetch(`${ui}/api/v1/keys`, { method: 'POST', headers, body: '{"name":"ci"}' })
    ).json()) as { id: string; key: string };
    const withKey = async () => fetch(`${ui}/api/v1/traces`, { headers: { 'x-api-key': made.key } });
    expect((await withKey()).status).toBe(200);
    expect(
      (
        await fetch(`${ui}/api/v1/keys/${made.id}`, {
          method: 'DELETE',
          headers: { authorization: 'Bearer secret' },
        })
      ).status,
    ).toBe(200);
    await until(async () => (await withKey()).status === 401, 10_000);
  });
});

describe('a server that cannot start says why in one message', () => {
  const cases: readonly {
    readonly name: string;
    readonly args: () => string[];
    readonly says: RegExp;
    readonly code: string;
  }[] = [
    {
      name: 'an unknown option',
      args: () => ['--colour', 'blue'],
      says: /"--colour" is not an option/,
      code: 'bad_option',
    },
    {
      name: 'a wrong port',
      args: () => ['--port', 'http'],
      says: /--port is "http", but takes a port/,
      code: 'bad_option',
    },
    {
      name: 'a data directory that is a file',
      args: () => {
        const file = join(directory, 'a-file');
        writeFileSync(file, '');
        return ['--data', file];
      },
      says: /cannot be written/,
      code: 'data_directory_unwritable',
    },
    {
      name: 'a ClickHouse that is not there',
      args: () => ['--data', join(directory, 'x'), '--clickhouse-url', 'http://127.0.0.1:1'],
      says: /127\.0\.0\.1:1/,
      code: 'store_unavailable',
    },
    {
      name: 'a PostgreSQL that is not there',
      args: () => ['--data', join(directory, 'y'), '--postgres-url', 'postgresql://127.0.0.1:1/x'],
      says: /127\.0\.0\.1:1/,
      code: 'control_plane_unavailable',
    },
  ];

  it.each(cases)('$name', async ({ args, says, code }) => {
    const main = runMain(args());
    expect(await main.ended()).toBe(1);
    expect(main.stderr()).toMatch(says);
    expect(main.stderr()).toContain(`(${code}, see docs/errors.md)`);
    expectNoStack(main);
  });

  describe('when a port is taken', () => {
    let other: Server;
    let port: number;
    beforeAll(async () => {
      other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      port = (other.address() as { port: number }).port;
    });
    afterAll(() => other.close());

    it.each(['port', 'otlp-http-port', 'otlp-grpc-port'])('--%s', async (flag) => {
      const main = runMain(['--data', join(directory, 'ports'), `--${flag}`, String(port)]);
      expect(await main.ended()).toBe(1);
      expect(main.stderr()).toContain(`127.0.0.1:${port}`);
      expect(main.stderr()).toContain(`--${flag}`);
      expect(main.stderr()).toContain('port_taken');
      expectNoStack(main);
    });
  });
});

async function sendSpan(receiver: string, traceId: string): Promise<Response> {
  const start = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: 'hello',
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_000n),
  };
  return fetch(`${receiver}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  });
}

async function until(condition: () => Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('The condition did not come true in time.');
    await delay(10);
  }
}

function expectNoStack(main: MainProcess): void {
  expect(main.stderr()).not.toMatch(/\n\s+at /);
}
