/**
 * Where and how each signal is sent. Code wins over the signal's own OTEL_EXPORTER_OTLP_<SIGNAL>_* variable, which wins over the
 * general one. An address is the base plus `/v1/<signal>`; the signal's own is taken literally, as the specification says.
 */
import { SightlineConfigError } from '../core/sdk-error.ts';
import { sayOnce } from '../core/diagnostics.ts';
import type { Signal } from '../core/drop-counter.ts';
import { checkHeaders } from './check-options.ts';
import type { EnvironmentReader } from './environment.ts';
import type { InitOptions } from './init-options.ts';
import type { OtlpProtocol, OtlpTarget } from './resolved-options.ts';

const signals = ['traces', 'logs', 'metrics'] as const;
const protocols: readonly OtlpProtocol[] = ['http/protobuf', 'http/json', 'grpc'];
const compressions = ['none', 'gzip'] as const;

export function resolveTargets(
  options: InitOptions,
  env: EnvironmentReader,
  timeoutMs: number,
): Record<Signal, OtlpTarget> {
  const apiKey = options.apiKey ?? env.text('SIGHTLINE_API_KEY');
  const target = (signal: Signal): OtlpTarget => {
    const own = (setting: string) => `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${setting}`;
    const protocol =
      checkOneOf('protocol', options.protocol, protocols) ??
      readOneOf(env, [own('PROTOCOL'), 'OTEL_EXPORTER_OTLP_PROTOCOL'], protocols) ??
      'http/protobuf';
    const headers = {
      ...env.pairs('OTEL_EXPORTER_OTLP_HEADERS', own('HEADERS')),
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...options.headers,
    };
    checkHeaders(headers, 'headers, apiKey or OTEL_EXPORTER_OTLP_HEADERS');
    return {
      url: resolveUrl(options, env, signal, own('ENDPOINT'), protocol),
      headers,
      protocol,
      compression:
        checkOneOf('compression', options.compression, compressions) ??
        readOneOf(env, [own('COMPRESSION'), 'OTEL_EXPORTER_OTLP_COMPRESSION'], compressions) ??
        'none',
      timeoutMs: options.exportTimeoutMs ?? env.number(own('TIMEOUT'), 1) ?? timeoutMs,
    };
  };
  return Object.fromEntries(signals.map((signal) => [signal, target(signal)])) as Record<Signal, OtlpTarget>;
}

function resolveUrl(
  options: InitOptions,
  env: EnvironmentReader,
  signal: Signal,
  variable: string,
  protocol: OtlpProtocol,
): string {
  const own = options.endpoint === undefined ? env.text(variable) : undefined;
  if (own !== undefined) return checkUrl(own, variable).href;
  const base =
    options.endpoint ??
    env.text('SIGHTLINE_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT') ??
    jaegerHost(env, protocol) ??
    (protocol === 'grpc' ? 'http://127.0.0.1:4317' : 'http://127.0.0.1:4318');
  const url = checkUrl(base, 'endpoint');
  if (protocol !== 'grpc') url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${signal}`;
  return url.href;
}

/** Jaeger's agent, which took its own format over UDP, is no more; the host that ran it takes OTLP. */
function jaegerHost(env: EnvironmentReader, protocol: OtlpProtocol): string | undefined {
  const host = env.text('JAEGER_AGENT_HOST');
  const name = host === undefined ? 'JAEGER_AGENT_PORT' : 'JAEGER_AGENT_HOST';
  if (host === undefined && env.text('JAEGER_AGENT_PORT') === undefined) return undefined;
  const endpoint = `http://${host ?? '127.0.0.1'}:${protocol === 'grpc' ? 4317 : 4318}`;
  sayOnce(
    'jaeger-agent',
    `${name} is set, but Jaeger's agent protocol is gone: telemetry goes to ${endpoint} as OTLP. Set OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint} instead, and remove JAEGER_AGENT_HOST and JAEGER_AGENT_PORT.`,
  );
  return endpoint;
}

function checkUrl(text: string, option: string): URL {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new SightlineConfigError(
    option,
    `is "${text}", not an http(s) address`,
    'Give one like http://127.0.0.1:4318.',
  );
}

/** The first of the variables that is set. */
function readOneOf<T extends string>(
  env: EnvironmentReader,
  names: readonly string[],
  known: readonly T[],
): T | undefined {
  const name = names.find((each) => env.text(each) !== undefined);
  return name === undefined ? undefined : checkOneOf(name, env.text(name), known);
}

function checkOneOf<T extends string>(
  option: string,
  value: string | undefined,
  known: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((each) => each === value);
  if (found !== undefined) return found;
  throw new SightlineConfigError(option, `is "${value}"`, `Use ${known.join(', ')}.`);
}
