import { createContext, runInContext } from 'node:vm';
import { Ajv, type ValidateFunction } from 'ajv';
import type { TraceFacts } from '../trace-facts.ts';
import { noAnswer, passOrFail, type Verdict } from '../verdict.ts';

/** A schema's patterns may backtrack for ever; the engine is stopped then. */
const timeoutMs = 250;
const compiledMax = 100;
const compiled = new Map<string, ValidateFunction>();

/** What is wrong with a schema, or undefined. */
export function findSchemaProblem(schema: Readonly<Record<string, unknown>>): string | undefined {
  try {
    compile(schema);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 500) : 'it cannot be read';
  }
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
    const reason = error instanceof Error ? error.message : String(error);
    return { type: 'failed', reason: `The schema could not be applied: ${reason.slice(0, 300)}` };
  }
}

function compile(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const key = JSON.stringify(schema);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false, logger: false });
  const made = ajv.compile(schema);
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
  const fenced = /```(?:json)?\s*\n([\s\S]*?)```/i.exec(answer)?.[1];
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
