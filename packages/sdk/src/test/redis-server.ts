import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from './wait-until.ts';

/** The redis-server of this machine, as `npm test` found or installed it. */
export const redisProgram = process.env['SIGHTLINE_REDIS_SERVER'] ?? '';

/** Starts a real Redis that listens on a socket of its own. */
export async function startRedis() {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-redis-'));
  const socket = join(directory, 'redis.sock');
  const server = spawn(
    redisProgram,
    ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let log = '';
  server.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  await waitUntil(() => log.includes('ready to accept connections'));
  return {
    socket,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill();
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
