import { openStore } from './open-store.ts';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { describeStore } from './testing/store-contract.ts';

describeStore('the store on two ClickHouse shards', async () => {
  const servers = await startClickHouse({ shards: 2 });
  return {
    open: () => openStore({ kind: 'clickhouse', ...servers }, fixedClock),
    end: async () => servers.close(),
  };
});
