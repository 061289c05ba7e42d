/**
 * One model under two names: a call that failed names the model that was asked for (`gpt-4o`), one that was answered the one that answered (`gpt-4o-2024-08-06`), and some tell the
 * provider only with the answer. Calls of a requested name count for the name that answers it most, in every list and sum of agents; a single span keeps what it tells.
 */
import type { Reader } from '../reader.ts';
import type { ExactFilters } from '../sql/agent-filter-sql.ts';
import { inRange } from '../sql/range-sql.ts';
import { sql, type Sql, strings, trusted, uint } from '../sql/sql.ts';
import type { Window } from '../time-range.ts';
import { isInference } from '../sql/usage-sql.ts';
import type { JoinedModels, ModelName } from './model-names.ts';

interface AnsweredRow {
  readonly provider: string;
  readonly requested: string;
  readonly answered: string;
  readonly calls: string;
}

/** The names that were met most, where there are more. */
const namesMax = 2_000;

export async function readJoinedModels(reader: Reader, range: Window): Promise<JoinedModels> {
  const rows = await reader.rows<AnsweredRow>(sql`
    SELECT provider, request_model AS requested, response_model AS answered, count() AS calls FROM ai_spans
    WHERE ${inRange(reader.project, 'spans', range)} AND ${trusted(isInference)} AND request_model != '' AND response_model != ''
    GROUP BY provider, requested, answered ORDER BY calls DESC, provider, requested, answered LIMIT ${uint(namesMax)}`);
  return joinModels(rows.map((row) => ({ ...row, calls: Number(row.calls) })));
}

/** `rows` begin with those of most calls. */
export function joinModels(rows: readonly (Omit<AnsweredRow, 'calls'> & { calls: number })[]): JoinedModels {
  const joined: (readonly [ModelName, ModelName])[] = [];
  const byName = new Map<string, string>();
  for (const [requested, answers] of Map.groupBy(rows, (row) => row.requested)) {
    for (const [provider, ofProvider] of Map.groupBy(answers, (row) => row.provider)) {
      const answered = ofProvider[0]?.answered ?? requested;
      // A name that answers by itself is a model of its own.
      if (ofProvider.some((row) => row.answered === requested)) continue;
      joined.push([
        { provider, model: requested },
        { provider, model: answered },
      ]);
    }
    const [most] = answers;
    if (most !== undefined && !answers.some((row) => row.answered === requested))
      byName.set(requested, most.answered);
    if (most === undefined || answers.some(({ provider }) => provider === '')) continue;
    const own = answers.some((row) => row.provider === most.provider && row.answered === requested);
    joined.push([
      { provider: '', model: requested },
      { provider: most.provider, model: own ? requested : most.answered },
    ]);
  }
  return { pairs: joined, byName };
}

/** The names under which a call of these names is listed. */
export function listedModel({ pairs }: JoinedModels, { provider, model }: ModelName): ModelName {
  const found = pairs.find(([reported]) => reported.provider === provider && reported.model === model);
  return found?.[1] ?? { provider, model };
}

/** Every name that calls of one model tell, whichever of them is asked for. */
export function namesOfModel({ byName }: JoinedModels, asked: string): readonly string[] {
  const listed = byName.get(asked) ?? asked;
  const reported = [...byName].filter(([, name]) => name === listed).map(([name]) => name);
  return [...new Set([asked, listed, ...reported])];
}

/** Filters that meet calls of the model that is asked for under each of its names. */
export async function withModelNames<Filters extends ExactFilters>(
  reader: Reader,
  filters: Filters,
  range: Window,
): Promise<Filters> {
  if (typeof filters.model !== 'string') return filters;
  return { ...filters, model: namesOfModel(await readJoinedModels(reader, range), filters.model) };
}

/** A model's name as it is listed, in a sum that knows no provider. */
export function listedNameSql(name: string, { byName }: JoinedModels): Sql {
  if (byName.size === 0) return trusted(name);
  return sql`transform(${trusted(name)}, ${strings([...byName.keys()])}, ${strings([...byName.values()])}, ${trusted(name)})`;
}

/** Rows of `callRows` with the names under which they are listed; those that were told stand beside as `toldModel`. */
export function underJoinedNames(calls: Sql, { pairs: joined }: JoinedModels): Sql {
  if (joined.length === 0) return sql`SELECT *, model AS toldModel FROM (${calls})`;
  const reported = strings(joined.map(([{ provider, model }]) => `${provider}\n${model}`));
  const name = (of: keyof ModelName): Sql =>
    sql`transform(concat(provider, '\\n', model), ${reported}, ${strings(joined.map(([, listed]) => listed[of]))}, toString(${trusted(of)}))`;
  return sql`SELECT * EXCEPT (listed_), listed_.1 AS provider, listed_.2 AS model FROM (
    SELECT * EXCEPT (provider, model), tuple(${name('provider')}, ${name('model')}) AS listed_, model AS toldModel FROM (${calls}))`;
}
