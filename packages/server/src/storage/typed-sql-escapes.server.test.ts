import { startClickHouse } from './testing/clickhouse-server.ts';
import { describeEscapes } from './testing/describe-escapes.ts';
import { TypedSqlTrial } from './testing/typed-sql-trial.ts';

describeEscapes('a ClickHouse server', async () => {
  const servers = await startClickHouse();
  return { trial: await TypedSqlTrial.open({ urls: servers.urls }), end: async () => servers.close() };
});
