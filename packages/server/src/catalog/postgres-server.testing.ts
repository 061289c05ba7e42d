import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PostgresServer {
  readonly url: string;
  /** Ends it as a crash does; the data and the port stay. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

/** The programs of a PostgreSQL on this machine, as `npm test` found or installed them. */
export const postgresPrograms = process.env['SIGHTLINE_POSTGRES_BIN'] ?? '';

/** Starts a real PostgreSQL on loopback with an empty database. It refuses to run as root, so then it runs as `postgres`. */
export async function startPostgres(): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-postgres-'));
  const data = join(directory, 'data');
  const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined;
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
  const options = { cwd: directory, ...user };
  const init = spawnSync(
    join(postgresPrograms, 'initdb'),
    ['-D', data, '-U', 'sightline', '-A', 'trust', '--no-sync'],
    { ...options, encoding: 'utf8' },
  );
  if (init.status !== 0) throw new Error(`initdb failed: ${init.stderr}`);
  const port = await freePort();
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', directory, '-c', 'fsync=off'];
  const run = async (): Promise<ChildProcess> => {
    const server = spawn(join(postgresPrograms, 'postgres'), args, {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      let log = '';
      server.once('exit', () => reject(new Error(`postgres ended: ${log}`)));
      server.stderr.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes('ready to accept connections')) resolve();
      });
    });
    return server;
  };
  let server: ChildProcess | undefined = await run();
  const leave = async (): Promise<void> => {
    if (server === undefined) return;
    const ended = once(server, 'exit');
    server.kill('SIGQUIT');
    await ended;
    server = undefined;
  };
  return {
    url: `postgresql://sightline@127.0.0.1:${port}/postgres`,
    leave,
    comeBack: async () => {
      server = await run();
    },
    stop: async () => {
      await leave();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function idOf(flag: '-u' | '-g'): number {
  return Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The probe has no port.');
  return address.port;
}
