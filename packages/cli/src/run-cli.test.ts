/** What happens around the verbs: no server, the wrong one, a busy one, wrong words, an old Node. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import type { HistoryJob } from '@sightline/schema/api';
import { readCommands, verbs } from './commands/index.ts';
import { sightline, startSightline } from './testing/run-sightline.ts';
import { shopTelemetry } from './testing/shop-telemetry.ts';

// Every call is a process of its own; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 90_000 });

async function withServer<T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const talking = [
  ['traces'],
  ['logs'],
  ['trace', 'a'.repeat(32)],
  ['runs'],
  ['sessions'],
  ['reprice', '--from', '-1h'],
  ['rederive', '--from', '-1h'],
  ['metrics'],
  ['compare', 'status:error'],
  ['query', 'SELECT 1'],
  ['tail'],
  ['export', 'logs'],
  ['demo', '--once'],
];

describe('no server', () => {
  test.each(talking)('sightline %s says so, and what to do', async (...words) => {
    const { code, stdout, stderr } = await sightline(words);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(
      /^sightline: Cannot reach a Sightline server at http:\/\/127\.0\.0\.1:9: .*\n.*sightline start/,
    );
  });

  test('doctor goes on with what can be known', async () => {
    const { code, stdout } = await sightline(['doctor', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'server', status: 'failed', hint: expect.any(String) }),
      ]),
    });
  });
});

describe('another server', () => {
  test.each(talking)('sightline %s is not fooled', async (...words) => {
    await withServer(
      (_, response) => response.setHeader('content-type', 'text/html').end('<h1>Welcome to nginx!</h1>'),
      async (url) => {
        const { code, stdout, stderr } = await sightline(words, { url });
        expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
        expect(stderr).toMatch(/is not a Sightline server|does not answer with a live stream/);
      },
    );
  });

  test('an answer of another shape is named', async () => {
    await withServer(
      (_, response) => response.setHeader('content-type', 'application/json').end('{"traces":[{}]}'),
      async (url) => {
        const { code, stderr } = await sightline(['traces'], { url });
        expect(code).toBe(3);
        expect(stderr).toContain('traces[0].traceId');
      },
    );
  });

  test('a server that wants a key says so', async () => {
    const body = {
      error: { code: 'unauthenticated', message: 'No key came with the request.', hint: 'Send one.' },
    };
    await withServer(
      (request, response) => {
        response.statusCode = request.headers.authorization === 'Bearer secret' ? 404 : 401;
        response.end(JSON.stringify(body));
      },
      async (url) => {
        expect(await sightline(['traces'], { url })).toMatchObject({
          code: 1,
          stderr: 'sightline: No key came with the request.\nSend one.\n',
        });
        expect((await sightline(['traces'], { url, env: { SIGHTLINE_API_KEY: 'secret' } })).code).toBe(1);
      },
    );
  });
});

describe('a rework whose server goes away', () => {
  const job: HistoryJob = {
    id: 'j-1',
    kind: 'rederive',
    state: 'running',
    from: '2026-11-20T00:00:00Z',
    to: '2026-11-21T00:00:00Z',
    daysDone: 0,
    daysTotal: 2,
    calls: 0,
    costUsdBefore: null,
    costUsdAfter: null,
    unpricedCallsBefore: 0,
    unpricedCalls: 0,
    error: null,
  };
  /** The server once it was asked how far it is. */
  const goes = async (then: RequestListener) =>
    withServer(
      (request, response) => {
        if (request.method === 'POST') response.end(JSON.stringify(job));
        else then(request, response);
      },
      async (url) => sightline(['rederive', '--from', '-2d'], { url }),
    );

  test('is said, with what to do', async () => {
    const { code, stdout, stderr } = await goes((request) => request.socket.destroy());
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('Cannot reach a Sightline server');
  });

  test('and comes back is said to be safe to ask again', async () => {
    const hint = 'Doing one again is safe.';
    const { code, stdout, stderr } = await goes((_, response) => {
      response.statusCode = 404;
      response.end(JSON.stringify({ error: { code: 'not_found', message: 'No rework has this id.', hint } }));
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(hint);
  });

  test('while it stops, ends with what was done', async () => {
    const { code, stderr } = await goes((_, response) =>
      response.end(
        JSON.stringify({ ...job, daysDone: 1, state: 'failed', error: 'The server is stopping.' }),
      ),
    );
    expect(code).toBe(1);
    expect(stderr).toContain('Stopped after 1 of 2 days: The server is stopping.');
  });
});

describe('a busy server', () => {
  const input = Object.values(shopTelemetry())
    .map((request) => JSON.stringify(request))
    .join('\n');

  test('import waits as long as it is asked to, and sends everything once', async () => {
    const taken: string[] = [];
    let refusals = 2;
    await withServer(
      (request, response) => {
        request.resume().on('end', () => {
          if (refusals > 0) {
            refusals -= 1;
            response.writeHead(refusals === 1 ? 503 : 429, { 'retry-after': '0' }).end();
          } else {
            taken.push(request.url ?? '');
            response.setHeader('content-type', 'application/x-protobuf').end();
          }
        });
      },
      async (url) => {
        const { code, stdout } = await sightline(['import', '-', '--json'], { url, input });
        expect(code).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ files: [{ accepted: 9, rejected: 0, unreadable: 0 }] });
      },
    );
    expect(taken.toSorted()).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces']);
  });

  test('what is too large is halved until it fits', async () => {
    const sizes: number[] = [];
    await withServer(
      (request, response) => {
        let size = 0;
        request
          .on('data', (chunk: Buffer) => (size += chunk.byteLength))
          .on('end', () => {
            if (size > 400) response.writeHead(413).end();
            else {
              sizes.push(size);
              response.end();
            }
          });
      },
      async (url) => {
        const logs = JSON.stringify(shopTelemetry().logs);
        expect(await sightline(['import', '-'], { url, input: logs })).toMatchObject({ code: 0 });
      },
    );
    expect(sizes.length).toBeGreaterThan(1);
  });

  test('Ctrl-C ends the waiting', async () => {
    let importing: ReturnType<typeof startSightline> | undefined;
    await withServer(
      (request, response) =>
        void request.resume().on('end', () => {
          response.writeHead(503, { 'retry-after': '60' }).end();
          importing?.interrupt();
        }),
      async (url) => {
        importing = startSightline(['import', '-'], { url, input });
        expect((await importing.ended).code).toBe(130);
      },
    );
  });
});

describe('words', () => {
  test.each([
    [[], 2, 'stdout', 'Usage'],
    [['--help'], 0, 'stdout', 'Exit codes'],
    [['help', 'logs'], 0, 'stdout', 'sightline logs --stats cache'],
    [['start', '--help'], 0, 'stdout', '--otlp-grpc-port'],
    [['--version'], 0, 'stdout', '0.1.0'],
    [['trcaes'], 2, 'stderr', 'Did you mean "sightline traces"?'],
    [['--json', 'traces'], 2, 'stderr', 'The command comes first'],
    [['traces', '--form', '-1h'], 2, 'stderr', 'Did you mean --from?'],
    [['traces', '--url', 'localhost:4300'], 2, 'stderr', 'takes an address such as'],
    [['traces', '--limit', 'many'], 2, 'stderr', 'a whole number from 1 to 1000'],
    [['demo', '--history', '99h'], 2, 'stderr', 'at most 24h'],
    [['replay'], 2, 'stderr', 'needs a trace id, a file, or --q'],
    [['wander'], 2, 'stderr', '"wander" is not a command'],
  ] as const)('sightline %j', async (words, code, stream, text) => {
    const ended = await sightline(words);
    expect(ended.code).toBe(code);
    expect(ended[stream]).toContain(text);
  });

  test('help is not coloured in a pipe', async () => {
    expect((await sightline(['--help'])).stdout).not.toContain('\u001b');
  });

  test('every verb is its own file', async () => {
    expect((await readCommands()).map(({ name }) => name)).toEqual(verbs);
    for (const name of verbs) expect(existsSync(new URL(`commands/${name}.ts`, import.meta.url))).toBe(true);
  });
});

test.skipIf(!existsSync('/usr/bin/node') && !existsSync('/usr/local/bin/node'))(
  'on the machine’s own Node, whatever its age',
  async () => {
    const systemNode = existsSync('/usr/local/bin/node') ? '/usr/local/bin/node' : '/usr/bin/node';
    const bin = new URL('../bin/sightline.mjs', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(systemNode, [bin, '--version'], {
      env: { PATH: process.env.PATH },
    });
    expect(stdout).toBe('0.1.0\n');
  },
);
