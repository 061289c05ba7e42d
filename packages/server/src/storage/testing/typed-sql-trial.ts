/**
 * Typed SQL against a real engine that holds rows of two projects, beside a file and a port that nothing may touch.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareStore } from '../../testing/prepared-data.ts';
import { clickHouseStore } from '../clickhouse/clickhouse-store.ts';
import { openEmbedded } from '../clickhouse/embedded-engine.ts';
import type { ClickHouseEngine, SelectAnswer } from '../clickhouse/engine.ts';
import { limitSettings, onlyOfProject } from '../clickhouse/query-settings.ts';
import { openServer, type ServerOptions } from '../clickhouse/server-engine.ts';
import { defaultQueryLimits, StoreError, type TelemetryStore } from '../telemetry-store.ts';
import type { Canaries } from './escapes/read-escapes.ts';
import { fixedClock } from './fixed-clock.ts';
import { recordOf, SegmentLoader, spansRequest, testNow, type TestSpan } from './segments.ts';

export const mine = 'mine';
export const others = 'others';

/** In the canary file, and in rows of the other project. */
const secret = 'CANARY-9d1f0c';

export type Outcome = 'refused' | 'answered' | 'limited' | 'failed';

export class TypedSqlTrial {
  readonly engine: ClickHouseEngine;
  readonly store: TelemetryStore;
  /** A file with the secret, a port that answers with it, and a project that has it in its rows. */
  readonly canaries: Canaries;
  readonly #directory: string;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #connections = 0;

  private constructor(engine: ClickHouseEngine, directory: string, listener: Server) {
    this.engine = engine;
    this.store = clickHouseStore(engine, fixedClock);
    this.#directory = directory;
    this.#listener = listener;
    const address = listener.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const file = join(directory, 'canary.txt');
    writeFileSync(file, `${secret}\n`);
    const url = `http://127.0.0.1:${port}/canary`;
    this.canaries = { file, folder: directory, port, url, database: engine.database, mine, others };
    listener.on('connection', (socket) => {
      this.#connections += 1;
      socket.on('error', () => undefined);
      this.#sockets.add(socket);
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${secret.length}\r\nConnection: close\r\n\r\n${secret}`);
    });
  }

  /** Over the embedded engine, or over servers that run already. */
  static async open(servers?: Omit<ServerOptions, 'database'>): Promise<TypedSqlTrial> {
    const directory = mkdtempSync(join(tmpdir(), 'sightline-typed-sql-'));
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    if (servers === undefined) await prepareStore(join(directory, 'store'));
    const database = 'sightline';
    const engine =
      servers === undefined
        ? openEmbedded({ directory: join(directory, 'store'), database, writers: 1, readers: 2 })
        : await openServer({ ...servers, database });
    const trial = new TypedSqlTrial(engine, directory, listener);
    await trial.#load(servers !== undefined);
    return trial;
  }

  async #load(isNew: boolean): Promise<void> {
    if (isNew) await this.store.migrate();
    const loader = new SegmentLoader(this.store, join(this.#directory, 'segments'));
    const spans = (mark: string): readonly TestSpan[] =>
      Array.from({ length: 40 }, (_, at) => ({
        trace: `a${at % 8}`,
        span: `b${at}`,
        name: `${mark} ${at % 5}`,
        start: testNow - BigInt(at) * 1_000_000_000n,
        durationNs: BigInt((at * 7919) % 1000) * 1_000_000n,
        failed: at % 9 === 0,
        attributes: {
          'http.route': `/r/${at % 3}`,
          'gen_ai.request.model': `model-${at % 2}`,
          'gen_ai.operation.name': 'chat',
          'gen_ai.usage.input_tokens': at,
          note: mark,
        },
      }));
    await loader.load('traces', [
      ...['web', 'api'].map((service) =>
        recordOf('traces', spansRequest(service, spans('work')), { project: mine }),
      ),
      recordOf('traces', spansRequest(secret, spans(secret)), { project: others }),
    ]);
  }

  /** What came of a statement. Throws where it got hold of what it must not. */
  async attempt(sql: string): Promise<Outcome> {
    const limits = { timeMsMax: 2000, resultRowsMax: 1000, rowsReadMax: 1e7, memoryBytesMax: 2 ** 28 };
    try {
      const answer = await this.store.queryUntrusted({ sql, project: mine }, limits);
      this.#check(sql, JSON.stringify(answer));
      return 'answered';
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#check(sql, error.message);
      return error.kind === 'unavailable' ? 'failed' : error.kind === 'limit' ? 'limited' : 'refused';
    }
  }

  #check(sql: string, text: string): void {
    if (text.includes(secret))
      throw new Error(`This statement saw what it must not: ${sql}\n${text.slice(0, 500)}`);
    this.assertUntouched(sql);
  }

  /** That nothing was connected to the port. */
  assertUntouched(sql: string): void {
    if (this.#connections > 0) throw new Error(`This statement opened a connection: ${sql}`);
  }

  /** How many there were since the last time. */
  takeConnections(): number {
    const count = this.#connections;
    this.#connections = 0;
    return count;
  }

  /** The text as it stands, in the session or as the user that typed SQL has. */
  async behindGrammar(sql: string): Promise<Outcome> {
    const settings = { ...limitSettings(defaultQueryLimits), ...onlyOfProject(this.engine, mine) };
    return this.engine.select({ sql, params: {}, settings, isTyped: true }).then(
      () => 'answered' as const,
      (error: StoreError) => (error.kind === 'unavailable' ? 'failed' : 'refused'),
    );
  }

  /** The text as the engine runs it, without any wall: to prove that canaries sing. */
  async unguarded(sql: string): Promise<SelectAnswer> {
    return this.engine.select({ sql, params: {}, settings: limitSettings(defaultQueryLimits) });
  }

  /** The text as it stands, kept to the project by the engine's own filter alone. */
  async direct(sql: string): Promise<SelectAnswer> {
    const settings = { ...limitSettings(defaultQueryLimits), ...onlyOfProject(this.engine, mine) };
    return this.engine.select({ sql, params: {}, settings });
  }

  async close(): Promise<void> {
    await this.store.close();
    const closed = new Promise((resolve) => this.#listener.close(resolve));
    // The engine keeps its end open for another request.
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
