/**
 * A process that evaluates rules and delivers messages as a server does, over a control plane alone: the rules of its test ask nothing of the telemetry store. Ends itself as a power
 * cut does, at a random statement or message. Settings come as JSON in the first argument.
 */
import { once } from 'node:events';
import { request } from 'node:http';
import { pino } from 'pino';
import { systemClock } from '@sightline/base';
import { type Catalog, openCatalog } from '../../catalog/catalog.ts';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { AlertKeeper } from '../alert-keeper.ts';
import type { Channel } from '../notification.ts';

export interface AlertProcessSettings {
  readonly catalog: { readonly directory: string } | { readonly postgresUrl: string };
  readonly holder: string;
  readonly receiver: string;
  /** Steps until the power is cut; 0 for never. */
  readonly steps: number;
}

const settings = JSON.parse(process.argv[2] ?? '') as AlertProcessSettings;
let left = settings.steps;

function step(): void {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

function stepping(runner: SqlRunner): SqlRunner {
  return {
    query: async (text, parameters) => {
      step();
      const rows = await runner.query<never>(text, parameters);
      step();
      return rows;
    },
  };
}

const webhook: Channel = {
  deliver: async (notification) => {
    step();
    const sent = request(settings.receiver, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    sent.end(JSON.stringify(notification));
    const [response] = (await once(sent, 'response')) as [{ statusCode?: number; resume(): void }];
    response.resume();
    step();
    return response.statusCode === 200
      ? { kind: 'delivered' }
      : { kind: 'retry', reason: `It answered with ${response.statusCode}.`, afterMs: 100 };
  },
};

const opened: Catalog = await openCatalog(settings.catalog);
const catalog: Catalog = {
  ...opened,
  ...stepping(opened),
  transaction: async (work) => opened.transaction(async (tx) => work(stepping(tx))),
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
process.stdout.write('ready\n');
process.once('SIGTERM', () => {
  void keeper.stop().then(async () => {
    await opened.close();
    process.exit(0);
  });
});
