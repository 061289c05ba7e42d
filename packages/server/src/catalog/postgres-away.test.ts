/** A PostgreSQL server that goes away while Sightline runs, and comes back. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LedgerResponse, ReadyResponse, StatusResponse } from '@sightline/schema/api';
import { markedRequest } from '../ingest/testing/payloads.ts';
import { prepareStore } from '../testing/prepared-data.ts';
import { type MainProcess, runMain } from '../testing/run-main.ts';
import { openCatalog } from './catalog.ts';
import { postgresPrograms, type PostgresServer, startPostgres } from './postgres-server.testing.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

describe.skipIf(postgresPrograms === '')('a PostgreSQL that goes away and comes back', () => {
  let postgres: PostgresServer;
  beforeEach(async () => (postgres = await startPostgres()));
  afterEach(async () => postgres.stop());

  it('fails a transaction under way with a code, and takes the next one when it is there again', async () => {
    const catalog = await openCatalog({ postgresUrl: postgres.url });
    const cut = catalog.transaction(async (tx) => {
      await tx.query('SELECT 1');
      await postgres.leave();
      // The connection breaks while it is idle.
      await delay(200);
      return tx.query('SELECT 2');
    });
    await expect(cut).rejects.toMatchObject({ code: 'control_plane_unavailable' });
    await expect(catalog.transaction(async (tx) => tx.query('SELECT 3'))).rejects.toMatchObject({
      code: 'control_plane_unavailable',
    });
    await postgres.comeBack();
    expect(await catalog.transaction(async (tx) => tx.query('SELECT 4 AS n'))).toEqual([{ n: 4 }]);
    await catalog.close();
  });

  describe('under a server', () => {
    const directory = mkdtempSync(join(tmpdir(), 'sightline-away-'));
    let main: MainProcess | undefined;
    afterEach(async () => {
      main?.kill('SIGKILL');
      await main?.ended();
      rmSync(directory, { recursive: true, force: true });
    });

    it('receives and answers by known keys meanwhile; settings say what is away, and are as they were afterwards', async () => {
      await prepareStore(join(directory, 'telemetry'));
      main = runMain(['--data', directory, '--canary-interval', 'off', '--postgres-url', postgres.url], {
        SIGHTLINE_API_KEY: 'of-the-option',
      });
      const { ui, otlpHttp } = await main.ready();
      const ask = async (key: string, path: string, init: RequestInit = {}) => {
        const headers = { 'x-api-key': key, 'content-type': 'application/json' };
        const response = await fetch(`${ui}${path}`, { ...init, headers });
        return { status: response.status, body: await response.json() };
      };
      const body = JSON.stringify({ name: 'sender' });
      const made = await ask('of-the-option', '/api/v1/keys', { method: 'POST', body });
      const { key } = made.body as { key: string };
      await vi.waitFor(
        () => expect(readFileSync(join(directory, 'known.json'), 'utf8')).toMatch(/"keys":\{"[0-9a-f]{64}"/),
        { timeout: 30_000, interval: 200 },
      );
      let sent = 0;
      const send = async (): Promise<number> => {
        const response = await fetch(`${otlpHttp}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-protobuf', 'x-api-key': key },
          body: Uint8Array.from(markedRequest('traces', (sent + 1).toString(16).padStart(32, '0'), 5)),
        });
        await response.arrayBuffer();
        if (response.ok) sent += 5;
        return response.status;
      };
      const stateOfControlPlane = async () => {
        const { status, body: answer } = await ask(key, '/ready');
        return [status, (answer as ReadyResponse).checks.find(({ name }) => name === 'control_plane')?.state];
      };
      const allStored = async (): Promise<void> =>
        vi.waitFor(
          async () => {
            const { rows } = (await ask(key, '/api/v1/ledger')).body as LedgerResponse;
            expect(rows).toMatchObject([{ accepted: sent, stored: sent }]);
          },
          { timeout: 30_000, interval: 200 },
        );
      expect(await send()).toBe(200);
      expect(await stateOfControlPlane()).toEqual([200, 'ok']);

      await postgres.leave();
      // Longer than the server believes what it read of a key.
      const until = performance.now() + 7_000;
      while (performance.now() < until) {
        expect(await send()).toBe(200);
        expect((await ask(key, '/api/v1/traces')).status).toBe(200);
        await delay(500);
      }
      await allStored();
      for (const path of ['/api/v1/keys', '/api/v1/evaluators'])
        expect(await ask(key, path)).toMatchObject({
          status: 503,
          body: { error: { code: 'control_plane_unavailable' } },
        });
      expect(await stateOfControlPlane()).toEqual([200, 'degraded']);
      const status = (await ask(key, '/api/v1/status')).body as StatusResponse;
      expect(status.problems.map(({ code }) => code)).toEqual(['control_plane_unavailable']);

      await postgres.comeBack();
      await vi.waitFor(async () => expect(await stateOfControlPlane()).toEqual([200, 'ok']), {
        timeout: 30_000,
        interval: 200,
      });
      expect(await ask(key, '/api/v1/keys')).toMatchObject({ status: 200 });
      expect((await ask(key, '/api/v1/keys', { method: 'POST', body })).status).toBe(made.status);
      expect(await send()).toBe(200);
      await allStored();
      expect(((await ask(key, '/api/v1/status')).body as StatusResponse).problems).toEqual([]);
    });
  });
});
