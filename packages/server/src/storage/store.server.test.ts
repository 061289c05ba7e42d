import { openStore } from './open-store.ts';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { describeStore } from './testing/store-contract.ts';

describeStore('the store on a ClickHouse server', async () => {
  const servers = await startClickHouse();
  const open = (): ReturnType<typeof openStore> =>
    openStore({ kind: 'clickhouse', urls: servers.urls }, fixedClock);
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
