import { wellFormedJson } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ApiRoute } from './route-table.ts';

const givenCharactersMax = 64;

export interface RouteInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** The parts of the request as the route's schemas read them. Throws `bad_request`. */
export function readInput(route: ApiRoute, request: FastifyRequest): RouteInput {
  return {
    params: route.params === undefined ? {} : read(route.params, request.params, 'the address'),
    query: route.query === undefined ? {} : readQuery(route.query, request.query),
    // Read first, which bounds how deep it is.
    body: route.body === undefined ? undefined : wellFormedJson(read(route.body, request.body, 'the body')),
  };
}

/** A parameter that is not known is refused: a misspelt filter must not answer with everything. */
function readQuery(schema: z.ZodObject, query: unknown): unknown {
  // An empty parameter is one that was left out.
  const given = Object.entries(query as Record<string, unknown>).filter(([, value]) => value !== '');
  const unknown = given.find(([name]) => !(name in schema.shape));
  if (unknown !== undefined) {
    const known = Object.keys(schema.shape);
    throw badRequest(
      `There is no parameter "${unknown[0].slice(0, 64)}" here.`,
      known.length === 0 ? 'This address takes no parameters.' : `The parameters are ${known.join(', ')}.`,
    );
  }
  return read(schema, Object.fromEntries(given), 'the parameters');
}

function read(schema: z.ZodType, value: unknown, where: string): unknown {
  const parsed = tryParse(schema, value);
  if (parsed === undefined)
    throw badRequest(
      `Cannot read ${where}: it is nested too deeply.`,
      'The API is described at /api/v1/openapi.json.',
    );
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap(nearest).map((issue) => describe(issue, value));
  throw badRequest(
    `Cannot read ${where}: ${problems.join('; ')}.`,
    'The API is described at /api/v1/openapi.json.',
  );
}

/** Undefined where the value is nested more deeply than a schema can follow. */
function tryParse(schema: z.ZodType, value: unknown): ReturnType<z.ZodType['safeParse']> | undefined {
  try {
    return schema.safeParse(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What is wrong where, and what was given instead: a word for a number is NaN only to us. */
function describe(issue: z.core.$ZodIssue, value: unknown): string {
  const { path, message } = issue;
  const given = path.reduce<unknown>((outer, key) => (outer as Record<PropertyKey, unknown>)?.[key], value);
  const isTooLong = (issue.code === 'too_big' || issue.code === 'too_small') && issue.origin === 'string';
  const isShown =
    issue.code !== 'custom' && !isTooLong && ['string', 'number', 'boolean'].includes(typeof given);
  const where = path.length === 0 ? '' : `"${path.map(String).join('.')}": `;
  if (!isShown) return `${where}${message}`;
  const shown = JSON.stringify(typeof given === 'string' ? given.slice(0, givenCharactersMax) : given);
  return `${where}${message.replace(/, received \w+$/, '')}, not ${shown}`;
}

/** Of the forms that a value may have, the mistakes of the one it comes nearest to. */
function nearest(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const strange = (issues: readonly z.core.$ZodIssue[]): number =>
    issues.filter(({ code }) => code === 'unrecognized_keys').length * 1000 + issues.length;
  const [best] = issue.errors.toSorted((a, b) => strange(a) - strange(b));
  // A word that tells the forms apart fits none of them, and the message says which there are.
  if (best === undefined) return [issue];
  return best.flatMap((inner) => nearest({ ...inner, path: [...issue.path, ...inner.path] }));
}

function badRequest(message: string, hint: string): SightlineError {
  return new SightlineError('bad_request', message, { hint });
}
