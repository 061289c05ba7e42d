import { formatCostUsd, formatDurationMs, unreachable } from '@sightline/base';
import type { EvaluatorSettings } from '@sightline/schema/api';
import type { TraceFacts } from '../trace-facts.ts';
import { noAnswer, passOrFail, type Verdict } from '../verdict.ts';
import { evaluateGroundedness } from './groundedness.ts';
import { evaluateJsonSchema } from './json-schema.ts';
import { evaluateLanguage } from './language.ts';
import { evaluateRefusal } from './refusal.ts';

/** Regular expressions in linear time: the engine's. */
export interface MatchesRegex {
  match(text: string, pattern: string): Promise<boolean>;
}

/** Every evaluator that needs no model. */
export async function evaluateInCode(
  settings: Exclude<EvaluatorSettings, { type: 'judge' }>,
  facts: TraceFacts,
  regex: MatchesRegex,
): Promise<Verdict> {
  switch (settings.type) {
    case 'exact':
      return evaluateExact(facts, settings);
    case 'regex': {
      if (facts.answer === '') return noAnswer;
      return passOrFail((await regex.match(facts.answer, settings.pattern)) === settings.mustMatch);
    }
    case 'json_schema':
      return evaluateJsonSchema(facts, settings.schema);
    case 'latency':
      return evaluateBudget(facts.durationMs, settings.maxMs, formatDurationMs);
    case 'cost':
      if (facts.costUsd === null)
        return { type: 'skipped', reason: 'The cost of the trace is not known, at least in part.' };
      return evaluateBudget(facts.costUsd, settings.maxUsd, formatCostUsd);
    case 'groundedness':
      return evaluateGroundedness(facts, settings.threshold);
    case 'refusal':
      return evaluateRefusal(facts);
    case 'language':
      return evaluateLanguage(facts, settings.expected);
    default:
      return unreachable(settings);
  }
}

function evaluateExact(
  { answer }: TraceFacts,
  { expected, ignoreCase }: { readonly expected: string; readonly ignoreCase: boolean },
): Verdict {
  if (answer === '') return noAnswer;
  const normal = (text: string): string => {
    const trimmed = text.trim().normalize('NFC');
    return ignoreCase ? trimmed.toLowerCase() : trimmed;
  };
  return passOrFail(normal(answer) === normal(expected));
}

/** The value is what was spent, so that its average means something. */
function evaluateBudget(spent: number, budget: number, say: (amount: number) => string): Verdict {
  const isWithin = spent <= budget;
  return {
    type: 'scored',
    value: spent,
    label: isWithin ? 'pass' : 'fail',
    ...(isWithin ? {} : { comment: `${say(spent)} is over the budget of ${say(budget)}.` }),
  };
}
