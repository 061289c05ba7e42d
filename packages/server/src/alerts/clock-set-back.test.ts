import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@sightline/base';
import { alertRuleInput } from '@sightline/schema/api';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAlertRule, findAlertRule } from '../catalog/alert-rules.ts';
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { AlertKeeper } from './alert-keeper.ts';

describe('a clock that was a day ahead and is set back', { timeout: 60_000 }, () => {
  let directory: string;
  let catalog: Catalog;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sightline-clock-'));
    catalog = await openCatalog({ directory });
  }, 60_000);
  afterAll(async () => {
    await catalog.close();
    await rm(directory, { recursive: true });
  });

  it('stops no rule: what was noted a day ahead is evaluated anew, by whoever looks first', async () => {
    const rule = alertRuleInput.parse({ name: 'Always', kind: 'promql', query: 'vector(1)', intervalS: 1 });
    const made = await createAlertRule(catalog, 'default', { rule });
    const id = made?.id ?? '';
    await catalog.query(
      `INSERT INTO alert_rule_states (rule_id, health, health_since, outage_ms, last_tick, evaluated_at, took_ms, missed_ticks)
       VALUES ($1, 'ok', now() + interval '1 day', 0, now() + interval '1 day', now(), 1, 0)`,
      [id],
    );
    await catalog.query(
      `INSERT INTO leases (name, holder, until, fence) VALUES ('evaluate', 'a server that is gone', now() + interval '1 day', 7)`,
    );
    const keeper = new AlertKeeper({
      catalog,
      // Nothing asks it.
      store: {} as TelemetryStore,
      clock: systemClock(),
      log: pino({ level: 'silent' }),
      holder: 'this one',
      oldestPendingMs: () => null,
      linkTo: (path) => path,
      channelOf: async () => undefined,
      burnsAt: async () => {
        throw new Error('No SLO is there.');
      },
      record: async () => {},
    });
    keeper.start();
    const end = Date.now() + 30_000;
    for (;;) {
      const state = (await findAlertRule(catalog, { project: 'default', id }))?.state;
      const [counted] = await catalog.query<{ firing: number }>(
        `SELECT count(*)::int AS firing FROM alert_instances WHERE rule_id::text = $1 AND state = 'firing'`,
        [id],
      );
      if (counted?.firing === 1 && state !== undefined && state.lastTick.getTime() <= Date.now()) break;
      expect(Date.now()).toBeLessThan(end);
      await delay(100);
    }
    await keeper.stop();
  });
});
