/** Tests of rules as `promtool test rules` has them: series that are given, and what fires and what expressions answer at times. */
import type {
  AlertRuleInput,
  testRulesRequest,
  TestRulesRequest,
  TestRulesResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { z } from 'zod';
import { describeHistogram } from '../../promql/describe-histogram.ts';
import { evaluatePromql, type PromqlAnswer } from '../../promql/evaluate.ts';
import type { FloatHistogram } from '../../promql/histogram.ts';
import { Labels } from '../../promql/labels.ts';
import { parseDuration } from '../../promql/lexer.ts';
import { MemorySource } from '../../promql/memory-source.ts';
import { parsePromql } from '../../promql/parse.ts';
import { readLabels, readPoints, readSeriesLine, type SeriesLine } from '../../promql/series-notation.ts';
import { compileRule, type CompiledRule, labelsKey } from '../compiled-rule.ts';
import { fillTemplate, type Filling, shortest } from '../fill-template.ts';
import { type Instance, noState, type RuleState, type Sample, stepRule } from '../rule-states.ts';
import { readRuleFile } from './read-rules.ts';
import { readYaml, type YamlValue } from './rule-yaml.ts';

const lookbackMs = 300_000;
/** Of all series of a test together. */
const pointsMax = 1_000_000;
const ticksMax = 20_000;
const defaultIntervalS = 60;

/** What promtool reads, and no more: a misspelled field would be a test that cannot fail. Of these, `fuzzy_compare` is always on. */
const fields = {
  file: ['rule_files', 'evaluation_interval', 'group_eval_order', 'fuzzy_compare', 'tests'],
  test: [
    'name',
    'interval',
    'input_series',
    'alert_rule_test',
    'promql_expr_test',
    'external_labels',
    'external_url',
    'start_timestamp',
  ],
  series: ['series', 'values'],
  alerts: ['eval_time', 'alertname', 'exp_alerts'],
  alert: ['exp_labels', 'exp_annotations'],
  expression: ['expr', 'eval_time', 'exp_samples'],
  sample: ['labels', 'value', 'histogram'],
} as const;

type Kind = keyof typeof fields;

function assertFields(value: YamlValue, kind: Kind): void {
  const known: readonly string[] = fields[kind];
  const unknown = value.names().find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw bad(`${value.place}: field ${unknown} not found; fields are ${known.join(', ')}.`);
}

/** The items of a list, each with fields of its kind. */
type ItemsOf = (value: YamlValue | undefined, kind: Kind) => YamlValue[];
const knownItems: ItemsOf = (value, kind) => {
  const items = value?.items() ?? [];
  for (const item of items) assertFields(item, kind);
  return items;
};
const anyItems: ItemsOf = (value) => value?.items() ?? [];

type Failure = TestRulesResponse['failures'][number];

interface Fired {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Throws `bad_rule` for a file that is no test, and for rules that cannot be read. */
export async function testRules({
  test,
  files,
  ignoreUnknownFields: ignoresUnknown,
}: z.input<typeof testRulesRequest>): Promise<TestRulesResponse> {
  const { root, problems } = readYaml(test);
  const [problem] = problems;
  if (problem !== undefined) throw bad(`${problem.place}: ${problem.message}`);
  if (ignoresUnknown !== true) assertFields(root, 'file');
  const itemsOf = ignoresUnknown === true ? anyItems : knownItems;
  const order = (root.get('group_eval_order')?.items() ?? []).map(({ text }) => text);
  // Groups that are not named come first, as in promtool.
  const rules = rulesOf(root, files, ignoresUnknown === true).toSorted(
    (left, right) => order.indexOf(left.rule.group) - order.indexOf(right.rule.group),
  );
  const evaluationS = secondsOf(root.get('evaluation_interval'), defaultIntervalS);
  const failures: Failure[] = [];
  const tests = itemsOf(root.get('tests'), 'test');
  if (tests.length === 0) throw bad('The file has no list "tests".');
  let checks = 0;
  for (const [index, each] of tests.entries()) {
    const name = each.get('name')?.text ?? `test ${index + 1} (${each.place})`;
    const run = new TestRun(rules, each, { evaluationS, itemsOf });
    try {
      for (const message of await run.failures()) failures.push({ test: name, message });
    } catch (error) {
      if (error instanceof SightlineError) throw error;
      failures.push({ test: name, message: error instanceof Error ? error.message : String(error) });
    }
    checks += run.checks;
  }
  return { passed: failures.length === 0, tests: tests.length, checks, failures };
}

function bad(message: string): SightlineError {
  return new SightlineError('bad_rule', message, {
    hint: 'A test is written as for `promtool test rules`, see docs/alerts.md.',
  });
}

function rulesOf(
  root: YamlValue,
  files: TestRulesRequest['files'],
  ignoresUnknown: boolean,
): readonly CompiledRule[] {
  const names = (root.get('rule_files')?.items() ?? []).map(({ text }) => text);
  const named = names.flatMap((name) => {
    const found = files.filter((file) => file.name === name);
    if (found.length === 0) throw bad(`The test names the file "${name}", which is not there.`);
    return found;
  });
  return named.flatMap(({ name, text }, place) => {
    const format = /^groups\s*:/m.test(text) ? 'prometheus' : 'sightline';
    const read = readRuleFile(format, text, { ignoresUnknown });
    const spoken = read.rules.find(({ kind }) => kind !== 'promql');
    if (spoken !== undefined)
      throw bad(`${name}: the rule "${spoken.name}" is not PromQL, so no series can test it.`);
    const [problem] = read.problems;
    if (problem !== undefined) throw bad(`${name}, ${problem.place}: ${problem.message} ${problem.caret}`);
    return read.rules.map((rule: AlertRuleInput, index) =>
      compileRule({ id: `${place} ${index}`, project: '', rule }),
    );
  });
}

/** Seconds since 1970, or a time as RFC 3339 writes it. */
function momentMs(value: YamlValue | undefined): number {
  if (value === undefined) return 0;
  const { text } = value;
  const ms = /^-?\d+(?:\.\d+)?$/.test(text)
    ? Number(text) * 1000
    : /^\d{4}-\d{2}-\d{2}T/.test(text)
      ? Date.parse(text)
      : NaN;
  if (!Number.isFinite(ms)) throw bad(`${value.place}: "${text}" is not a time.`);
  return ms;
}

function secondsOf(value: YamlValue | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const { text } = value;
  const seconds = text === '0' ? 0 : (parseDuration(text) ?? Number(text));
  if (!Number.isFinite(seconds)) throw bad(`${value.place}: "${text}" is not a duration.`);
  return seconds;
}

class TestRun {
  checks = 0;
  readonly #rules: readonly CompiledRule[];
  readonly #test: YamlValue;
  readonly #itemsOf: ItemsOf;
  readonly #startMs: number;
  readonly #evaluationMs: number;
  readonly #external: NonNullable<Filling['external']>;
  readonly #source = new MemorySource();
  readonly #states = new Map<string, RuleState>();
  /** What each rule wrote at its last look: a series that it writes no more is stale. */
  readonly #written = new Map<string, readonly Labels[]>();

  constructor(
    rules: readonly CompiledRule[],
    test: YamlValue,
    { evaluationS, itemsOf }: { readonly evaluationS: number; readonly itemsOf: ItemsOf },
  ) {
    this.#rules = rules;
    this.#test = test;
    this.#itemsOf = itemsOf;
    this.#startMs = momentMs(test.get('start_timestamp'));
    this.#evaluationMs = evaluationS * 1000;
    const labels = (test.get('external_labels')?.value ?? {}) as Record<string, unknown>;
    this.#external = { labels: texts(labels), url: test.get('external_url')?.text ?? '' };
  }

  async failures(): Promise<string[]> {
    const stepMs = secondsOf(this.#test.get('interval'), this.#evaluationMs / 1000) * 1000;
    this.#load(stepMs);
    const itemsOf = this.#itemsOf;
    const alertTests = itemsOf(this.#test.get('alert_rule_test'), 'alerts');
    const expressionTests = itemsOf(this.#test.get('promql_expr_test'), 'expression');
    const timeOf = (each: YamlValue): number => secondsOf(each.get('eval_time'), 0) * 1000;
    const untilMs = Math.max(0, ...[...alertTests, ...expressionTests].map(timeOf));
    if (untilMs / this.#evaluationMs > ticksMax)
      throw bad(`The test goes on for more than ${ticksMax} evaluations.`);
    const failures: string[] = [];
    for (let tick = 0; tick <= untilMs; tick += this.#evaluationMs) {
      await this.#evaluate(tick);
      const isNow = (each: YamlValue): boolean =>
        timeOf(each) >= tick && timeOf(each) < tick + this.#evaluationMs;
      for (const each of alertTests.filter(isNow)) failures.push(...this.#checkAlerts(each));
      for (const each of expressionTests.filter(isNow))
        failures.push(...(await this.#checkExpression(each, timeOf(each))));
    }
    return failures;
  }

  #load(stepMs: number): void {
    const lines = this.#itemsOf(this.#test.get('input_series'), 'series').map((each) => {
      const { series, values } = each.value as { series: string; values: string | number };
      const notation = String(values);
      const repeats = [...notation.matchAll(/x(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
      if (repeats + notation.length > pointsMax) throw bad(`${each.place}: more than ${pointsMax} samples.`);
      return readSeriesLine(`${series} ${notation}`);
    });
    this.#source.load({ kind: 'load', lines, starts: [], stepMs, withCustomBuckets: false }, this.#startMs);
  }

  async #evaluate(tick: number): Promise<void> {
    const timeMs = this.#startMs + tick;
    for (const rule of this.#rules) {
      // Whatever their groups say: promtool evaluates all rules at each tick.
      if (rule.body.kind !== 'promql') continue;
      const values = valuesOf(await this.#ask(rule.body.text, tick));
      if (rule.rule.record !== '') {
        const lines = values.map(({ labels, value, histogram }) => ({
          labels: Labels.from(Object.entries({ ...labels, ...rule.rule.labels, __name__: rule.rule.record })),
          points: [histogram ?? value],
        }));
        this.#write(rule, lines, timeMs);
        continue;
      }
      const samples = values.map(({ labels: { __name__: _name, ...labels }, value }): Sample => ({
        key: labelsKey(labels),
        labels,
        value,
        verdict: 'breach',
      }));
      const before = this.#states.get(rule.id) ?? noState;
      const look = { kind: 'answer', samples, missing: 'fine', overflow: 0 } as const;
      const timing = { ...rule.timing, intervalMs: this.#evaluationMs };
      const { state } = stepRule(before, look, { tick: timeMs, timing });
      this.#states.set(rule.id, state);
      this.#write(rule, this.#seriesOf(rule, state), timeMs);
    }
  }

  #write(rule: CompiledRule, lines: readonly SeriesLine[], timeMs: number): void {
    const keys = new Set(lines.map(({ labels }) => labels.key));
    const ended = (this.#written.get(rule.id) ?? []).filter(({ key }) => !keys.has(key));
    this.#source.put([...lines, ...ended.map((labels) => ({ labels, points: ['stale' as const] }))], timeMs);
    this.#written.set(
      rule.id,
      lines.map(({ labels }) => labels),
    );
  }

  /** The series that Prometheus keeps about its alerts. */
  #seriesOf(rule: CompiledRule, { instances }: RuleState): SeriesLine[] {
    return [...instances.values()].flatMap((instance): SeriesLine[] => {
      const { labels } = this.#firedOf(rule, instance);
      const series = (name: string, more: Readonly<Record<string, string>> = {}): Labels =>
        Labels.from(Object.entries({ ...labels, ...more, __name__: name }));
      const alertstate = instance.state === 'pending' ? 'pending' : 'firing';
      return [
        { labels: series('ALERTS', { alertstate }), points: [1] },
        { labels: series('ALERTS_FOR_STATE'), points: [instance.activeSince / 1000] },
      ];
    });
  }

  async #ask(text: string, tick: number): Promise<PromqlAnswer> {
    const timeMs = this.#startMs + tick;
    const settings = { startMs: timeMs, endMs: timeMs, stepMs: 0, lookbackMs, subqueryStepMs: 60_000 };
    return evaluatePromql({ text, expression: parsePromql(text), settings }, this.#source);
  }

  #checkAlerts(each: YamlValue): string[] {
    const name = each.get('alertname')?.text ?? '';
    const fired = this.#rules
      .filter(({ rule }) => (rule.labels['alertname'] ?? rule.name) === name && rule.record === '')
      .flatMap((rule) =>
        [...(this.#states.get(rule.id)?.instances.values() ?? [])]
          .filter(({ state }) => state !== 'pending')
          .map((instance) => this.#firedOf(rule, instance)),
      );
    const wanted = this.#itemsOf(each.get('exp_alerts'), 'alert').map(({ value }): Fired => {
      const { exp_labels: labels = {}, exp_annotations: annotations = {} } = (value ?? {}) as {
        exp_labels?: Record<string, unknown>;
        exp_annotations?: Record<string, unknown>;
      };
      return { labels: texts({ ...labels, alertname: name }), annotations: texts(annotations) };
    });
    this.checks++;
    return compare(
      `alertname: ${name}, time: ${each.get('eval_time')?.text ?? '0'}`,
      wanted.map(firedText),
      fired.map(firedText),
    );
  }

  #firedOf({ rule }: CompiledRule, { labels, value }: FiringInstance): Fired {
    const filled = (given: Readonly<Record<string, string>>): Record<string, string> =>
      Object.fromEntries(
        Object.entries(given)
          .filter(([, text]) => text !== '')
          .map(([name, text]) => [
            name,
            fillTemplate(text, { labels, value, describe: shortest, external: this.#external }),
          ]),
      );
    const { summary, description, runbookUrl, other } = rule.annotations;
    return {
      labels: { ...labels, alertname: rule.name, ...filled(rule.labels) },
      annotations: filled({ summary, description, runbook_url: runbookUrl, ...other }),
    };
  }

  async #checkExpression(each: YamlValue, timeMs: number): Promise<string[]> {
    const expression = each.get('expr')?.text ?? '';
    const got = valuesOf(await this.#ask(expression, timeMs)).map(({ labels, value, histogram }) =>
      sampleText(labels, histogram ?? value),
    );
    const wanted = this.#itemsOf(each.get('exp_samples'), 'sample').map(({ value }) => {
      const {
        labels = '',
        value: number = 0,
        histogram,
      } = (value ?? {}) as { labels?: string; value?: unknown; histogram?: string };
      const [point] =
        typeof number === 'number' && histogram === undefined
          ? [number]
          : readPoints(histogram ?? String(number));
      return sampleText(
        readLabels(labels).labels.toObject(),
        point === undefined || point === 'stale' ? NaN : point,
      );
    });
    this.checks++;
    return compare(`expr: "${expression}", time: ${each.get('eval_time')?.text ?? '0'}`, wanted, got);
  }
}

type FiringInstance = Pick<Instance, 'labels' | 'value'>;

interface Value {
  readonly labels: Readonly<Record<string, string>>;
  /** NaN of a histogram. */
  readonly value: number;
  readonly histogram: FloatHistogram | undefined;
}

function valuesOf({ value }: PromqlAnswer): Value[] {
  if (value.kind === 'scalar') return [{ labels: {}, value: value.values[0] ?? NaN, histogram: undefined }];
  if (value.kind !== 'vector') return [];
  return value.series.flatMap((series) => {
    const sample = series.at(0);
    return sample === undefined
      ? []
      : [
          {
            labels: series.labels.toObject(),
            value: typeof sample === 'number' ? sample : NaN,
            histogram: typeof sample === 'number' ? undefined : sample,
          },
        ];
  });
}

const texts = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
const firedText = ({ labels, annotations }: Fired): string =>
  `labels ${labelsKey(labels)} annotations ${labelsKey(annotations)}`;
const sampleText = (labels: Readonly<Record<string, string>>, value: number | FloatHistogram): string =>
  `${labelsKey(labels)} ${typeof value === 'number' ? Number(value.toPrecision(12)) : describeHistogram(value)}`;

function compare(what: string, wanted: readonly string[], got: readonly string[]): string[] {
  const [a, b] = [wanted.toSorted(), got.toSorted()];
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  return [
    `${what}\n  expected: ${a.join('\n            ') || 'nothing'}\n  got:      ${b.join('\n            ') || 'nothing'}`,
  ];
}
