/** Becomes a ClickHouse server: `node clickhouse-server-child.ts <config file> <data directory> <port for peers> <native port>`. See clickhouse-server.ts. */
import { connect, createServer } from 'node:net';
import { libchdbPath } from 'chdb/libchdb';
import { DataType, load, open } from 'ffi-rs';

const [, , config = '', path = '', peerPort = '', nativePort = ''] = process.argv;
// The statement keeps the library busy for good; the servers it starts answer beside it.
const serve =
  'SYSTEM START LISTEN QUERIES ALL; SELECT sleepEachRow(1) FROM numbers(86400) ' +
  'SETTINGS function_sleep_max_microseconds_per_block = 86400000000, max_block_size = 1 FORMAT Null';
const args = ['clickhouse', `--config-file=${config}`, `--path=${path}`, `--query=${serve}`];

// Ends with its parent, however that ends. The library would wait for its own statement, so it is not asked.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
open({ library: 'chdb', path: libchdbPath() });
void load({
  library: 'chdb',
  funcName: 'query_stable_v2',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
  runInNewThread: true,
});

/**
 * The way from other servers. One that has enough rows of an answer resets its connection, and what a server would log there ends a server in this form
 * ("Terminate called for uncaught exception": the library installs no handler). Here a reset becomes an end, and what is left of the answer is read.
 */
createServer({ allowHalfOpen: true, noDelay: true }, (peer) => {
  const server = connect({ host: '127.0.0.1', port: Number(nativePort), allowHalfOpen: true, noDelay: true });
  const endServer = (): void => {
    server.unpipe(peer).resume();
    server.end();
  };
  peer.on('error', endServer).on('close', endServer);
  server.on('error', () => peer.destroy()).on('close', () => peer.end());
  peer.pipe(server).pipe(peer);
}).listen(Number(peerPort), '127.0.0.1');
