/** PostgreSQL and Redis through their OpenTelemetry instrumentations, against real servers, in programs that know nothing of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  postgresPrograms,
  startPostgres,
  type PostgresServer,
} from '../../../server/src/catalog/postgres-server.testing.ts';
import { jsonSpans } from '../test/json-spans.ts';
import { startReceiver } from '../test/otlp-receiver.ts';
import { redisProgram, startRedis } from '../test/redis-server.ts';
import { runProgram } from '../test/run-program.ts';

const register = new URL('../register.ts', import.meta.url).href;

async function run(program: string, env: Record<string, string>) {
  const receiver = await startReceiver();
  const end = await runProgram(program, {
    nodeArguments: ['--import', register],
    env: {
      SIGHTLINE_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      SIGHTLINE_INSTRUMENTATIONS: 'pg, redis,ioredis',
      ...env,
    },
  });
  receiver.close();
  return { ...end, spans: jsonSpans(receiver.text('traces')) };
}

describe.skipIf(postgresPrograms === '')('PostgreSQL', () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  it('gives each query a span with its statement and failure, once, from an ES module', async () => {
    const { spans, ...end } = await run('databases.mjs', { POSTGRES: postgres.url });
    expect(end.stdout, end.stderr).toBe('42\n42P01\n');
    const queries = spans.filter((span) => span.name.startsWith('pg.query'));
    expect(queries.map((span) => span.failed)).toEqual([false, true]);
    // The port is any number.
    const { 'server.port': _port, ...attributes } = queries[0]?.attributes ?? {};
    expect(JSON.stringify(attributes)).toContain('select $1::int + 1 as sum');
    // Values are not part of the statement.
    expect(JSON.stringify(attributes)).not.toContain('41');
  });

  it('and from CommonJS', async () => {
    const { spans, ...end } = await run('databases.cjs', { POSTGRES: postgres.url });
    expect(end.stdout, end.stderr).toBe('42\n');
    expect(spans.filter((span) => span.name.startsWith('pg.query'))).toHaveLength(1);
  });
});

describe.skipIf(redisProgram === '')('Redis', () => {
  it('gives each command a span, with both clients', async () => {
    const redis = await startRedis();
    const { spans, ...end } = await run('databases.mjs', { REDIS: redis.socket });
    await redis.stop();
    expect(end.stdout, end.stderr).toBe('hello\nhello\n');
    const names = spans.map((span) => span.name);
    expect(names.filter((name) => name === 'redis-SET')).toHaveLength(1);
    expect(names.filter((name) => name === 'redis-GET')).toHaveLength(1);
    expect(names.filter((name) => name === 'get')).toHaveLength(1);
  });
});

describe('instrumentations by name', () => {
  it('that are not installed stop the start with the command to install them', async () => {
    const { stderr, code } = await run('openai-esm.mjs', { SIGHTLINE_INSTRUMENTATIONS: 'abacus' });
    expect(code).toBe(1);
    expect(stderr).toContain('Run npm install @opentelemetry/instrumentation-abacus');
  });
});
