import { createContext, runInContext } from 'node:vm';
import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { TraceFacts } from '../trace-facts.ts';
import { noAnswer, passOrFail, type Verdict } from '../verdict.ts';

/** A schema's patterns may backtrack for ever; the engine is stopped then. */
const timeoutMs = 250;
const compiledMax = 100;
const compiled = new Map<string, ValidateFunction>();

const options: Options = { strict: false, allErrors: false, validateFormats: false, logger: false };
/** By what their addresses have in them; without one a schema is of draft 7. */
const drafts: readonly (readonly [string, () => Ajv])[] = [
  ['draft-07', () => new Ajv(options)],
  ['2019-09', () => new Ajv2019(options)],
  ['2020-12', () => new Ajv2020(options)],
];
/** A reference that leads nowhere but to itself shows with any value. */
const samples: readonly unknown[] = [null, 0, '', [], [null], {}];

/** What is wrong with a schema, or undefined. */
export function findSchemaProblem(schema: Readonly<Record<string, unknown>>): string | undefined {
  try {
    const validate = compile(schema);
    for (const sample of samples) runBounded(() => validate(sample) === true);
    return undefined;
  } catch (error) {
    return problemOf(error);
  }
}

function problemOf(error: unknown): string {
  if (error instanceof RangeError) return 'its references ($ref) lead round in a circle';
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes('Script execution timed out')) return `it takes longer than ${timeoutMs} ms`;
  const reference = /can't resolve reference (\S+)/.exec(message)?.[1];
  return reference === undefined
    ? message.slice(0, 300)
    : `its reference "${reference.slice(0, 200)}" leads out of it, and nothing is fetched`;
}

export function evaluateJsonSchema(facts: TraceFacts, schema: Readonly<Record<string, unknown>>): Verdict {
  if (facts.answer === '') return noAnswer;
  const read = readJson(facts.answer);
  if (read === undefined) {
    // The begin of JSON is none.
    if (facts.leftOut.answer !== undefined)
      return { type: 'skipped', reason: 'The answer is too long to be read as JSON.' };
    return passOrFail(false, 'The answer is not JSON.');
  }
  try {
    const validate = compile(schema);
    const isValid = runBounded(() => validate(read.value) === true);
    return passOrFail(isValid, isValid ? undefined : describeErrors(validate));
  } catch (error) {
    return { type: 'failed', reason: `The schema could not be applied: ${problemOf(error)}` };
  }
}

function compile(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const key = JSON.stringify(schema);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const { $schema: draft = 'draft-07' } = schema;
  const make = drafts.find(([name]) => String(draft).includes(name))?.[1];
  if (make === undefined)
    throw new Error(`its $schema is none of ${drafts.map(([name]) => name).join(', ')}`);
  const made = make().compile(schema);
  // It would answer with a promise, and a rejection that nobody waits for ends the process.
  if ('$async' in made) throw new Error('it says "$async", which is not part of JSON Schema');
  if (compiled.size >= compiledMax) compiled.clear();
  compiled.set(key, made);
  return made;
}

function runBounded(work: () => boolean): boolean {
  return runInContext('work()', createContext({ work }), { timeout: timeoutMs }) as boolean;
}

function describeErrors({ errors }: ValidateFunction): string {
  const [first] = errors ?? [];
  return first === undefined
    ? 'The answer does not fit the schema.'
    : `${first.instancePath === '' ? 'The answer' : first.instancePath} ${first.message ?? 'does not fit'}.`;
}

/** The text as JSON, or the first fenced block in it. */
function readJson(answer: string): { readonly value: unknown } | undefined {
  // No two parts of it read the same signs: an answer of blank lines takes no longer than another.
  const fenced = /```(?:json)?[^\S\n]*\n([^]*?)```/i.exec(answer)?.[1];
  for (const text of [answer, fenced]) {
    if (text === undefined) continue;
    try {
      return { value: JSON.parse(text) as unknown };
    } catch {
      // The next form.
    }
  }
  return undefined;
}
