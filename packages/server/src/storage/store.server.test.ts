import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from './open-store.ts';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { describeStore } from './testing/store-contract.ts';

describeStore('the store on a ClickHouse server', async () => {
  const servers = await startClickHouse();
  const directory = mkdtempSync(join(tmpdir(), 'sightline-server-store-'));
  return {
    open: () => openStore({ kind: 'clickhouse', urls: servers.urls, directory }, fixedClock),
    end: async () => {
      await servers.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
});
