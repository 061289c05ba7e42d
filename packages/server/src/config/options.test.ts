import { describe, expect, it } from 'vitest';
import { describeOptions, optionTable, parseOptions } from './options.ts';

describe('the options', () => {
  it('default to loopback, the standard ports and ./data', () => {
    expect(parseOptions([], {})).toMatchObject({
      host: '127.0.0.1',
      port: 4300,
      otlpHttpPort: 4318,
      otlpGrpcPort: 4317,
      dataDirectory: './data',
      apiKey: undefined,
      retentionDays: { traces: 30, logs: 30, metrics: 30 },
      diskCapBytes: null,
      requestBytesMax: 64 * 1024 * 1024,
      clickhouse: undefined,
      postgresUrl: undefined,
    });
  });

  it('have a key that a header can carry, or none', () => {
    expect(parseOptions(['--api-key', 'k-1/~'], {}).apiKey).toBe('k-1/~');
    expect(parseOptions([], { SIGHTLINE_API_KEY: '' }).apiKey).toBeUndefined();
    // As of a variable that is not set: a server that was to be closed must not be open.
    expect(() => parseOptions(['--api-key='], {})).toThrow(/^--api-key is empty/);
    for (const key of ['two words', 'clé', ' ', 'a\n'])
      // Without the key: what is printed ends in logs.
      expect(() => parseOptions([], { SIGHTLINE_API_KEY: key })).toThrow(
        'SIGHTLINE_API_KEY takes a key of ASCII letters, digits and signs, without spaces.',
      );
  });

  it('listen on one address where localhost is asked for', () => {
    expect(parseOptions(['--host', 'localhost'], {}).host).toBe('127.0.0.1');
    expect(parseOptions(['--host', '::1'], {}).host).toBe('::1');
  });

  it('come from flags before variables, in both spellings', () => {
    const env = { SIGHTLINE_PORT: '1', SIGHTLINE_DATA: '/var/lib/sightline', SIGHTLINE_DISK_CAP: '50GB' };
    expect(parseOptions(['--port=0', '--otlp-http-port', '9'], env)).toMatchObject({
      port: 0,
      otlpHttpPort: 9,
      dataDirectory: '/var/lib/sightline',
      diskCapBytes: 50e9,
    });
  });

  it.each([
    [['--port', '70000'], '--port is "70000", but takes a port from 0 to 65535.'],
    [['--port', '-1'], '--port is "-1", but takes a port from 0 to 65535.'],
    [['--prot', '1'], '"--prot" is not an option.'],
    [['4300'], '"4300" is not an option.'],
    [['--data'], '--data needs a value.'],
    [['--retention-logs', '0'], '--retention-logs is "0", but takes a number of days from 1 to 3650.'],
    [['--disk-cap', 'much'], '--disk-cap is "much", but takes a size such as 50GB, or none.'],
    [['--clickhouse-url', 'localhost:8123'], '--clickhouse-url is "localhost:8123"'],
    [['--clickhouse-sql-url', 'http://a:8123'], '--clickhouse-sql-url is set, but --clickhouse-url is not.'],
    [['--clickhouse-cluster', 'main'], '--clickhouse-cluster is "main", but --clickhouse-url is not set.'],
  ])('refuse %j with what it takes', (argv, message) => {
    expect(() => parseOptions(argv, {})).toThrow(
      expect.objectContaining({ code: 'bad_option', message: expect.stringContaining(message) }),
    );
  });

  it('name the variable when the wrong value comes from it', () => {
    expect(() => parseOptions([], { SIGHTLINE_PORT: 'http' })).toThrow(/^SIGHTLINE_PORT is "http"/);
  });

  it('are all described by --help', () => {
    for (const { flag, env } of Object.values(optionTable)) {
      expect(describeOptions()).toContain(`--${flag}`);
      expect(describeOptions()).toContain(env);
    }
  });
});
