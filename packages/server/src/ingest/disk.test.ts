/** A disk that is full and a disk that turns read-only, as a small tmpfs: needs root, and says so where it cannot run. */
import { spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDoors, type Doors } from './testing/doors.ts';
import { outage } from './testing/fake-store.ts';
import { drained, removeDirectory, temporaryDirectory } from './testing/harness.ts';
import { spansJson } from './testing/payloads.ts';

const run = (tool: string, ...args: string[]): boolean => spawnSync(tool, args).status === 0;
const mount = (...args: string[]): boolean => run('mount', ...args);
const probe = await temporaryDirectory();
const canMount = mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe);
if (canMount) run('umount', probe);
else
  console.warn(
    'SKIPPED: disk.test.ts needs the right to mount a tmpfs (run as root) to fill a disk for real.',
  );
await removeDirectory(probe);

let directory: string;
let doors: Doors;

beforeEach(async () => {
  directory = await temporaryDirectory();
  if (!mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory)) return;
  doors = await openDoors({ dataDirectory: directory });
});
afterEach(async () => {
  await doors.close();
  run('umount', directory);
  await removeDirectory(directory);
});

async function send(count: number): Promise<Response> {
  return fetch(`${doors.httpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: spansJson(count),
  });
}

test.runIf(canMount)(
  'On a full disk senders get 503 with Retry-After; every acknowledged span and no other is stored',
  async () => {
    doors.store.beforeLoad = () => {
      throw outage();
    };
    let acknowledged = 0;
    let refused = 0;
    while (refused < 20) {
      const response = await send(100);
      if (response.status === 200) acknowledged += 100;
      else {
        expect(response.status).toBe(503);
        expect(response.headers.get('retry-after')).toBe('5');
        expect(await response.json()).toMatchObject({
          code: 14,
          message: expect.stringContaining('disk') as unknown,
        });
        refused += 1;
      }
    }
    expect(acknowledged).toBeGreaterThan(1000);
    doors.store.beforeLoad = () => undefined;
    await drained(doors.ingest);
    expect(doors.store.items()).toBe(acknowledged);

    expect((await send(100)).status).toBe(200);
    await drained(doors.ingest);
    expect(doors.store.items()).toBe(acknowledged + 100);
    expect(doors.ingest.ledger().rows[0]).toMatchObject({
      accepted: acknowledged + 100,
      stored: acknowledged + 100,
    });
  },
);

test.runIf(canMount)(
  'A disk that another program fills and empties interrupts, and the receiver heals by itself',
  async () => {
    let acknowledged = 0;
    for (let round = 0; round < 5; round += 1) {
      await writeFile(join(directory, 'ballast'), Buffer.alloc(2 << 20)).catch(() => undefined);
      let response = await send(1000);
      while (response.status === 200) {
        acknowledged += 1000;
        response = await send(1000);
      }
      expect(response.status).toBe(503);
      await rm(join(directory, 'ballast'));
      expect((await send(10)).status).toBe(200);
      acknowledged += 10;
    }
    await drained(doors.ingest);
    expect(doors.store.items()).toBe(acknowledged);
  },
);

test.runIf(canMount)(
  'A journal on a disk that turns read-only gets 503, and works again when it is writable',
  async () => {
    expect((await send(10)).status).toBe(200);
    await drained(doors.ingest);
    expect(mount('-o', 'remount,ro', directory)).toBe(true);
    const response = await send(10);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ message: expect.stringContaining('EROFS') as unknown });
    expect(mount('-o', 'remount,rw', directory)).toBe(true);
    expect((await send(10)).status).toBe(200);
    await drained(doors.ingest);
    expect(doors.store.items()).toBe(20);
  },
);
