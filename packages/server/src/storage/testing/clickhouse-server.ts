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
import { assert } from '@sightline/base';

export interface ClickHouseServers {
  /** HTTP addresses, one per shard. */
  readonly urls: readonly string[];
  /** The same as a user who is granted SELECT on the tables of `sightline`, and nothing else. */
  readonly readerUrls: readonly string[];
  /** Name of the cluster of all shards. */
  readonly cluster: string;
  /** Ends a server as a power cut does, but for what the system has still to write. */
  kill(shard?: number): Promise<void>;
  /** The same server with the same data. */
  startAgain(shard?: number): Promise<void>;
  close(): Promise<void>;
}

interface Node {
  readonly http: number;
  readonly tcp: number;
  /** Where other servers reach it. */
  readonly peers: number;
}

const cluster = 'sightline';
const database = 'sightline';
const reader = { name: 'reader', password: 'reads' };
const startMsMax = 60_000;

export async function startClickHouse({
  shards = 1,
}: { readonly shards?: number } = {}): Promise<ClickHouseServers> {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-clickhouse-'));
  const ports = await freePorts(shards * 3);
  const nodes = Array.from({ length: shards }, (_, at) => ({
    http: ports[at * 3] ?? 0,
    tcp: ports[at * 3 + 1] ?? 0,
    peers: ports[at * 3 + 2] ?? 0,
  }));
  const urls = nodes.map(({ http }) => `http://127.0.0.1:${http}`);
  const readerUrls = nodes.map(({ http }) => `http://${reader.name}:${reader.password}@127.0.0.1:${http}`);
  const usersFile = join(directory, 'users.xml');
  const children: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(children.map(stop));
    rmSync(directory, { recursive: true, force: true });
  };
  const start = async (at: number): Promise<void> => {
    const node = nodes[at];
    assert(node !== undefined, 'There is such a server');
    const child = startChild(join(directory, `node-${at}`), node);
    children[at] = child;
    await answers(urls[at] ?? '', child);
  };
  try {
    writeFileSync(usersFile, usersConfig);
    for (const [at, node] of nodes.entries())
      writeFileSync(join(directory, `node-${at}.xml`), configOf(node, nodes, usersFile));
    await Promise.all(nodes.map(async (_, at) => start(at)));
    const kill = async (at = 0): Promise<void> => {
      const child = children[at];
      if (child !== undefined) await stop(child);
    };
    return { urls, readerUrls, cluster, kill, startAgain: async (at = 0) => start(at), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Its configuration stands beside its data. */
function startChild(path: string, { peers, tcp }: Node): ChildProcess {
  const program = new URL('clickhouse-server-child.ts', import.meta.url).pathname;
  return spawn(process.execPath, [program, `${path}.xml`, path, String(peers), String(tcp)], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
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

/** A server knows its own shard by its own port, and reads it without a connection. */
function configOf(node: Node, nodes: readonly Node[], usersFile: string): string {
  const shards = nodes
    .map((each) => (each === node ? each.tcp : each.peers))
    .map((port) => `<shard><replica><host>127.0.0.1</host><port>${port}</port></replica></shard>`)
    .join('');
  return `<clickhouse>
  <logger><level>none</level></logger>
  <users_config>${usersFile}</users_config>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${node.http}</http_port>
  <tcp_port>${node.tcp}</tcp_port>
  <mark_cache_size>67108864</mark_cache_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <remote_servers><${cluster}>${shards}</${cluster}></remote_servers>
</clickhouse>`;
}

/** The user `default` may do everything. In this form no user can be made by a statement: those who are restricted stand in a file. */
const usersConfig = `<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password></password>
      <networks><ip>::/0</ip></networks>
      <access_management>1</access_management>
      <named_collection_control>1</named_collection_control>
    </default>
    <${reader.name}>
      <password>${reader.password}</password>
      <networks><ip>::/0</ip></networks>
      <grants><query>GRANT SELECT ON ${database}.*</query></grants>
    </${reader.name}>
  </users>
</clickhouse>`;

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
