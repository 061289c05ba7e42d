/** Values of Sentry's JSON as OTLP/JSON has them. Whatever is sent has a bound. */

export type Json = Readonly<Record<string, unknown>>;

export interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const attributesMax = 128;
const keyLengthMax = 200;
const textLengthMax = 65_536;

export const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

/** Attributes with a value; what is no scalar is JSON. */
export function attributesOf(values: Json): OtlpAttribute[] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .slice(0, attributesMax)
    .map(([key, value]) => ({ key: key.slice(0, keyLengthMax), value: anyValue(value) }));
}

function anyValue(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'string') return { stringValue: value.slice(0, textLengthMax) };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { stringValue: jsonText(value) };
}

/** Of a value that is nested deeper than the machine can follow nothing is kept. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value).slice(0, textLengthMax);
  } catch {
    return '';
  }
}

/** Tags come as an object or as a list of pairs. */
export function tagsOf(value: unknown): Json {
  if (!Array.isArray(value)) return objectOf(value);
  return Object.fromEntries(
    value.flatMap((pair) => {
      const { key, value: named } = objectOf(pair);
      const [name, said] = Array.isArray(pair) ? (pair as unknown[]) : [key, named];
      return typeof name === 'string' ? [[name, said]] : [];
    }),
  );
}

/** Nanoseconds as OTLP/JSON writes them. Sentry has seconds, or RFC 3339. */
export function nanosOf(time: unknown, otherwise: bigint): string {
  const seconds = typeof time === 'number' ? time : typeof time === 'string' ? secondsOf(time) : Number.NaN;
  const isSane = Number.isFinite(seconds) && seconds > 0 && seconds < 9e9;
  return (isSane ? BigInt(Math.round(seconds * 1e6)) * 1_000n : otherwise).toString();
}

function secondsOf(text: string): number {
  // Python writes no zone and means UTC.
  const ms = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  if (!Number.isNaN(ms)) return ms / 1000;
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

/** An id in hex of exactly so many digits; empty for anything else. */
export function hexId(value: unknown, length: number): string {
  const text = textOf(value).replaceAll('-', '').toLowerCase();
  return text.length === length && /^[0-9a-f]+$/.test(text) && !/^0+$/.test(text) ? text : '';
}
