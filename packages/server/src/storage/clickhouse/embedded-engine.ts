import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { SightlineError } from '@sightline/schema/errors';
import { drainPending, Session } from 'chdb';
import { runningMax } from '../query-queue.ts';
import { StoreError } from '../telemetry-store.ts';
import { endedWith } from './ended-with.ts';
import { embeddedArguments } from './embedded-arguments.ts';
import {
  type ClickHouseEngine,
  type EngineSettings,
  type InsertBytesRequest,
  literal,
  parseAnswer,
  type SelectRequest,
  settingsSql,
} from './engine.ts';
import { storeErrorFrom } from './engine-error.ts';
import { parameterSettings } from './query-parameters.ts';
import { SessionPool } from './session-pool.ts';

/** Two for loads, and for what is put together in the background, which takes longer than a load may wait. */
const writersDefault = 4;
/** All that the queue lets run, and one for the store's own short reads. */
const readersDefault = runningMax + 1;

/** What the engine freed is given back to the system: so often while it works, and at each look while the process holds much. */
const purgeEveryMs = 10_000;
const purgeLookEveryMs = 1_000;
const heldBytesMuch = 900e6;

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
  const arguments_ = embeddedArguments(options.memoryBytesMax ?? 3 * 2 ** 30);
  const sessions = openSessions(options, arguments_);
  const all = [...sessions.writers, ...sessions.readers, ...sessions.killers];
  const writers = new SessionPool(sessions.writers);
  const readers = new SessionPool(sessions.readers);
  const killers = new SessionPool(sessions.killers);
  // What a process that was killed left there is of no use.
  const scratch = join(options.directory, 'scratch');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  let isClosed = false;

  /** Sessions whose last statement failed. What it had written is still in the session, and would stand before the next answer. */
  const unclean = new WeakSet<Session>();
  /**
   * Discards what a failed statement left in the session. Under a comment and a time limit of its own: the statement is ended by its comment, again and again until it is
   * gone, and its time limit stays with the session.
   */
  const clean = async (session: Session): Promise<void> => {
    try {
      await session.queryAsync("SET log_comment = '', max_execution_time = 0; SELECT 1", { format: 'Null' });
      unclean.delete(session);
    } catch (cause) {
      throw new StoreError('unavailable', 'A session of the engine cannot be used again yet.', { cause });
    }
  };

  // Where the engine frees memory it keeps it for the next statement, and gives it back by and by as it works. At rest it would keep some 80 MB, in an overload up to 780.
  let hasWorked = false;
  let isPurging = false;
  let purgedMs = performance.now();
  const purging = setInterval(() => {
    const isTime = performance.now() - purgedMs >= purgeEveryMs;
    const isMuch = process.memoryUsage.rss() > heldBytesMuch;
    // Merges work where nothing else does.
    if (isPurging || !(isTime ? hasWorked || isMuch : hasWorked && isMuch)) return;
    hasWorked = false;
    isPurging = true;
    void writers
      .run(async (session) => run(session, 'SYSTEM JEMALLOC PURGE', 'command'))
      .catch(() => undefined)
      .finally(() => {
        isPurging = false;
        purgedMs = performance.now();
      });
  }, purgeLookEveryMs).unref();

  const run = async (
    session: Session,
    sql: string,
    doing: 'query' | 'typed' | 'load' | 'command',
    format = 'Null',
  ) => {
    if (isClosed) throw new StoreError('unavailable', 'The store is closed.');
    if (unclean.has(session)) await clean(session);
    hasWorked ||= doing === 'load' || doing === 'query';
    try {
      return await session.queryAsync(sql, { format });
    } catch (error) {
      unclean.add(session);
      // The session of what somebody typed is closed.
      if (doing !== 'typed') await clean(session).catch(() => undefined);
      throw storeErrorFrom(error, doing, options.database);
    }
  };

  const insertFrom = (path: string, { format, structure, insert, settings }: InsertBytesRequest): string => {
    const source = `file(${literal(path)}, '${format.name}', ${literal(structure)})`;
    const ofFormat: EngineSettings =
      format.name === 'Native'
        ? {}
        : { format_schema: `${schemaFile(options.directory, format.proto)}:${format.message}` };
    return `${insert(source)} SETTINGS ${settingsSql({ ...settings, ...ofFormat })}`;
  };

  const ask = (request: SelectRequest, format: string) =>
    readers.run(async (session) => {
      const log_comment = randomUUID();
      const settings = {
        ...request.settings,
        // What somebody typed has no parameters, but may have a text that looks like one.
        ...(request.isTyped === true ? { readonly: 1 } : parameterSettings(request.sql, request.params)),
        log_comment,
      };
      const sql = `SET ${settingsSql(settings)}; ${request.sql}`;
      const kill = `KILL QUERY WHERE Settings['log_comment'] = ${literal(log_comment)} ASYNC`;
      const ending = { kill: async () => killers.run((killer) => run(killer, kill, 'command')) };
      if (request.isTyped !== true)
        return endedWith(request.signal, { ...ending, run: async () => run(session, sql, 'query', format) });
      // A session cannot leave readonly = 1 again; to open another takes 0.4 ms. It takes the turn of a reader, so that no more threads are held.
      const own = new Session(options.directory, { connectionArgs: arguments_ });
      try {
        return await endedWith(request.signal, {
          ...ending,
          run: async () => run(own, sql, 'typed', format),
        });
      } finally {
        own.close();
      }
    });

  return {
    kind: 'embedded',
    version: versionOf(all),
    nodes: { kind: 'single' },
    database: options.database,
    threads: availableParallelism(),

    command: async (sql) => {
      await writers.run((session) => run(session, sql, 'command'));
    },

    insert: async (sql) => {
      await writers.run((session) => run(session, sql, 'load'));
    },

    select: async (request: SelectRequest) => {
      const answer = await ask(request, 'JSON');
      return parseAnswer({ byteLength: answer.bytes().byteLength, text: () => answer.text() }, request);
    },

    selectBinary: async (request: SelectRequest) => (await ask(request, 'RowBinary')).bytes(),

    insertBytes: async (request: InsertBytesRequest) => {
      const path = join(scratch, randomUUID());
      const sql = insertFrom(path, request);
      try {
        await writeFile(path, request.bytes).catch((cause: Error) => {
          throw new StoreError('unavailable', `A load cannot be written to disk: ${cause.message}.`, {
            cause,
          });
        });
        request.bytes.length = 0;
        await writers.run((session) => run(session, sql, 'load'));
      } finally {
        await rm(path, { force: true });
      }
    },

    close: async () => {
      if (isClosed) return;
      clearInterval(purging);
      await Promise.all([writers.drain(), readers.drain(), killers.drain()]);
      isClosed = true;
      for (const session of all) session.close();
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

interface Sessions {
  readonly writers: readonly Session[];
  readonly readers: readonly Session[];
  readonly killers: readonly Session[];
}

function openSessions(options: EmbeddedOptions, connectionArgs: string[]): Sessions {
  const opened: Session[] = [];
  const open = (count: number): Session[] =>
    Array.from({ length: count }, () => {
      const session = new Session(options.directory, { connectionArgs });
      opened.push(session);
      if (opened.length === 1) session.query(`CREATE DATABASE IF NOT EXISTS \`${options.database}\``);
      session.query(`USE \`${options.database}\``);
      return session;
    });
  try {
    const writers = open(options.writers ?? writersDefault);
    const readers = open(options.readers ?? readersDefault);
    for (const reader of readers) reader.query(`SET ${settingsSql(readerSettings)}`);
    return { writers, readers, killers: open(1) };
  } catch (error) {
    for (const session of opened) session.close();
    throw openFailure(error, options.directory);
  }
}

function openFailure(error: unknown, directory: string): SightlineError {
  const reason = error instanceof Error ? error.message : String(error);
  // The engine tells only that it cannot connect; a lock held by another process is by far the usual cause.
  return new SightlineError(
    'data_directory_locked',
    `Cannot open the telemetry store: "${directory}" is used by another process or cannot be read (${reason}).`,
    {
      hint: 'Stop the process that uses it. Where none does, a file in it is damaged: put back a copy of the directory, or begin anew in another with --data.',
      cause: error,
    },
  );
}
