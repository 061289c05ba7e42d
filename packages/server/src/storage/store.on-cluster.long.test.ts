/** The whole contract of the store behind one address; that tables come to every node is tested for every change. */
import { openStore } from './open-store.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { openCluster } from './testing/on-cluster.ts';
import { describeStore } from './testing/store-contract.ts';

describeStore('the store on two ClickHouse shards behind one address', async () => {
  const { options, close } = await openCluster();
  return { open: () => openStore({ kind: 'clickhouse', ...options }, fixedClock), end: close };
});
