import { createRequestGuard, type RequestGuard } from '../../guard/request-guard.ts';
import type { Ingest, IngestOptions } from '../ingest.ts';
import type { GrpcCallLimits } from '../grpc-calls.ts';
import { startOtlpGrpc } from '../grpc-receiver.ts';
import type { ResolveProject } from '../http-receiver.ts';
import { startOtlpHttp } from '../http-server.ts';
import { FakeStore } from './fake-store.ts';
import { openTestIngest, removeDirectory, temporaryDirectory } from './harness.ts';
import { protobufOf, spansJson } from './payloads.ts';

/** Fills a journal that has room for one request with a load that does not end before the answer is called. */
export async function fillJournal({ ingest, store }: Doors): Promise<() => void> {
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  store.beforeLoad = async () => held;
  await ingest.accept({ signal: 'traces', project: 'p', request: protobufOf('traces', spansJson(1)) });
  return goOn;
}

/** As of a server on loopback without options. */
export const loopbackGuard = createRequestGuard({
  host: '127.0.0.1',
  allowedHosts: [],
  allowedOrigins: [],
  holdsKey: async () => false,
});

/** Both receivers on free ports over a fake store. */
export interface Doors {
  readonly ingest: Ingest;
  readonly store: FakeStore;
  readonly httpUrl: string;
  readonly httpPort: number;
  readonly grpcPort: number;
  close(): Promise<void>;
}

export async function openDoors(
  options: Partial<IngestOptions> & {
    readonly resolveProject?: ResolveProject;
    readonly guard?: RequestGuard;
    readonly grpcCalls?: Partial<GrpcCallLimits>;
  } = {},
): Promise<Doors> {
  const {
    resolveProject = () => ({ project: 'p' }),
    guard = loopbackGuard,
    grpcCalls = {},
    ...rest
  } = options;
  const directory = rest.dataDirectory ?? (await temporaryDirectory());
  const store = new FakeStore();
  const ingest = await openTestIngest(directory, store, rest);
  const where = { ingest, resolveProject, guard: guard, host: '127.0.0.1', port: 0 };
  const http = await startOtlpHttp(where);
  const grpc = await startOtlpGrpc({ ...where, calls: grpcCalls });
  return {
    ingest,
    store,
    httpUrl: `http://127.0.0.1:${http.port}`,
    httpPort: http.port,
    grpcPort: grpc.port,
    close: async () => {
      await http.close();
      await grpc.close();
      await ingest.close();
      if (rest.dataDirectory === undefined) await removeDirectory(directory);
    },
  };
}
