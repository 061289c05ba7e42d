import { openStore } from './open-store.ts';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { describeStore } from './testing/store-contract.ts';

describeStore('the store on two ClickHouse shards', async () => {
  const servers = await startClickHouse({ shards: 2 });
  const open = (): ReturnType<typeof openStore> => openStore({ kind: 'clickhouse', ...servers }, fixedClock);
  let store = await open();
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await open();
      return store;
    },
    close: async () => {
      await store.close();
      await servers.close();
    },
  };
});
