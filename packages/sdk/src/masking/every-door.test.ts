/** Throws every kind of secret through every door of the SDK and searches the bytes that arrive. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { startReceiver } from '../test/otlp-receiver.ts';
import { packageRoot } from '../test/built-package.ts';
import { programEnv } from '../test/program-env.ts';

const run = promisify(execFile);
const program = join(packageRoot, 'src/test/programs/every-door.ts');

/** Each looks real to a validator and belongs to nobody. */
const secrets = {
  card: '4111 1111 1111 1111',
  cardDigits: '5555555555554444',
  email: 'jane.doe@example.com',
  iban: 'DE89 3704 0044 0532 0130 00',
  phone: '+4915123456789',
  ssn: '536-22-1234',
  ip: '203.0.113.77',
  openai: 'sk-proj-Ab12Cd34Ef56Gh78Ij90Kl12',
  aws: 'AKIAIOSFODNN7EXAMPLE',
  github: 'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
  bearer: 'Bearer abcDEF1234567890abcDEF1234567890',
  assignment: 'password=hunter2hunter2',
  url: 'https://admin:s3cretPass9@db.internal/x',
  provider: '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',
  base64: 'd3JpdGUgdG8gYWRhLmxvdmVsYWNlQG1hdGhzLmV4YW1wbGUub3Jn',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
} as const;
/** What of each must be nowhere. */
const needles = [
  ...Object.values(secrets).filter((each) => !each.startsWith('password=') && !each.startsWith('https:')),
  'hunter2hunter2',
  's3cretPass9',
  // Plain values under a name that says what they are.
  'namedSecret1',
  'namedSecret2',
  'namedSecret3',
  'flagSecret4',
  // Hidden: encoded, in parameters of a URL, beside a name.
  'jane.doe%40example.com',
  'jane.doe%2540example.com',
  '4111+1111',
  ...Array.from({ length: 17 }, (_, at) => `namedSecret${at + 5}`),
];

const environments = [
  ['by default', {}],
  ['in production', { NODE_ENV: 'production' }],
] as const;

describe.each(environments)('secrets through every door, %s', (_name, environment) => {
  let sent = '';
  let doors: string[] = [];

  beforeAll(async () => {
    const receiver = await startReceiver();
    const env = {
      ...programEnv,
      ...environment,
      SIGHTLINE_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      SECRETS: JSON.stringify(secrets),
    };
    const args = ['--no-warnings', program, '--api-key', 'flagSecret4'];
    // It ends with an unhandled rejection, on purpose.
    await run(process.execPath, args, { env }).catch((error: { stdout: string; stderr: string }) => {
      doors = error.stdout.trim().split('\n');
      return error;
    });
    sent = (['traces', 'logs', 'metrics'] as const).map((signal) => receiver.text(signal)).join('\n');
    receiver.close();
  }, 60_000);

  it('goes through all of them', () => {
    expect(doors).toContain('end');
    for (const door of doors.filter((each) => each !== 'end')) expect(sent, door).toContain(door);
    expect(sent).toContain('unhandled rejection');
  });

  it.each(needles)('sends %s nowhere', (needle) => {
    const at = sent.indexOf(needle);
    expect(at < 0 ? '' : sent.slice(Math.max(at - 300, 0), at + 100)).toBe('');
  });

  it('says what was there', () => {
    for (const kind of ['card', 'email', 'iban', 'phone', 'ssn', 'ip', 'secret'])
      expect(sent).toContain(`[masked:${kind}]`);
  });
});
