import { openStore } from './open-store.ts';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { describeStore } from './testing/store-contract.ts';

describeStore('the store on a ClickHouse server', async () => {
  const servers = await startClickHouse();
  return {
    open: () => openStore({ kind: 'clickhouse', urls: servers.urls }, fixedClock),
    end: async () => servers.close(),
  };
});
