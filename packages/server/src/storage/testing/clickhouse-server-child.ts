/** Becomes a ClickHouse server: `node clickhouse-server-child.ts <config file> <data directory>`. See clickhouse-server.ts. */
import { libchdbPath } from 'chdb/libchdb';
import { DataType, load, open } from 'ffi-rs';

const [, , config = '', path = ''] = process.argv;
// The statement keeps the library busy for good; the servers it starts answer beside it.
const serve =
  'SYSTEM START LISTEN QUERIES ALL; SELECT sleepEachRow(1) FROM numbers(86400) ' +
  'SETTINGS function_sleep_max_microseconds_per_block = 86400000000, max_block_size = 1 FORMAT Null';
const args = ['clickhouse', `--config-file=${config}`, `--path=${path}`, `--query=${serve}`];

// Ends with its parent, however that ends.
process.on('disconnect', () => process.exit(0));
open({ library: 'chdb', path: libchdbPath() });
void load({
  library: 'chdb',
  funcName: 'query_stable_v2',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
  runInNewThread: true,
});
