import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { clientPackages } from './client-packages.ts';

test('gives out the packed SDK and command line, and says what to do where there is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-packages-'));
  for (const name of ['sdk', 'cli']) {
    writeFileSync(join(folder, `${name}.json`), `{"name":"${name}"}`);
    execFileSync('tar', ['czf', `${name}.tgz`, `${name}.json`], { cwd: folder });
  }
  const app = Fastify();
  await app.register(clientPackages, { sdk: join(folder, 'sdk.tgz'), cli: join(folder, 'cli.tgz') });
  for (const name of ['sdk', 'cli']) {
    const answer = await app.inject(`/${name}.tgz`);
    expect(answer.statusCode).toBe(200);
    expect(Number(answer.headers['content-length'])).toBe(answer.rawPayload.byteLength);
    writeFileSync(join(folder, 'got.tgz'), answer.rawPayload);
    expect(execFileSync('tar', ['tzf', 'got.tgz'], { cwd: folder, encoding: 'utf8' })).toBe(`${name}.json\n`);
  }

  const without = Fastify();
  const none = join(folder, 'none.tgz');
  await without.register(clientPackages, { sdk: none, cli: none });
  expect((await without.inject('/sdk.tgz')).statusCode).not.toBe(200);
  expect((await without.inject('/cli.tgz')).statusCode).not.toBe(200);
});
