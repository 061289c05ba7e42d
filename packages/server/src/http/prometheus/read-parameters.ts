/** Parameters as Prometheus takes them: of the address and of a form, each as often as it comes. */
import { PromqlSyntaxError } from '../../promql/ast.ts';
import { parseDuration } from '../../promql/lexer.ts';

/** A mistake of the request: 400 `bad_data`. */
export class BadData extends Error {}

export class PrometheusParameters {
  readonly #given: URLSearchParams;

  constructor(given: URLSearchParams) {
    this.#given = given;
  }

  all(name: string): readonly string[] {
    return this.#given.getAll(name);
  }

  optional(name: string): string | undefined {
    const value = this.#given.get(name);
    return value === null || value === '' ? undefined : value;
  }

  /** The expression; an absent one is an empty one to Prometheus, and the parser says what is wrong with it. */
  query(): string {
    return this.#given.get('query') ?? '';
  }

  /** Milliseconds since 1970, of seconds or RFC 3339. */
  time(name: string, otherwise?: number): number {
    const text = this.optional(name);
    if (text === undefined) {
      if (otherwise !== undefined) return otherwise;
      throw new BadData(`invalid parameter ${JSON.stringify(name)}: cannot parse "" to a valid timestamp`);
    }
    // Prometheus' own words for the ends of time.
    if (text === '-9223372036854775.808' || text === '-292273086-05-16T16:47:06Z') return 0;
    if (text === '9223372036854775.807' || text === '+292277025-08-18T07:12:54.999999999Z') return timeMsMax;
    const seconds = Number(text);
    const ms = Number.isNaN(seconds) ? parseRfc3339(text) : Math.round(seconds * 1000);
    if (ms === undefined || !Number.isFinite(ms))
      throw new BadData(
        `invalid parameter ${JSON.stringify(name)}: cannot parse ${JSON.stringify(text)} to a valid timestamp`,
      );
    return Math.max(-timeMsMax, Math.min(timeMsMax, ms));
  }

  /** Milliseconds, of seconds or a duration. */
  duration(name: string, otherwise?: number): number {
    const text = this.optional(name);
    if (text === undefined && otherwise !== undefined) return otherwise;
    const seconds = text === undefined ? undefined : (plainNumber(text) ?? parseDuration(text));
    if (seconds === undefined || !Number.isFinite(seconds) || Math.abs(seconds) > 9_223_372_036)
      throw new BadData(
        `invalid parameter ${JSON.stringify(name)}: cannot parse ${JSON.stringify(text ?? '')} to a valid duration`,
      );
    return Math.round(seconds * 1000);
  }

  /** How many results are wanted; undefined for all. */
  limit(name = 'limit'): number | undefined {
    const text = this.optional(name);
    if (text === undefined) return undefined;
    const limit = Number(text);
    if (!Number.isInteger(limit) || limit < 0)
      throw new BadData(
        `invalid parameter ${JSON.stringify(name)}: ${JSON.stringify(text)} is not a number of results`,
      );
    return limit === 0 ? undefined : limit;
  }
}

/** The year 2200: no telemetry is from later. */
const timeMsMax = 7_258_118_400_000;

const plainNumber = (text: string): number | undefined =>
  /^[-+]?[\d.]+(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;

function parseRfc3339(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[-+]\d{2}:\d{2})$/i.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** `reading` with its mistakes told of the parameter. */
export function ofParameter<T>(name: string, reading: () => T): T {
  try {
    return reading();
  } catch (error) {
    if (error instanceof PromqlSyntaxError)
      throw new BadData(`invalid parameter ${JSON.stringify(name)}: ${error.message}`);
    throw error;
  }
}
