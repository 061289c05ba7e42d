/** A value in the words of rules, such as `p95(duration) of calls by model`. */
import { unixNano } from '@sightline/base';
import type { PanelQuery } from '@sightline/schema/api';
import { findBuiltinField } from '@sightline/schema/filter';
import { type Measure, parseValue, signalOf, type ValueQuery } from '@sightline/schema/rules';
import { type JoinedModels, noJoinedModels } from '../query/agents/model-names.ts';
import { namesModels } from '../query/alerts/items-of.ts';
import { valueOfNothing } from '../query/alerts/read-rule-values.ts';
import { readSpread } from '../query/alerts/read-spread.ts';
import { fillFilter } from './fill-variables.ts';
import { behindWords } from './items-behind.ts';
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

/** Buckets of a distribution and of a heat map, for each doubling of the value. */
const perOctaveOf = { distribution: 6, heat: 4 } as const;

export class WordsSource implements PanelSource {
  readonly notes: string[] = [];
  readonly #scope: PanelScope;
  readonly #asked: PanelQuery;
  readonly #query: Omit<ValueQuery, 'windowS'> & { readonly windowS: number | undefined };

  /** Throws `bad_panel`. */
  constructor(asked: PanelQuery, scope: PanelScope) {
    const read = parseValue(fillFilter(asked.text, scope.values));
    if (!read.ok) {
      const { message, caret, hint } = read.error;
      throw badPanel(message.replace('the rule', 'the value'), `${caret}\n${hint}`.trim());
    }
    this.#asked = asked;
    this.#scope = scope;
    this.#query = read.value;
  }

  get unit(): ValueQuery['unit'] {
    return this.#query.unit;
  }

  get isOfRuns(): boolean {
    return this.#query.source === 'runs' || this.#query.source === 'calls';
  }

  get bandQuestion(): BandQuestion {
    return { kind: 'value', query: this.#query };
  }

  async series(): Promise<readonly Series[]> {
    const { words, grid } = this.#scope;
    // Every item is in one step, unless the words say over which window they look back.
    const windowS = this.#query.windowS ?? grid.stepMs / 1000;
    const stepNanos = BigInt(grid.stepMs) * 1_000_000n;
    const found = await words.history(
      { ...this.#query, windowS },
      {
        first: BigInt(grid.firstMs) * 1_000_000n + stepNanos,
        stepNanos,
        count: grid.count,
        windowNanos: BigInt(Math.round(windowS * 1e9)),
      },
    );
    const joined = await this.#joined();
    return found.map(({ labels, values }) => ({
      name: this.#nameOf(labels),
      labels,
      values: values.map((value) => value ?? null),
      behind: behindWords(this.#query, labels, joined),
    }));
  }

  /** The range, and with it the one before, are two looks of one statement. */
  async totals(): Promise<readonly Total[]> {
    const { words, range } = this.#scope;
    const query = { ...this.#query, windowS: lengthS(range) };
    const length = range.to - range.from;
    const found = await words.history(query, {
      first: range.from,
      stepNanos: length,
      count: 2,
      windowNanos: length,
    });
    const isEmpty = valueOfNothing(query);
    const joined = await this.#joined();
    return found.flatMap(({ labels, values: [before, value] }) =>
      value === undefined || (value === isEmpty && query.by.length > 0)
        ? []
        : [
            {
              name: this.#nameOf(labels),
              labels: { ...labels },
              value,
              before: before ?? null,
              behind: behindWords(this.#query, labels, joined),
            },
          ],
    );
  }

  /** Items that lack what they are told apart by are a line as well. */
  #nameOf(labels: Series['labels']): string {
    const { by } = this.#query;
    return by.length > 0 && this.#asked.name === '' && Object.keys(labels).length === 0
      ? `no ${by.map(({ name }) => name).join(', ')}`
      : nameOf(this.#asked, labels);
  }

  async #joined(): Promise<JoinedModels> {
    return namesModels(this.#query) ? this.#scope.words.namesIn(this.#scope.range) : noJoinedModels;
  }

  async spread(): Promise<SpreadData> {
    const { context, grid, range, panel } = this.#scope;
    const { left, source, filter } = this.#query;
    if (!('measure' in left))
      throw badPanel(
        'A distribution needs a number that each item has.',
        'Write for example avg(duration) of runs, or avg(score.groundedness).',
      );
    const isHeat = panel.kind === 'heat';
    const spread = await readSpread(context, {
      query: { source, filter },
      measure: left.measure,
      first: isHeat ? BigInt(grid.firstMs) * 1_000_000n : range.from,
      stepNanos: isHeat ? BigInt(grid.stepMs) * 1_000_000n : unixNano(range.to - range.from),
      count: isHeat ? grid.count : 1,
      perOctave: perOctaveOf[isHeat ? 'heat' : 'distribution'],
    });
    return {
      bounds: [...spread.bounds],
      counts: spread.counts.map((counts) => [...counts]),
      behind: behindWords(this.#query, {}),
      field: fieldOf(left.measure, signalOf(source)),
    };
  }
}

/** How a filter of lists asks for values of the measure; null where it cannot. */
function fieldOf(measure: Measure, signal: ReturnType<typeof signalOf>): string | null {
  if (measure.type === 'score') return `score.${measure.name}`;
  if (measure.type === 'attribute') return `${measure.source}.${measure.name}`;
  const name = signal === 'traces' ? `trace.${measure.name}` : measure.name;
  return findBuiltinField(signal, name) === undefined ? null : name;
}
