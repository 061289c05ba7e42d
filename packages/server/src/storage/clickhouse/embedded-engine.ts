import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SightlineError } from '@sightline/schema/errors';
import { drainPending, Session } from 'chdb';
import { StoreError } from '../telemetry-store.ts';
import { embeddedArguments } from './embedded-arguments.ts';
import {
  type ClickHouseEngine,
  type EngineSettings,
  type InsertFileRequest,
  literal,
  type SelectAnswer,
  type SelectRequest,
  settingsSql,
} from './engine.ts';
import { storeErrorFrom } from './engine-error.ts';
import { parameterSettings } from './query-parameters.ts';
import { SessionPool } from './session-pool.ts';

/** Two for loads, and for what is put together in the background, which takes longer than a load may wait. */
const writersDefault = 4;

export interface EmbeddedOptions {
  readonly directory: string;
  readonly database: string;
  /**
   * Sessions for loads and for queries. Each that works holds one thread of Node's pool, which the journal needs as well:
   * UV_THREADPOOL_SIZE must be above their sum.
   */
  readonly writers?: number;
  readonly readers?: number;
  /** What the engine may use in all, merges included. */
  readonly memoryBytesMax?: number;
}

/**
 * ClickHouse inside this process. chDB answers one statement per session at a time, so there is a small pool of them.
 * Its own parameter binding is not used: it runs all parameterised queries of a process one after the other.
 */
export function openEmbedded(options: EmbeddedOptions): ClickHouseEngine {
  const sessions = openSessions(options);
  const writers = new SessionPool(sessions.slice(0, options.writers ?? writersDefault));
  const readers = new SessionPool(sessions.slice(options.writers ?? writersDefault));
  let isClosed = false;

  const run = async (session: Session, sql: string, doing: 'query' | 'load' | 'command', format = 'Null') => {
    if (isClosed) throw new StoreError('unavailable', 'The store is closed.');
    try {
      return await session.queryAsync(sql, { format });
    } catch (error) {
      // What a failed query had already written would come before the answer of the session's next query.
      await session.queryAsync('SELECT 1', { format: 'Null' }).catch(() => undefined);
      throw storeErrorFrom(error, doing);
    }
  };

  const ask = (request: SelectRequest, format: string) =>
    readers.run((session) => {
      const settings = { ...request.settings, ...parameterSettings(request.sql, request.params) };
      return run(session, `SET ${settingsSql(settings)}; ${request.sql}`, 'query', format);
    });

  return {
    kind: 'embedded',
    version: versionOf(sessions),
    nodes: { kind: 'single' },
    database: options.database,

    command: async (sql) => {
      await writers.run((session) => run(session, sql, 'command'));
    },

    insert: async (sql) => {
      await writers.run((session) => run(session, sql, 'load'));
    },

    select: async (request: SelectRequest) => JSON.parse((await ask(request, 'JSON')).text()) as SelectAnswer,

    selectBinary: async (request: SelectRequest) => (await ask(request, 'RowBinary')).bytes(),

    insertFile: async ({ path, schema, structure, insert, settings }: InsertFileRequest) => {
      const source = `file(${literal(path)}, 'Protobuf', ${literal(structure)})`;
      const format_schema = `${schemaFile(options.directory, schema.proto)}:${schema.message}`;
      const sql = `${insert(source)} SETTINGS ${settingsSql({ ...settings, format_schema })}`;
      await writers.run((session) => run(session, sql, 'load'));
    },

    close: async () => {
      if (isClosed) return;
      await Promise.all([writers.drain(), readers.drain()]);
      isClosed = true;
      for (const session of sessions) session.close();
      await drainPending();
    },
  };
}

/**
 * The schema as a file below the store. Given as text, the engine would keep a copy in the folder the process was
 * started in, whatever it is told.
 */
function schemaFile(directory: string, proto: string): string {
  const name = `otlp-${createHash('sha256').update(proto).digest('hex').slice(0, 16)}.proto`;
  const path = join(directory, 'schemas', name);
  if (!existsSync(path)) {
    mkdirSync(join(directory, 'schemas'), { recursive: true });
    writeFileSync(path, proto);
  }
  return path;
}

const readerSettings: EngineSettings = {
  // Queries only read; settings stay changeable, because limits and parameters are set per query.
  readonly: 2,
};

/** chDB's own `version()` answers `unknown` once a session is open. */
function versionOf([session]: readonly Session[]): string {
  return session?.query('SELECT version()', 'TabSeparated').trim() ?? 'unknown';
}

function openSessions(options: EmbeddedOptions): Session[] {
  const writers = options.writers ?? writersDefault;
  const total = writers + (options.readers ?? 4);
  const sessions: Session[] = [];
  try {
    for (let at = 0; at < total; at += 1) {
      const connectionArgs = embeddedArguments(options.memoryBytesMax ?? 3 * 2 ** 30);
      const session = new Session(options.directory, { connectionArgs });
      sessions.push(session);
      if (at === 0) session.query(`CREATE DATABASE IF NOT EXISTS \`${options.database}\``);
      session.query(`USE \`${options.database}\``);
      if (at >= writers) session.query(`SET ${settingsSql(readerSettings)}`);
    }
    return sessions;
  } catch (error) {
    for (const session of sessions) session.close();
    throw openFailure(error, options.directory);
  }
}

function openFailure(error: unknown, directory: string): SightlineError {
  const reason = error instanceof Error ? error.message : String(error);
  // The engine tells only that it cannot connect; a lock held by another process is by far the usual cause.
  return new SightlineError(
    'data_directory_locked',
    `Cannot open the telemetry store: "${directory}" is used by another process or cannot be read (${reason}).`,
    { hint: 'Stop the other process, or choose another directory with --data.', cause: error },
  );
}
