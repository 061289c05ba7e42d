/** Where each signal is sent: `endpoint` plus `/v1/<signal>`, or the signal's own OTEL variable taken literally, as the specification says. */
import { SightlineConfigError } from '../core/sdk-error.ts';
import type { Signal } from '../core/drop-counter.ts';
import type { EnvironmentReader } from './environment.ts';
import type { InitOptions } from './init-options.ts';
import type { OtlpTarget } from './resolved-options.ts';

const signals = ['traces', 'logs', 'metrics'] as const;

export function resolveTargets(
  options: InitOptions,
  env: EnvironmentReader,
  protocol: 'http/protobuf' | 'grpc',
): Record<Signal, OtlpTarget> {
  const apiKey = options.apiKey ?? env.text('SIGHTLINE_API_KEY');
  const base =
    options.endpoint ??
    env.text('SIGHTLINE_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT') ??
    defaultEndpoint(protocol);
  const common = {
    ...env.pairs('OTEL_EXPORTER_OTLP_HEADERS'),
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...options.headers,
  };
  const target = (signal: Signal): OtlpTarget => {
    const name = signal.toUpperCase();
    const own = options.endpoint === undefined ? env.text(`OTEL_EXPORTER_OTLP_${name}_ENDPOINT`) : undefined;
    const url = checkUrl(own ?? base, own === undefined ? 'endpoint' : `OTEL_EXPORTER_OTLP_${name}_ENDPOINT`);
    if (own === undefined && protocol !== 'grpc')
      url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${signal}`;
    return { url: url.href, headers: { ...common, ...env.pairs(`OTEL_EXPORTER_OTLP_${name}_HEADERS`) } };
  };
  return Object.fromEntries(signals.map((signal) => [signal, target(signal)])) as Record<Signal, OtlpTarget>;
}

function defaultEndpoint(protocol: 'http/protobuf' | 'grpc'): string {
  return protocol === 'grpc' ? 'http://127.0.0.1:4317' : 'http://127.0.0.1:4318';
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
