import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { assert } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import {
  type ClickHouseEngine,
  type EngineSettings,
  type InsertBytesRequest,
  type InsertFormat,
  literal,
  type NodeLayout,
  parseAnswer,
  type SelectRequest,
  settingsSql,
} from './engine.ts';
import { runningMax } from '../query-queue.ts';
import { endedWith } from './ended-with.ts';
import { storeErrorFrom } from './engine-error.ts';

export interface ServerOptions {
  /** Where ClickHouse answers HTTP. More than one: every node of a cluster that has no Keeper to carry ON CLUSTER. */
  readonly urls: readonly string[];
  readonly database: string;
  /** The cluster to spread over; everything on one node without. */
  readonly cluster?: string;
  /** The same nodes as a user who may only read the tables: for SQL that somebody typed. The user of `urls` without. */
  readonly typedUrls?: readonly string[];
}

const requestTimeoutMs = 120_000;
/** All that the queue lets run, loads, and what the store reads and writes in the background. */
const connectionsMax = runningMax + 16;

/** Statements that only read end with this process, too: the server sees their connections closed, if it looks. */
const readerSettings = { readonly: '2', cancel_http_readonly_queries_on_client_close: 1 } as const;

/** ClickHouse over HTTP: one server, or a cluster reached through its nodes. */
export async function openServer(options: ServerOptions): Promise<ClickHouseEngine> {
  const clients = options.urls.map((url) => connect(url, undefined));
  try {
    const { version, threads } = await probe(clients, options.urls);
    const nodes = await layoutOf(clients, options);
    const onCluster = nodes.kind === 'cluster' && nodes.onCluster ? ` ON CLUSTER \`${nodes.cluster}\`` : '';
    for (const client of clients)
      await client.command({ query: `CREATE DATABASE IF NOT EXISTS \`${options.database}\`${onCluster}` });
    await Promise.all(clients.map((client) => client.close()));
    return serverEngine({ ...options, version, threads, nodes });
  } catch (error) {
    await Promise.all(clients.map((client) => client.close()));
    throw error instanceof SightlineError ? error : storeErrorFrom(error, 'command');
  }
}

function connect(url: string, database: string | undefined): ClickHouseClient {
  return createClient({
    url,
    ...(database === undefined ? {} : { database }),
    request_timeout: requestTimeoutMs,
    max_open_connections: connectionsMax,
    // Long ones, such as the ids of a page, do not fit into an address.
    use_multipart_params_auto: true,
    application: 'sightline',
    // Failures are thrown, and told once by whoever catches them.
    log: { level: ClickHouseLogLevel.OFF },
  });
}

/** The version of the last node, and the fewest cores of any. */
async function probe(
  clients: readonly ClickHouseClient[],
  urls: readonly string[],
): Promise<{ readonly version: string; readonly threads: number }> {
  let version = '';
  let threads = Infinity;
  for (const [at, client] of clients.entries()) {
    try {
      const answer = await client.query({
        query: "SELECT version() AS version, toUInt32(getSetting('max_threads')) AS threads",
        format: 'JSON',
      });
      const [row] = (await answer.json<{ version: string; threads: number }>()).data;
      version = row?.version ?? '';
      threads = Math.min(threads, row?.threads ?? 1);
    } catch (error) {
      const { host } = new URL(urls[at] ?? '');
      const reason = storeErrorFrom(error, 'command').message;
      throw new SightlineError('store_unavailable', `Cannot reach ClickHouse at ${host}: ${reason}`, {
        hint: 'Check --clickhouse-url, and that the server runs and lets this user in.',
        cause: error,
      });
    }
  }
  return { version, threads };
}

async function layoutOf(clients: readonly ClickHouseClient[], options: ServerOptions): Promise<NodeLayout> {
  const [client] = clients;
  if (options.cluster === undefined || client === undefined) return { kind: 'single' };
  const answer = await client.query({
    query: 'SELECT shard_num, replica_num FROM system.clusters WHERE cluster = {cluster:String}',
    query_params: { cluster: options.cluster },
    format: 'JSON',
  });
  const { data } = await answer.json<{ shard_num: number; replica_num: number }>();
  if (data.length === 0)
    throw new SightlineError('bad_option', `ClickHouse has no cluster named "${options.cluster}".`, {
      hint: 'Name one of its clusters (SELECT cluster FROM system.clusters) with --clickhouse-cluster.',
    });
  return {
    kind: 'cluster',
    cluster: options.cluster,
    onCluster: clients.length === 1,
    replicated: data.some((row) => Number(row.replica_num) > 1),
  };
}

function serverEngine(
  options: ServerOptions & {
    readonly version: string;
    readonly threads: number;
    readonly nodes: NodeLayout;
  },
): ClickHouseEngine {
  const clients = options.urls.map((url) => connect(url, options.database));
  const typedClients = options.typedUrls?.map((url) => connect(url, options.database));

  /** Any node can answer; the next one is asked when one cannot be reached. */
  async function onAnyNode<T>(
    doing: 'query' | 'typed' | 'load',
    task: (client: ClickHouseClient) => Promise<T>,
  ): Promise<T> {
    let failure: unknown;
    for (const client of doing === 'typed' ? (typedClients ?? clients) : clients) {
      try {
        return await task(client);
      } catch (error) {
        failure = error;
        if (!isConnectionFailure(error)) break;
      }
    }
    throw storeErrorFrom(failure, doing, options.database);
  }

  return {
    kind: 'clickhouse',
    version: options.version,
    nodes: options.nodes,
    database: options.database,
    threads: options.threads,

    command: async (sql) => {
      for (const client of clients) {
        try {
          await client.command({ query: sql });
        } catch (error) {
          throw storeErrorFrom(error, 'command');
        }
      }
    },

    insert: (sql) =>
      onAnyNode('load', async (client) => {
        await client.command({ query: sql, clickhouse_settings: { distributed_foreground_insert: 1 } });
      }),

    select: (request: SelectRequest) =>
      onAnyNode(request.isTyped === true ? 'typed' : 'query', async (client) =>
        endable(client, request, async (query_id) => {
          const answer = await client.query({
            query: request.sql,
            query_id,
            query_params: request.params,
            clickhouse_settings: {
              ...request.settings,
              ...readerSettings,
              ...(request.isTyped === true ? { readonly: '1' as const } : {}),
            },
            format: 'JSON',
          });
          const text = await answer.text();
          return parseAnswer({ byteLength: text.length, text: () => text }, request);
        }),
      ),

    selectBinary: (request: SelectRequest) =>
      onAnyNode('query', async (client) =>
        endable(client, request, async (query_id) => {
          const { stream } = await client.exec({
            query: `${request.sql} FORMAT RowBinary`,
            query_id,
            query_params: request.params,
            // A statement that fails half way fails whole: nothing in the answer would tell.
            clickhouse_settings: { ...request.settings, ...readerSettings, wait_end_of_query: 1 },
          });
          return buffer(stream);
        }),
      ),

    insertBytes: ({ bytes, format, structure, insert, settings }: InsertBytesRequest) =>
      onAnyNode('load', async (client) => {
        const statement = insert(`input(${literal(structure)})`);
        const all = settingsSql({ ...settings, ...formatSettings(format) });
        const { stream } = await client.exec({
          query: statementStart,
          values: Readable.from(loadBody(`${statement} SETTINGS ${all} FORMAT ${format.name}`, bytes), {
            objectMode: false,
          }),
          clickhouse_settings: { wait_end_of_query: 1 },
        });
        // Until its answer is read, empty as it is, the connection is not free for the next request.
        await finished(stream.resume());
      }),

    close: async () => {
      await Promise.all([...clients, ...(typedClients ?? [])].map((client) => client.close()));
    },
  };
}

async function endable<T>(
  client: ClickHouseClient,
  { signal }: SelectRequest,
  run: (queryId: string) => Promise<T>,
): Promise<T> {
  const queryId = randomUUID();
  return endedWith(signal, {
    run: async () => run(queryId),
    kill: async () => client.command({ query: `KILL QUERY WHERE query_id = ${literal(queryId)} ASYNC` }),
  });
}

/** The client puts a statement that has data into the address, where proxies take 8 KB; a load has 13 with its schema. The server takes the rest of it from the body. */
const statementStart = 'INSERT';

function* loadBody(statement: string, bytes: readonly Uint8Array[]): Iterable<Uint8Array> {
  assert(statement.startsWith(statementStart), 'A load is an INSERT');
  yield Buffer.from(`${statement.slice(statementStart.length)}\n`);
  for (const part of bytes)
    for (let at = 0; at < part.length; at += bodyChunkBytes) yield part.subarray(at, at + bodyChunkBytes);
}

const bodyChunkBytes = 1 << 20;

/** A server reads schema files from a folder of its own only, so the schema travels with the statement. */
function formatSettings(format: InsertFormat): EngineSettings {
  if (format.name === 'Native') return {};
  const { proto, message } = format;
  return { format_schema_source: 'string', format_schema: proto, format_schema_message_name: message };
}

function isConnectionFailure(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^E[A-Z]+$/.test(code);
}
