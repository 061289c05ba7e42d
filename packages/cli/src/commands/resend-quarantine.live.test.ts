/** The verb against a real server; that pieces are stored is proven by the server's own test. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { type LiveServer, startLiveServer } from '../testing/live-server.ts';
import { sightline } from '../testing/run-sightline.ts';

vi.setConfig({ testTimeout: 90_000 });

let server: LiveServer | undefined;
afterEach(async () => server?.stop());

test('says that nothing is there, and does what it may with what is', async () => {
  server = await startLiveServer(['--canary-interval', 'off']);
  const nothing = await sightline(['resend-quarantine'], { url: server.url });
  expect(nothing).toEqual({ code: 0, stdout: 'Nothing is in quarantine.\n', stderr: '' });
  const undamaged = await sightline(['accept-damage'], { url: server.url });
  expect(undamaged).toEqual({ code: 0, stdout: 'Nothing is damaged.\n', stderr: '' });
  expect((await sightline(['resend-quarantine', 'x'], { url: server.url })).code).toBe(2);
  await server.stop();

  server = await startLiveServer(['--canary-interval', 'off'], async (data) => {
    const folder = path.join(data, 'quarantine');
    await mkdir(folder, { recursive: true });
    const why = { signal: 'traces', project: 'default', items: 7, reason: 'damaged', message: '', bytes: 5 };
    await writeFile(path.join(folder, 'traces.1.json'), JSON.stringify(why));
    await writeFile(path.join(folder, 'traces.1.pb'), 'waste');
  });
  const { code, stdout, stderr } = await sightline(['resend-quarantine'], { url: server.url });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '0 pieces with 0 items stored.\n' });
  expect(stderr).toContain('1 piece damaged');
  const json = await sightline(['resend-quarantine', '--json'], { url: server.url });
  expect(JSON.parse(json.stdout)).toEqual({ stored: 0, items: 0, refused: 0, damaged: 1, reasons: [] });
  const doctor = await sightline(['doctor'], { url: server.url });
  expect(doctor.stdout).toContain('sightline resend-quarantine');
});
