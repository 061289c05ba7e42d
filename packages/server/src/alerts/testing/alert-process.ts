/**
 * A process that evaluates rules and delivers messages as a server does, over a control plane alone: the rules of its test ask nothing of the telemetry store. Ends itself as a power
 * cut does, at a random statement or message, and says before which messages were on their way. Settings come as JSON in the first argument.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { request } from 'node:http';
import { flushCompileCache } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { systemClock } from '@sightline/base';
import { type Catalog, openCatalog } from '../../catalog/catalog.ts';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { AlertKeeper } from '../alert-keeper.ts';
import type { Channel, Notification } from '../notification.ts';

export interface AlertProcessSettings {
  readonly catalog: { readonly directory: string } | { readonly postgresUrl: string };
  readonly holder: string;
  readonly receiver: string;
  /** Steps until the power is cut; 0 to go on until nothing is left to be delivered, and to end then. */
  readonly steps: number;
}

const settings = JSON.parse(process.argv[2] ?? '') as AlertProcessSettings;
let left = settings.steps;

/** Keys of messages that the receiver may have and that are not noted as delivered. */
const onTheirWay = new Set<string>();
/** Of claimed messages, by id. */
const keys = new Map<string, string>();

function step(): void {
  left -= 1;
  if (left !== 0) return;
  writeSync(1, `cut ${JSON.stringify([...onTheirWay])}\n`);
  process.kill(process.pid, 'SIGKILL');
}

function stepping(runner: SqlRunner): SqlRunner {
  return {
    query: async (text, parameters) => {
      step();
      const rows = await runner.query<never>(text, parameters);
      noteClaimed(rows);
      step();
      return rows;
    },
  };
}

function noteClaimed(rows: readonly { readonly id?: string; readonly body?: unknown }[]): void {
  for (const { id, body } of rows)
    if (id !== undefined && body !== undefined) keys.set(id, (body as Notification).dedupeKey);
}

/** Its end is that of the window in which a message is sent twice. */
async function noteDelivered<T>(work: (tx: SqlRunner) => Promise<T>): Promise<T> {
  let delivered: string | undefined;
  const result = await opened.transaction(async (tx) =>
    work(
      stepping({
        query: async (text, parameters) => {
          if (text.includes(`SET state = 'delivered'`)) delivered = String(parameters?.[0]);
          return tx.query<never>(text, parameters);
        },
      }),
    ),
  );
  if (delivered !== undefined) onTheirWay.delete(keys.get(delivered) ?? '');
  return result;
}

const webhook: Channel = {
  deliver: async (notification) => {
    step();
    onTheirWay.add(notification.dedupeKey);
    const sent = request(settings.receiver, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    sent.end(JSON.stringify(notification));
    const [response] = (await once(sent, 'response')) as [{ statusCode?: number; resume(): void }];
    response.resume();
    step();
    if (response.statusCode === 200) return { kind: 'delivered' };
    onTheirWay.delete(notification.dedupeKey);
    return { kind: 'retry', reason: `It answered with ${response.statusCode}.`, afterMs: 100 };
  },
};

const opened: Catalog = await openCatalog(settings.catalog);
const catalog: Catalog = {
  ...opened,
  ...stepping(opened),
  transaction: noteDelivered,
};
const keeper = new AlertKeeper({
  catalog,
  // Nothing asks it.
  store: {} as TelemetryStore,
  clock: systemClock(),
  log: pino({ level: 'error' }, process.stderr),
  holder: settings.holder,
  oldestPendingMs: () => null,
  linkTo: (path) => path,
  channelOf: async () => webhook,
  burnsAt: async () => {
    throw new Error('No SLO is there.');
  },
  record: async () => {},
});
keeper.start();
// A server has sockets that keep it running; the timers of the keeper do not.
const running = setInterval(() => {}, 60_000);
// The next start need not strip types again.
flushCompileCache();
if (settings.steps === 0) await endSettled();

/** A message that failed often waits for minutes: the wait is cut short, by nobody's clock but the test's. */
async function endSettled(): Promise<void> {
  for (let open = 1; open > 0;) {
    await opened.query(`UPDATE alert_outbox SET due_at = now() WHERE state = 'waiting'`);
    const [row] = await opened.query<{ count: string }>(
      `SELECT (SELECT count(*) FROM alert_outbox WHERE state IN ('waiting', 'sending')) + (SELECT count(*) FROM alert_members) AS count`,
    );
    open = Number(row?.count);
    if (open > 0) await delay(250);
  }
  clearInterval(running);
  await keeper.stop();
  await opened.close();
}
