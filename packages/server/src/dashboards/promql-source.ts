import type { PanelQuery } from '@sightline/schema/api';
import { type Expression, PromqlExecutionError, PromqlSyntaxError } from '../promql/ast.ts';
import type { PromqlAnswer } from '../promql/evaluate.ts';
import { mapMatchers } from '../promql/map-matchers.ts';
import { parsePromql } from '../promql/parse.ts';
import { printPromql } from '../promql/print.ts';
import { askInstant, askRange } from '../query/prometheus/questions.ts';
import { fillIntervals, fillPromql } from './fill-variables.ts';
import { spreadOfBuckets } from './spread-of-buckets.ts';
import { termsOfLabels } from './items-behind.ts';
import {
  badPanel,
  type BandQuestion,
  lengthS,
  nameOf,
  type PanelScope,
  type PanelSource,
  type Series,
  type SpreadData,
  type Total,
} from './panel-answer.ts';

const lookbackMs = 300_000;

/** An expression in PromQL over stored metrics. */
export class PromqlSource implements PanelSource {
  readonly unit = 'none';
  readonly notes: string[] = [];
  readonly #scope: PanelScope;
  readonly #asked: PanelQuery;
  readonly #text: string;
  readonly #expression: Expression;

  /** Throws `bad_panel`. */
  constructor(asked: PanelQuery, scope: PanelScope) {
    this.#asked = asked;
    this.#scope = scope;
    this.#text = fillIntervals(asked.text, {
      stepS: scope.grid.stepMs / 1000,
      rangeS: lengthS(scope.range),
    });
    this.#expression = fillPromql(readExpression(this.#text), scope.values);
  }

  get bandQuestion(): BandQuestion {
    return { kind: 'promql', text: this.#text, expression: this.#expression };
  }

  async series(): Promise<readonly Series[]> {
    const { firstMs, stepMs, count } = this.#scope.grid;
    const times = { startMs: firstMs, endMs: firstMs + (count - 1) * stepMs, stepMs };
    const answer = await this.#ask(async (asked) => askRange(this.#scope.context, { ...asked, ...times }));
    return this.#read(answer).map(({ labels, values }) => ({
      name: nameOf(this.#asked, labels),
      labels,
      values,
      behind: this.#behind(labels),
    }));
  }

  /** At the end of the range; what was before is at its beginning, so that `increase(x[$__range])` is that of the range before. */
  async totals(): Promise<readonly Total[]> {
    const { range } = this.#scope;
    const at = async (nanos: bigint) =>
      this.#read(
        await this.#ask(async (asked) =>
          askInstant(this.#scope.context, { ...asked, timeMs: Number(nanos / 1_000_000n) }),
        ),
      );
    const now = await at(range.to);
    const before = new Map(
      (await at(range.from)).map(({ labels, values }) => [JSON.stringify(labels), values[0] ?? null]),
    );
    return now.map(({ labels, values }) => ({
      name: nameOf(this.#asked, labels),
      labels,
      value: values[0] ?? null,
      before: before.get(JSON.stringify(labels)) ?? null,
      behind: this.#behind(labels),
    }));
  }

  /** The buckets of a histogram, by their label `le`: over the steps, or at the end of the range. */
  async spread(): Promise<SpreadData> {
    const isHeat = this.#scope.panel.kind === 'heat';
    const found = isHeat
      ? await this.series()
      : (await this.totals()).map(({ labels, value }) => ({ labels, values: [value] }));
    if (found.length === 0) return { bounds: [], counts: [], behind: null, field: null };
    const read = spreadOfBuckets(found, isHeat ? this.#scope.grid.count : 1);
    if (read === undefined)
      throw badPanel(
        'A distribution in PromQL needs the buckets of a histogram, by their label le.',
        'Write for example sum by (le) (increase(http_server_request_duration_seconds_bucket[$__interval])).',
      );
    if (read.beyond !== undefined) this.notes.push(`What lies above ${read.beyond} is drawn in one bucket.`);
    const behind = this.#behind({});
    return {
      bounds: read.bounds,
      counts: read.counts,
      behind: behind !== null && 'list' in behind ? behind : null,
      field: null,
    };
  }

  /** The traces that have what its labels and its matchers say; where lists know nothing of that, the expression. */
  #behind(labels: Series['labels']): Series['behind'] {
    const terms = termsOfLabels({ ...matchedBy(this.#expression), ...labels });
    return terms.length > 0
      ? { list: 'traces', q: terms.join(' ') }
      : {
          path: `/metrics/explore?${new URLSearchParams({ view: 'promql', expr: printPromql(this.#expression) }).toString()}`,
        };
  }

  async #ask(
    ask: (asked: {
      readonly text: string;
      readonly expression: Expression;
      readonly lookbackMs: number;
    }) => Promise<PromqlAnswer>,
  ): Promise<PromqlAnswer> {
    try {
      return await ask({ text: this.#text, expression: this.#expression, lookbackMs });
    } catch (error) {
      if (error instanceof PromqlExecutionError || error instanceof PromqlSyntaxError)
        throw badPanel(`The expression cannot be answered: ${error.message}.`);
      throw error;
    }
  }

  #read({ value, grid, warnings, infos }: PromqlAnswer): {
    readonly labels: Record<string, string>;
    readonly values: (number | null)[];
  }[] {
    for (const note of [...warnings, ...infos]) if (!this.notes.includes(note)) this.notes.push(note);
    const steps = Array.from({ length: grid.count }, (_, step) => step);
    if (value.kind === 'scalar')
      return [{ labels: {}, values: steps.map((step) => finite(value.values[step])) }];
    if (value.kind !== 'vector')
      throw badPanel(
        `The expression is a ${value.kind === 'matrix' ? 'range of samples' : 'text'}, which no panel can show.`,
        'Put a function such as rate( ) around it.',
      );
    return value.series.map((series) => ({
      labels: series.labels.toObject(),
      values: steps.map((step) => {
        const sample = series.at(step);
        return typeof sample === 'number' ? finite(sample) : null;
      }),
    }));
  }
}

/** Labels that all selectors want to have one value. */
function matchedBy(expression: Expression): Record<string, string> {
  const wanted = new Map<string, Set<string>>();
  mapMatchers(expression, (matcher) => {
    const { name, kind, value } = matcher;
    if (kind === '=') wanted.set(name, (wanted.get(name) ?? new Set()).add(value));
    return matcher;
  });
  return Object.fromEntries(
    [...wanted].flatMap(([name, values]) => (values.size === 1 ? [[name, [...values][0] ?? '']] : [])),
  );
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

function readExpression(text: string): Expression {
  try {
    return parsePromql(text);
  } catch (error) {
    if (!(error instanceof PromqlSyntaxError)) throw error;
    throw badPanel(`Cannot read the expression: ${error.message}.`);
  }
}
