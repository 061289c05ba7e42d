import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { sdkPackage } from './sdk-package.ts';

test('gives out the packed SDK, and says what to do where there is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-sdk-'));
  writeFileSync(join(folder, 'package.json'), '{"name":"sdk"}');
  execFileSync('tar', ['czf', 'sdk.tgz', 'package.json'], { cwd: folder });
  const app = Fastify();
  await app.register(sdkPackage, { path: join(folder, 'sdk.tgz') });
  const answer = await app.inject('/sdk.tgz');
  expect(answer.statusCode).toBe(200);
  expect(Number(answer.headers['content-length'])).toBe(answer.rawPayload.byteLength);
  writeFileSync(join(folder, 'got.tgz'), answer.rawPayload);
  expect(execFileSync('tar', ['tzf', 'got.tgz'], { cwd: folder, encoding: 'utf8' })).toBe('package.json\n');

  const without = Fastify();
  await without.register(sdkPackage, { path: join(folder, 'none.tgz') });
  expect((await without.inject('/sdk.tgz')).statusCode).not.toBe(200);
});
