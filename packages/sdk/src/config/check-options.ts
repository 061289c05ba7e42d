/**
 * The shape of what was given to `init`, checked before anything is done with it: a wrong type or a misspelt name is said there, with
 * the reason, and never found out later inside the host.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { SightlineConfigError } from '../core/sdk-error.ts';
import type { InitOptions } from './init-options.ts';

type Kind = 'text' | 'number' | 'boolean' | 'object' | 'list';

const kinds: Readonly<Record<keyof InitOptions, Kind>> = {
  serviceName: 'text',
  serviceVersion: 'text',
  environment: 'text',
  endpoint: 'text',
  apiKey: 'text',
  headers: 'object',
  protocol: 'text',
  compression: 'text',
  exporters: 'list',
  resourceAttributes: 'object',
  enabled: 'boolean',
  sampling: 'object',
  capture: 'text',
  captureCharactersMax: 'number',
  masking: 'object',
  logLevel: 'text',
  logHandlers: 'list',
  logCallSite: 'boolean',
  queueItemsMax: 'number',
  batchItemsMax: 'number',
  batchDelayMs: 'number',
  exportTimeoutMs: 'number',
  metricIntervalMs: 'number',
  processMetrics: 'boolean',
  exitFlushMsMax: 'number',
  flushOnSignals: 'boolean',
  traceFetch: 'boolean',
  recordExchanges: 'boolean',
  instrumentClients: 'boolean',
  instrumentations: 'list',
};
const samplingKinds: Readonly<Record<string, Kind>> = {
  rate: 'number',
  keepErrors: 'boolean',
  pendingSpansMax: 'number',
};

/** @throws SightlineConfigError for the first thing that is wrong. */
export function checkOptions(options: InitOptions): void {
  if (!isObject(options)) {
    throw new SightlineConfigError(
      'init',
      `was given ${show(options)}`,
      "Give it an object such as { serviceName: 'api' }, or nothing.",
    );
  }
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name as keyof InitOptions] : undefined;
    if (kind === undefined) {
      const near = Object.keys(kinds).find((known) => isNear(known, name));
      const next =
        near === undefined ? 'See docs/sdk/configuration.md for all options.' : `Did you mean ${near}?`;
      throw new SightlineConfigError(name, 'is not an option of init', next);
    }
    checkKind(name, value, kind);
  }
  for (const name of ['keys', 'rules', 'disable'] as const)
    checkKind(`masking.${name}`, options.masking?.[name], 'list');
  for (const [name, value] of Object.entries(options.sampling ?? {}))
    if (samplingKinds[name] !== undefined) checkKind(`sampling.${name}`, value, samplingKinds[name]);
  if (options.serviceName?.trim() === '')
    throw new SightlineConfigError('serviceName', 'is empty', 'Name the service, or leave the option out.');
  for (const [name, value] of Object.entries(options.resourceAttributes ?? {})) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new SightlineConfigError(
        `resourceAttributes["${name}"]`,
        `is ${show(value)}`,
        'Give a text, a number or a boolean.',
      );
    }
  }
  for (const rule of options.masking?.rules ?? []) {
    if (isObject(rule) && typeof rule.name === 'string' && rule.pattern instanceof RegExp) continue;
    throw new SightlineConfigError(
      'masking.rules',
      `contains ${show(rule)}`,
      'Give each rule a name and a pattern, such as { name: "ticket", pattern: /T-[0-9]{6}/ }.',
    );
  }
  checkParts(
    'logHandlers',
    options.logHandlers,
    'write',
    'Use consoleHandler(), fileHandler() or an object with write(line).',
  );
  const instrumentations = options.instrumentations?.filter((each) => typeof each !== 'string');
  checkParts(
    'instrumentations',
    instrumentations,
    'setTracerProvider',
    "Give names such as 'pg', or OpenTelemetry instrumentation objects.",
  );
}

/** What would make every request fail later. */
export function checkHeaders(headers: Readonly<Record<string, unknown>>, source: string): void {
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value as string);
      if (typeof value !== 'string') throw new Error('it is not a text');
    } catch (error) {
      throw new SightlineConfigError(
        source,
        `cannot be sent: the header ${JSON.stringify(name)} is not valid (${(error as Error).message})`,
        'Give header names and values as HTTP allows them.',
      );
    }
  }
}

function checkParts(name: string, parts: readonly unknown[] | undefined, method: string, next: string): void {
  for (const part of parts ?? []) {
    if (isObject(part) && typeof (part as Record<string, unknown>)[method] === 'function') continue;
    throw new SightlineConfigError(name, `contains ${show(part)}`, next);
  }
}

function checkKind(name: string, value: unknown, kind: Kind): void {
  if (value === undefined) return;
  const fits =
    kind === 'list'
      ? Array.isArray(value)
      : kind === 'object'
        ? isObject(value)
        : typeof value === (kind === 'text' ? 'string' : kind);
  if (!fits) throw new SightlineConfigError(name, `is ${show(value)}`, `Give ${article(kind)} ${kind}.`);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const article = (kind: Kind) => (kind === 'object' ? 'an' : 'a');

function show(value: unknown): string {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 100);
  } catch {
    return typeof value;
  }
}

const byText = (a: string, b: string) => a.localeCompare(b);

/** One letter more, less or swapped, or another case. */
function isNear(known: string, given: string): boolean {
  const sorted = (text: string) => Array.from(text.toLowerCase()).toSorted(byText).join('');
  if (sorted(known) === sorted(given)) return true;
  const [longer, shorter] = known.length > given.length ? [known, given] : [given, known];
  if (longer.length - shorter.length !== 1) return false;
  for (let at = 0; at < longer.length; at++)
    if (longer.slice(0, at) + longer.slice(at + 1) === shorter) return true;
  return false;
}
