/**
 * Real ClickHouse servers for tests, from the library that chdb brings: a child process calls its exported
 * `query_stable_v2`, which runs a whole server (see clickhouse-server-child.ts). Interserver HTTP is not served in this form, so
 * there are shards but no replication between them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ClickHouseServers {
  /** HTTP addresses, one per shard. */
  readonly urls: readonly string[];
  /** Name of the cluster of all shards. */
  readonly cluster: string;
  close(): Promise<void>;
}

const cluster = 'sightline';
const startMsMax = 60_000;

export async function startClickHouse({
  shards = 1,
}: { readonly shards?: number } = {}): Promise<ClickHouseServers> {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-clickhouse-'));
  const ports = await freePorts(shards * 2);
  const nodes = Array.from({ length: shards }, (_, at) => ({
    http: ports[at * 2] ?? 0,
    tcp: ports[at * 2 + 1] ?? 0,
  }));
  const children: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(children.map(stop));
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    for (const [at, node] of nodes.entries()) {
      const config = join(directory, `node-${at}.xml`);
      writeFileSync(
        config,
        configOf(
          node,
          nodes.map(({ tcp }) => tcp),
        ),
      );
      const child = new URL('clickhouse-server-child.ts', import.meta.url).pathname;
      const path = join(directory, `node-${at}`);
      children.push(
        spawn(process.execPath, [child, config, path], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }),
      );
    }
    const urls = nodes.map(({ http }) => `http://127.0.0.1:${http}`);
    await Promise.all(urls.map((url, at) => answers(url, children[at])));
    return { urls, cluster, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function answers(url: string, child: ChildProcess | undefined): Promise<void> {
  const deadline = performance.now() + startMsMax;
  while (performance.now() < deadline) {
    if (child !== undefined && child.exitCode !== null)
      throw new Error(`The ClickHouse child ended with code ${child.exitCode}.`);
    const isUp = await fetch(`${url}/ping`).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await delay(50);
  }
  throw new Error(`ClickHouse does not answer at ${url}.`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // The library's own statement never ends, so there is nothing to ask politely.
  child.kill('SIGKILL');
  await ended;
}

function configOf(
  node: { readonly http: number; readonly tcp: number },
  tcpPorts: readonly number[],
): string {
  const shards = tcpPorts
    .map((port) => `<shard><replica><host>127.0.0.1</host><port>${port}</port></replica></shard>`)
    .join('');
  return `<clickhouse>
  <logger><level>none</level></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${node.http}</http_port>
  <tcp_port>${node.tcp}</tcp_port>
  <mark_cache_size>67108864</mark_cache_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <remote_servers><${cluster}>${shards}</${cluster}></remote_servers>
</clickhouse>`;
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
