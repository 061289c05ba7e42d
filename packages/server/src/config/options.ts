import { SightlineError } from '@sightline/schema/errors';
import { readNetwork } from '../outbound/reach.ts';
import { readHostName } from '../guard/host-name.ts';
import { readOrigin } from '../guard/request-guard.ts';

/** How one option is written, read and checked. The table below is the only list of options. */
interface OptionSpec {
  readonly flag: string;
  readonly env: string;
  readonly value: string;
  readonly initial: string;
  readonly about: string;
  /** May be given several times, and with commas between values. */
  readonly isList?: true;
}

/** Every option of the server, as `--flag` and as environment variable. */
export const optionTable = {
  host: {
    flag: 'host',
    env: 'SIGHTLINE_HOST',
    value: 'address',
    initial: '127.0.0.1',
    about: 'Address to listen on. Beyond loopback every request needs an API key.',
  },
  port: {
    flag: 'port',
    env: 'SIGHTLINE_PORT',
    value: 'port',
    initial: '4300',
    about: 'UI and API. 0 picks a free port.',
  },
  otlpHttpPort: {
    flag: 'otlp-http-port',
    env: 'SIGHTLINE_OTLP_HTTP_PORT',
    value: 'port',
    initial: '4318',
    about: 'OTLP over HTTP. 0 picks a free port.',
  },
  otlpGrpcPort: {
    flag: 'otlp-grpc-port',
    env: 'SIGHTLINE_OTLP_GRPC_PORT',
    value: 'port',
    initial: '4317',
    about: 'OTLP over gRPC. 0 picks a free port.',
  },
  data: {
    flag: 'data',
    env: 'SIGHTLINE_DATA',
    value: 'directory',
    initial: './data',
    about: 'Where everything is kept.',
  },
  apiKey: {
    flag: 'api-key',
    env: 'SIGHTLINE_API_KEY',
    value: 'key',
    initial: '',
    about: 'A key that opens the API and the receivers. Once set, it is asked for everywhere.',
  },
  allowedHost: {
    flag: 'allowed-host',
    env: 'SIGHTLINE_ALLOWED_HOST',
    value: 'name',
    initial: '',
    about:
      'A name by which the server may be reached, beside IP addresses and localhost; several with commas between them.',
    isList: true,
  },
  allowedOrigin: {
    flag: 'allowed-origin',
    env: 'SIGHTLINE_ALLOWED_ORIGIN',
    value: 'origin',
    initial: '',
    about:
      'An origin such as https://app.example.com whose pages may send telemetry, beside loopback; several with commas between them.',
    isList: true,
  },
  retentionTracesDays: {
    flag: 'retention-traces',
    env: 'SIGHTLINE_RETENTION_TRACES',
    value: 'days',
    initial: '30',
    about: 'Days that traces are kept.',
  },
  retentionLogsDays: {
    flag: 'retention-logs',
    env: 'SIGHTLINE_RETENTION_LOGS',
    value: 'days',
    initial: '30',
    about: 'Days that logs are kept.',
  },
  retentionMetricsDays: {
    flag: 'retention-metrics',
    env: 'SIGHTLINE_RETENTION_METRICS',
    value: 'days',
    initial: '30',
    about: 'Days that metrics are kept.',
  },
  diskCap: {
    flag: 'disk-cap',
    env: 'SIGHTLINE_DISK_CAP',
    value: 'size|none',
    initial: 'none',
    about: 'Largest size of the telemetry store, such as 50GB. Over it, the oldest days go first.',
  },
  requestMax: {
    flag: 'request-max',
    env: 'SIGHTLINE_REQUEST_MAX',
    value: 'size',
    initial: '64MiB',
    about: 'Largest OTLP request, before and after decompression.',
  },
  journalMax: {
    flag: 'journal-max',
    env: 'SIGHTLINE_JOURNAL_MAX',
    value: 'size',
    initial: '2GiB',
    about: 'Largest size of the journal. When full, senders are told to wait.',
  },
  canaryInterval: {
    flag: 'canary-interval',
    env: 'SIGHTLINE_CANARY_INTERVAL',
    value: 'seconds|off',
    initial: '15',
    about: 'How often the built-in probe writes a span and reads it back.',
  },
  evaluationQuiet: {
    flag: 'evaluation-quiet',
    env: 'SIGHTLINE_EVALUATION_QUIET',
    value: 'seconds|off',
    initial: '10',
    about:
      'Evaluators judge a trace when nothing of it arrived for this long. off: this server judges nothing by itself.',
  },
  channelNetwork: {
    flag: 'channel-network',
    env: 'SIGHTLINE_CHANNEL_NETWORK',
    value: 'network',
    initial: '',
    about:
      'A network that is not public and that alert channels may reach, such as 10.0.0.0/8; several with commas between them.',
    isList: true,
  },
  modelNetwork: {
    flag: 'model-network',
    env: 'SIGHTLINE_MODEL_NETWORK',
    value: 'network',
    initial: '',
    about:
      'A network that is not public and that the playground and experiments may ask models in, such as 127.0.0.1; several with commas between them.',
    isList: true,
  },
  secret: {
    flag: 'secret',
    env: 'SIGHTLINE_SECRET',
    value: 'text',
    initial: '',
    about: 'Keys of models that are kept are encrypted with it. At least 16 characters.',
  },
  clickhouseUrl: {
    flag: 'clickhouse-url',
    env: 'SIGHTLINE_CLICKHOUSE_URL',
    value: 'url',
    initial: '',
    about:
      'Keep telemetry in this ClickHouse instead of the embedded engine; several URLs with commas between them.',
  },
  clickhouseSqlUrl: {
    flag: 'clickhouse-sql-url',
    env: 'SIGHTLINE_CLICKHOUSE_SQL_URL',
    value: 'url',
    initial: '',
    about:
      'The same ClickHouse as a user who may only read the tables, for SQL that somebody typed; see docs/sql.md.',
  },
  clickhouseCluster: {
    flag: 'clickhouse-cluster',
    env: 'SIGHTLINE_CLICKHOUSE_CLUSTER',
    value: 'name',
    initial: '',
    about: 'Spread the tables over this ClickHouse cluster.',
  },
  postgresUrl: {
    flag: 'postgres-url',
    env: 'SIGHTLINE_POSTGRES_URL',
    value: 'url',
    initial: '',
    about: 'Keep the control plane in this PostgreSQL instead of the embedded one.',
  },
  logLevel: {
    flag: 'log-level',
    env: 'SIGHTLINE_LOG_LEVEL',
    value: 'level',
    initial: 'info',
    about: "Sightline's own log on standard error: debug, info, warn, error, silent.",
  },
} as const satisfies Record<string, OptionSpec>;

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly otlpHttpPort: number;
  readonly otlpGrpcPort: number;
  readonly dataDirectory: string;
  /** Undefined: no key is set. */
  readonly apiKey: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly retentionDays: { readonly traces: number; readonly logs: number; readonly metrics: number };
  readonly diskCapBytes: number | null;
  readonly requestBytesMax: number;
  readonly journalBytesMax: number;
  /** Undefined: no canary. */
  readonly canaryIntervalMs: number | undefined;
  /** Undefined: this server judges nothing by itself. */
  readonly evaluationQuietMs: number | undefined;
  readonly channelNetworks: readonly string[];
  readonly modelNetworks: readonly string[];
  /** Undefined: no key of a model can be kept. */
  readonly secret: string | undefined;
  readonly clickhouse:
    | {
        readonly urls: readonly string[];
        readonly sqlUrls: readonly string[] | undefined;
        readonly cluster: string | undefined;
      }
    | undefined;
  readonly postgresUrl: string | undefined;
  readonly logLevel: LogLevel;
}

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type LogLevel = (typeof logLevels)[number];
type OptionName = keyof typeof optionTable;

/**
 * Reads options from flags (`--port 0`, `--port=0`), then the environment, then the defaults.
 * @throws SightlineError `bad_option` naming the option, its value and what it takes.
 */
export function parseOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ServerOptions {
  const flags = readFlags(argv);
  const text = (name: OptionName): { value: string; source: string } => {
    const spec = optionTable[name];
    const flag = flags.get(spec.flag);
    if (flag !== undefined) return { value: flag, source: `--${spec.flag}` };
    const fromEnv = env[spec.env];
    if (fromEnv !== undefined && fromEnv !== '') return { value: fromEnv, source: spec.env };
    return { value: spec.initial, source: `--${spec.flag}` };
  };
  const read = <T>(name: OptionName, parse: (value: string) => T | undefined, takes: string): T => {
    const { value, source } = text(name);
    const parsed = parse(value);
    if (parsed === undefined) throw badOption(`${source} is "${value}", but takes ${takes}.`);
    return parsed;
  };
  const port = (name: OptionName) => read(name, parsePort, 'a port from 0 to 65535');
  const days = (name: OptionName) => read(name, parseDays, 'a number of days from 1 to 3650');

  const clickhouseUrl = read(
    'clickhouseUrl',
    parseUrl(['http:', 'https:']),
    'a URL such as http://user:password@host:8123/sightline',
  );
  const clickhouseSqlUrl = read(
    'clickhouseSqlUrl',
    parseUrl(['http:', 'https:']),
    'a URL such as http://reader:password@host:8123',
  );
  if (clickhouseSqlUrl !== '' && clickhouseUrl === '')
    throw badOption('--clickhouse-sql-url is set, but --clickhouse-url is not.');
  const cluster = text('clickhouseCluster').value;
  if (cluster !== '' && clickhouseUrl === '')
    throw badOption(`--clickhouse-cluster is "${cluster}", but --clickhouse-url is not set.`);

  return {
    host: read('host', parseHost, 'an address'),
    port: port('port'),
    otlpHttpPort: port('otlpHttpPort'),
    otlpGrpcPort: port('otlpGrpcPort'),
    dataDirectory: read('data', (value) => (value === '' ? undefined : value), 'a directory'),
    apiKey: readApiKey(text('apiKey'), flags.get(optionTable.apiKey.flag)),
    allowedHosts: read(
      'allowedHost',
      parseList((each) => (each.includes(':') ? undefined : readHostName(each)?.name)),
      'host names such as sightline.example.com, without scheme and port',
    ),
    allowedOrigins: read(
      'allowedOrigin',
      parseList((each) => readOrigin(each)?.origin),
      'origins such as https://app.example.com, without a path',
    ),
    retentionDays: {
      traces: days('retentionTracesDays'),
      logs: days('retentionLogsDays'),
      metrics: days('retentionMetricsDays'),
    },
    diskCapBytes: read(
      'diskCap',
      (v) => (v === 'none' ? null : parseSize(v)),
      'a size such as 50GB, or none',
    ),
    requestBytesMax: read('requestMax', parseSize, 'a size such as 64MiB'),
    journalBytesMax: read('journalMax', parseSize, 'a size such as 2GiB'),
    canaryIntervalMs: read('canaryInterval', parseInterval, 'seconds from 1 to 3600, or off') ?? undefined,
    evaluationQuietMs: read('evaluationQuiet', parseInterval, 'seconds from 1 to 3600, or off') ?? undefined,
    channelNetworks: read(
      'channelNetwork',
      parseList(readNetwork),
      'networks such as 10.0.0.0/8, or IP addresses',
    ),
    modelNetworks: read(
      'modelNetwork',
      parseList(readNetwork),
      'networks such as 10.0.0.0/8, or IP addresses',
    ),
    secret: readSecret(text('secret')),
    clickhouse:
      clickhouseUrl === ''
        ? undefined
        : {
            urls: clickhouseUrl.split(','),
            sqlUrls: clickhouseSqlUrl === '' ? undefined : clickhouseSqlUrl.split(','),
            cluster: cluster || undefined,
          },
    postgresUrl:
      read(
        'postgresUrl',
        parseUrl(['postgres:', 'postgresql:']),
        'a URL such as postgresql://user:password@host:5432/sightline',
      ) || undefined,
    logLevel: read('logLevel', (v) => logLevels.find((level) => level === v), logLevels.join(', ')),
  };
}

/**
 * `localhost` is one address here: a second one of that name would be a server that Fastify makes by itself, without our
 * bounds and headers.
 */
function parseHost(value: string): string | undefined {
  if (/\s|^$/.test(value)) return undefined;
  return value.toLowerCase() === 'localhost' ? '127.0.0.1' : value;
}

/** The text of `--help`: every option with its variable, default and meaning. */
export function describeOptions(): string {
  return Object.values(optionTable)
    .map(
      ({ flag, env, value, initial, about }) =>
        `  --${flag} <${value}>`.padEnd(34) +
        `${about}\n${' '.repeat(34)}${env}${initial === '' ? '' : `, default ${initial}`}`,
    )
    .join('\n');
}

function readFlags(argv: readonly string[]): Map<string, string> {
  const known = new Set<string>(Object.values(optionTable).map((spec) => spec.flag));
  const lists = new Set<string>(
    Object.values<OptionSpec>(optionTable)
      .filter((spec) => spec.isList)
      .map((spec) => spec.flag),
  );
  const flags = new Map<string, string>();
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? '';
    const [, flag, inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (flag === undefined || !known.has(flag)) throw badOption(`"${word}" is not an option.`);
    const value = inline ?? argv[(i += 1)];
    if (value === undefined) throw badOption(`--${flag} needs a value.`);
    const before = lists.has(flag) ? flags.get(flag) : undefined;
    flags.set(flag, before === undefined ? value : `${before},${value}`);
  }
  return flags;
}

/** What cannot be sent in a header opens nothing, and an empty flag, such as of a variable that is not set, must not leave a server open. */
function readApiKey(
  { value, source }: { readonly value: string; readonly source: string },
  flag: string | undefined,
): string | undefined {
  if (flag === '') throw badOption(`--${optionTable.apiKey.flag} is empty. Leave it out to have no key.`);
  if (/[^\x21-\x7e]/.test(value))
    throw badOption(`${source} takes a key of ASCII letters, digits and signs, without spaces.`);
  return value === '' ? undefined : value;
}

/** The value is not repeated: it would stand in a log. */
function readSecret({
  value,
  source,
}: {
  readonly value: string;
  readonly source: string;
}): string | undefined {
  if (value !== '' && value.length < 16) throw badOption(`${source} takes at least 16 characters.`);
  return value === '' ? undefined : value;
}

function parsePort(value: string): number | undefined {
  const port = Number(value);
  return /^\d{1,5}$/.test(value) && port <= 65_535 ? port : undefined;
}

function parseDays(value: string): number | undefined {
  const days = Number(value);
  return Number.isFinite(days) && days >= 1 && days <= 3650 ? days : undefined;
}

/** `undefined`: unreadable. `null`: off. */
function parseInterval(value: string): number | null | undefined {
  if (value === 'off') return null;
  const seconds = Number(value);
  return Number.isFinite(seconds) && seconds >= 1 && seconds <= 3600 ? seconds * 1000 : undefined;
}

const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

function parseSize(value: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value.trim()) ?? [];
  const factor = sizeUnits[unit.toLowerCase()];
  const size = Math.floor(Number(digits) * (factor ?? Number.NaN));
  return digits !== '' && Number.isSafeInteger(size) && size > 0 ? size : undefined;
}

/** Values with commas between them, none of them unreadable. */
const parseList =
  (parse: (value: string) => string | undefined) =>
  (value: string): readonly string[] | undefined => {
    const given = value.split(',').map((each) => each.trim());
    const parsed = given.filter((each) => each !== '').map(parse);
    return parsed.every((each) => each !== undefined) ? parsed : undefined;
  };

/** One URL, or several with commas between them. */
const parseUrl =
  (protocols: readonly string[]) =>
  (value: string): string | undefined => {
    if (value === '') return '';
    const urls = value.split(',');
    return urls.every((url) => URL.canParse(url) && protocols.includes(new URL(url).protocol))
      ? value
      : undefined;
  };

function badOption(message: string): SightlineError {
  return new SightlineError('bad_option', message, { hint: 'See `npm start -- --help` for all options.' });
}
