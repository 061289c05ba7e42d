import { databaseName } from '../open-store.ts';
import { startClickHouse } from './clickhouse-server.ts';
import { openOnClusterDoor } from './on-cluster-door.ts';

/** Two shards behind one address that carries ON CLUSTER. */
export async function openCluster() {
  const servers = await startClickHouse({ shards: 2 });
  const door = await openOnClusterDoor(servers.urls);
  const options = { urls: [door.url], cluster: servers.cluster, database: databaseName };
  const close = async (): Promise<void> => {
    await door.close();
    await servers.close();
  };
  return { servers, door, options, close };
}
