import { providerAliases, providerPrefixes } from './provider-names.ts';
import type { Guard, Source } from './source.ts';

/** Texts as the engine keeps them: '' for absent. */
export interface TextScope {
  readonly attribute: (name: string) => string;
  readonly resource: (name: string) => string;
  readonly name: string;
}

/** One source's text, '' for none. The twin of `sourceSql`. */
export function sourceText(source: Source, scope: TextScope, isNumber: boolean): string {
  if (source.when?.some((guard) => !holds(guard, scope)) === true) return '';
  return mapped(source, located(source, readText(source, scope), isNumber));
}

function readText(source: Source, scope: TextScope): string {
  const text =
    source.from === 'name'
      ? scope.name
      : source.from === 'resource'
        ? scope.resource(source.name)
        : scope.attribute(source.name);
  if (source.after !== undefined) return valueBehind(source.after, text, source.quoted === true);
  if (source.unlessPrefix !== undefined && text.startsWith(source.unlessPrefix)) return '';
  const start = source.afterPrefix;
  if (start === undefined) return text;
  if (!text.startsWith(start)) return '';
  const end = source.until === undefined ? text.length : text.indexOf(source.until, start.length);
  return end === -1 ? '' : text.slice(start.length, end);
}

function valueBehind(after: string, text: string, isQuoted: boolean): string {
  const at = text.lastIndexOf(after);
  if (at === -1) return '';
  const pattern = isQuoted ? /^ ?"([A-Za-z0-9_.-]{1,64})"/ : /^ ?([0-9]+([.][0-9]+)?)/;
  return pattern.exec(text.slice(at + after.length, at + after.length + 96))?.[1] ?? '';
}

function located(source: Source, text: string, isNumber: boolean): string {
  if (source.quoted) {
    if (!text.startsWith('"')) return text;
    const value = parseJson(text);
    return typeof value === 'string' ? value : '';
  }
  if (source.path === undefined || text === '') return text;
  let value = parseJson(text);
  for (const step of source.path) value = member(value, step);
  if (typeof value === 'string') return value;
  return isNumber && typeof value === 'number' ? String(value) : '';
}

function member(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return typeof step === 'number' ? value[step] : undefined;
  const entry =
    typeof step === 'number'
      ? Object.values(value)[step]
      : Object.entries(value).find(([k]) => k === step)?.[1];
  return entry;
}

/** Many sources look into the same value, one after the other. */
let lastRead: { readonly text: string; readonly value: unknown } = { text: '', value: undefined };

/** undefined for what is none. Not to be changed. */
export function parseJson(text: string): unknown {
  if (text !== lastRead.text) lastRead = { text, value: parsed(text) };
  return lastRead.value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function mapped(source: Source, text: string): string {
  if (source.map === undefined || text === '') return text;
  const key = asciiLower(text);
  const named = key !== '*' && Object.hasOwn(source.map, key) ? source.map[key] : undefined;
  return named ?? source.map['*'] ?? '';
}

function holds(guard: Guard, scope: TextScope): boolean {
  const text = scope.attribute(guard.attribute);
  if ('equals' in guard) return guard.equals.includes(asciiLower(text));
  if ('differs' in guard) return !guard.differs.includes(asciiLower(text));
  if ('startsWith' in guard) return [guard.startsWith].flat().some((start) => text.startsWith(start));
  return (text !== '') === guard.present;
}

/**
 * A provider in OpenTelemetry's spelling. AI SDK appends the API (`openai.chat`), so what follows the first dot is cut,
 * except from names that OpenTelemetry itself writes with a dot (`aws.bedrock`).
 */
export function normalProvider(text: string): string {
  const name = asciiLower(text);
  const whole = alias(name);
  if (whole !== undefined) return whole;
  if (providerPrefixes.some((prefix) => name.startsWith(prefix))) return name;
  const parts = name.split('.');
  const first = parts[0] ?? '';
  const beginning = (count: number) => alias(parts.slice(0, count).join('.'));
  return beginning(3) ?? beginning(2) ?? alias(first) ?? first;
}

const alias = (name: string) => (Object.hasOwn(providerAliases, name) ? providerAliases[name] : undefined);

/** As ClickHouse's `lower`, which leaves letters beyond ASCII alone. */
function asciiLower(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}
