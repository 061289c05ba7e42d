/**
 * Trace stores as data: how each is started, where it takes OTLP over HTTP, and how it is asked the same five questions. A new one is a row of `peers`.
 */
import { join } from 'node:path';
import serverFlags from '../scripts/lib/server-flags.json' with { type: 'json' };

export interface Launch {
  readonly binary: string;
  /** Empty at the first start; the second one, after the kill, finds what the first left. */
  readonly directory: string;
  /** Free on loopback. */
  readonly ports: readonly number[];
}

/** Paths, with their parameters, below `Running.asks`. The newest 50 that match. */
export interface Questions {
  readonly trace: (traceId: string) => string;
  readonly service: string;
  readonly attribute: string;
  readonly errors: string;
  readonly slow: string;
}

export interface Running {
  readonly args: readonly string[];
  /** By name below the directory, written before the start. */
  readonly files?: Readonly<Record<string, string>>;
  /** Answers 200 once spans are taken in. */
  readonly ready: string;
  readonly traces: string;
  readonly asks: string;
}

export interface Peer {
  readonly name: string;
  /** The variable that names its binary. */
  readonly variable: string;
  /** Where it needs none. */
  readonly binary?: string;
  readonly portCount: number;
  /** How its answers differ from those of the others; printed below the table. */
  readonly note?: string;
  start(launch: Launch): Running;
  readonly questions: (times: { readonly from: Date; readonly to: Date }) => Questions;
  /** How much an answer found; 0 for nothing. */
  readonly found: (answer: unknown) => number;
}

/** Values in the spans of bench/span-batches.ts. */
const service = 'agent';
/** One span in each batch. */
const attribute = { key: 'url.path', value: `/v1/orders/${(2_654_435_761).toString(36)}` };
const slowMs = 100;

const main = join(import.meta.dirname, '../packages/server/src/main.ts');
const local = (port: number | undefined): string => `127.0.0.1:${port ?? 0}`;
const query = (values: Readonly<Record<string, string | number>>): string =>
  new URLSearchParams(
    Object.entries(values).map(([key, value]): [string, string] => [key, String(value)]),
  ).toString();

/** The length of whichever of these lists the answer has. */
const lengthOf =
  (...names: readonly string[]) =>
  (answer: unknown): number => {
    for (const name of names) {
      const list = (answer as Readonly<Record<string, unknown>> | null)?.[name];
      if (Array.isArray(list)) return list.length;
    }
    return 0;
  };

/** Jaeger's API, which VictoriaTraces has as well: a service must be named, and times are microseconds. */
const jaegerQuestions: Peer['questions'] = ({ from, to }) => {
  const search = (values: Readonly<Record<string, string | number>>): string =>
    `/api/traces?${query({ service, limit: 50, start: from.getTime() * 1000, end: to.getTime() * 1000, ...values })}`;
  return {
    trace: (traceId) => `/api/traces/${traceId}`,
    service: search({}),
    attribute: search({ tags: JSON.stringify({ [attribute.key]: attribute.value }) }),
    errors: search({ tags: JSON.stringify({ error: 'true' }) }),
    slow: search({ minDuration: `${slowMs}ms` }),
  };
};
const oneService = 'names a service in every question, and answers with whole traces';

export const peers: readonly Peer[] = [
  {
    name: 'Sightline',
    variable: 'SIGHTLINE_PEER_SIGHTLINE',
    binary: process.execPath,
    portCount: 3,
    start: ({ directory, ports: [ui, http, grpc] }) => ({
      args: [
        '--conditions=source',
        ...serverFlags,
        main,
        `--data=${directory}`,
        `--port=${ui}`,
        `--otlp-http-port=${http}`,
        `--otlp-grpc-port=${grpc}`,
      ],
      ready: `http://${local(ui)}/ready`,
      traces: `http://${local(http)}/v1/traces`,
      asks: `http://${local(ui)}`,
    }),
    questions: ({ from, to }) => {
      const search = (values: Readonly<Record<string, string>>): string =>
        `/api/v1/spans?${query({ limit: 50, from: from.toISOString(), to: to.toISOString(), ...values })}`;
      return {
        trace: (traceId) => `/api/v1/traces/${traceId}`,
        service: search({ service }),
        attribute: search({ q: `attr.${attribute.key}:"${attribute.value}"` }),
        errors: search({ q: 'status:error' }),
        slow: search({ q: `duration>${slowMs}ms` }),
      };
    },
    found: lengthOf('spans'),
  },
  {
    name: 'Jaeger v2, Badger',
    variable: 'SIGHTLINE_PEER_JAEGER',
    portCount: 5,
    note: oneService,
    start: ({ directory, ports: [http, grpc, ask, askGrpc, health] }) => ({
      args: ['--config', join(directory, 'config.yaml')],
      files: {
        'config.yaml': `service:
  extensions: [jaeger_storage, jaeger_query, healthcheckv2]
  pipelines:
    traces: { receivers: [otlp], processors: [batch], exporters: [jaeger_storage_exporter] }
  telemetry: { metrics: { level: none } }
extensions:
  healthcheckv2: { use_v2: true, http: { endpoint: '${local(health)}' } }
  jaeger_query:
    storage: { traces: badger }
    http: { endpoint: '${local(ask)}' }
    grpc: { endpoint: '${local(askGrpc)}' }
  jaeger_storage:
    backends:
      badger:
        badger:
          directories: { keys: '${join(directory, 'keys')}', values: '${join(directory, 'values')}' }
          ephemeral: false
receivers:
  otlp: { protocols: { http: { endpoint: '${local(http)}' }, grpc: { endpoint: '${local(grpc)}' } } }
processors: { batch: {} }
exporters: { jaeger_storage_exporter: { trace_storage: badger } }
`,
      },
      ready: `http://${local(health)}/status`,
      traces: `http://${local(http)}/v1/traces`,
      asks: `http://${local(ask)}`,
    }),
    questions: jaegerQuestions,
    found: lengthOf('data'),
  },
  {
    name: 'VictoriaTraces',
    variable: 'SIGHTLINE_PEER_VICTORIA',
    portCount: 1,
    note: oneService,
    start: ({ directory, ports: [http] }) => ({
      args: [`-storageDataPath=${join(directory, 'data')}`, `-httpListenAddr=${local(http)}`],
      ready: `http://${local(http)}/health`,
      traces: `http://${local(http)}/insert/opentelemetry/v1/traces`,
      asks: `http://${local(http)}/select/jaeger`,
    }),
    questions: jaegerQuestions,
    found: lengthOf('data'),
  },
  {
    name: 'Tempo, one process',
    variable: 'SIGHTLINE_PEER_TEMPO',
    portCount: 4,
    note: 'answers with the first fifty it finds, not the newest',
    start: ({ directory, ports: [http, otlp, grpc, gossip] }) => ({
      args: ['-target=all', `-config.file=${join(directory, 'config.yaml')}`],
      files: {
        'config.yaml': `server: { http_listen_address: 127.0.0.1, http_listen_port: ${http}, grpc_listen_address: 127.0.0.1, grpc_listen_port: ${grpc} }
memberlist: { bind_addr: [127.0.0.1], bind_port: ${gossip} }
distributor: { receivers: { otlp: { protocols: { http: { endpoint: '${local(otlp)}' } } } } }
ingester: { lifecycler: { address: 127.0.0.1, ring: { kvstore: { store: inmemory }, replication_factor: 1 } } }
storage: { trace: { backend: local, wal: { path: '${join(directory, 'wal')}' }, local: { path: '${join(directory, 'blocks')}' } } }
overrides: { defaults: { ingestion: { rate_limit_bytes: 1000000000, burst_size_bytes: 1000000000, max_traces_per_user: 0 } } }
usage_report: { reporting_enabled: false }
`,
      },
      ready: `http://${local(http)}/ready`,
      traces: `http://${local(otlp)}/v1/traces`,
      asks: `http://${local(http)}`,
    }),
    questions: ({ from, to }) => {
      const search = (traceql: string): string =>
        `/api/search?${query({ limit: 50, start: Math.floor(from.getTime() / 1000), end: Math.ceil(to.getTime() / 1000), q: traceql })}`;
      return {
        trace: (traceId) => `/api/traces/${traceId}`,
        service: search(`{ resource.service.name = "${service}" }`),
        attribute: search(`{ span.${attribute.key} = "${attribute.value}" }`),
        errors: search('{ status = error }'),
        slow: search(`{ duration > ${slowMs}ms }`),
      };
    },
    found: lengthOf('traces', 'batches'),
  },
];
