/** Whether an SLO can be counted, and what it counts. */
import { type CheckSloResponse, type SloInput } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { caretLines } from '@sightline/schema/rules';
import { msFromNanos } from '@sightline/base';
import { PromqlExecutionError, PromqlSyntaxError } from '../../promql/ast.ts';
import { parsePromql } from '../../promql/parse.ts';
import { countItems, type MinuteTotals } from '../../query/slos/count-items.ts';
import { countMetrics, metricExpression } from '../../query/slos/count-metrics.ts';
import type { QueryContext } from '../../query/reader.ts';
import { budgetLeft } from './burn-rates.ts';
import { isTimeZone } from './slo-window.ts';

const hours = 24;
const hourMs = 3_600_000;

/** Counts a minute only. Throws `bad_slo`, `bad_filter` and `query_limit` for one that could not be counted. */
export async function assertSloCounts(context: QueryContext, slo: SloInput): Promise<void> {
  assertSlo(slo);
  await countLast(context, slo, 60_000);
}

/** Counts the last hours. Throws `bad_slo`, `bad_filter` and `query_limit` for one that could not be counted. */
export async function checkSlo(context: QueryContext, slo: SloInput): Promise<CheckSloResponse> {
  assertSlo(slo);
  const { good, total } = await countLast(context, slo, hours * hourMs);
  return {
    good,
    total,
    share: total === 0 ? null : good / total,
    left: budgetLeft({ good, total }, slo.objective),
    hours,
  };
}

async function countLast(
  context: QueryContext,
  { indicator }: SloInput,
  lengthMs: number,
): Promise<MinuteTotals> {
  const toMs = Math.floor(msFromNanos(context.clock.now()) / 60_000) * 60_000;
  const span = { fromMs: toMs - lengthMs, toMs };
  const counts =
    indicator.kind === 'promql'
      ? await countMetrics(context, indicator, span).catch((error: unknown) => {
          if (error instanceof PromqlExecutionError)
            throw badSlo(`The expressions cannot be answered: ${error.message}.`, 'Narrow them.');
          throw error;
        })
      : (await countItems(context, [indicator], span))[0];
  let [good, total] = [0, 0];
  for (const each of counts?.values() ?? ([] as MinuteTotals[])) {
    good += each.good;
    total += each.total;
  }
  return { good, total };
}

/** What can be said without a look at what is stored. */
function assertSlo({ indicator, window }: SloInput): void {
  if (indicator.kind === 'availability' && indicator.of === 'logs' && indicator.bad.trim() === '')
    throw badSlo('Log records do not fail by themselves.', 'Say which are bad: "bad": "severity>=ERROR".');
  if (indicator.kind === 'latency' && indicator.of === 'runs' && indicator.measure === 'ttft')
    throw badSlo('A run has no time until the first token.', 'Count calls: "of": "calls".');
  if (window.kind === 'calendar' && !isTimeZone(window.timeZone))
    throw badSlo(
      `There is no time zone ${JSON.stringify(window.timeZone)}.`,
      'Write it as in Europe/Berlin.',
    );
  if (indicator.kind !== 'promql') return;
  for (const written of [indicator.good, indicator.bad, indicator.total, indicator.badShare]) {
    if (written === undefined) continue;
    const text = metricExpression(written);
    try {
      parsePromql(text);
    } catch (error) {
      if (!(error instanceof PromqlSyntaxError)) throw error;
      throw badSlo(`Cannot read the expression: ${error.message}.`, caretLines(text, error.place.from));
    }
  }
}

export function badSlo(message: string, hint: string): SightlineError {
  return new SightlineError('bad_slo', message, { hint });
}
