/** Tests of rules as `promtool test rules` has them: series that are given, and what fires and what expressions answer at times. */
import type { AlertRuleInput, TestRulesRequest, TestRulesResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { describeHistogram } from '../../promql/describe-histogram.ts';
import { evaluatePromql, type PromqlAnswer } from '../../promql/evaluate.ts';
import type { FloatHistogram } from '../../promql/histogram.ts';
import { Labels } from '../../promql/labels.ts';
import { parseDuration } from '../../promql/lexer.ts';
import { MemorySource } from '../../promql/memory-source.ts';
import { parsePromql } from '../../promql/parse.ts';
import { readLabels, readPoints, readSeriesLine } from '../../promql/series-notation.ts';
import { compileRule, type CompiledRule, fill, labelsKey } from '../compiled-rule.ts';
import { noState, type RuleState, type Sample, stepRule } from '../rule-states.ts';
import { readRuleFile } from './read-rules.ts';
import { readYaml, type YamlValue } from './rule-yaml.ts';

const lookbackMs = 300_000;
/** Of all series of a test together. */
const pointsMax = 1_000_000;
const ticksMax = 20_000;
const defaultIntervalS = 60;

/** What promtool reads, and no more: a misspelled field would be a test that cannot fail. Of these, `fuzzy_compare` is always on, and templates see no external labels. */
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
  ],
  series: ['series', 'values'],
  alerts: ['eval_time', 'alertname', 'exp_alerts'],
  alert: ['exp_labels', 'exp_annotations'],
  expression: ['expr', 'eval_time', 'exp_samples'],
  sample: ['labels', 'value', 'histogram'],
} as const;

function assertFields(value: YamlValue, kind: keyof typeof fields): void {
  const known: readonly string[] = fields[kind];
  const unknown = value.names().find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw bad(`${value.place}: field ${unknown} not found; fields are ${known.join(', ')}.`);
}

/** The items of a list, each with fields of its kind. */
function itemsOf(value: YamlValue | undefined, kind: keyof typeof fields): YamlValue[] {
  const items = value?.items() ?? [];
  for (const item of items) assertFields(item, kind);
  return items;
}

type Failure = TestRulesResponse['failures'][number];

interface Fired {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Throws `bad_rule` for a file that is no test, and for rules that cannot be read. */
export async function testRules({ test, files }: TestRulesRequest): Promise<TestRulesResponse> {
  const { root, problems } = readYaml(test);
  const [problem] = problems;
  if (problem !== undefined) throw bad(`${problem.place}: ${problem.message}`);
  assertFields(root, 'file');
  const order = (root.get('group_eval_order')?.items() ?? []).map(({ text }) => text);
  // Groups that are not named come first, as in promtool.
  const rules = rulesOf(root, files).toSorted(
    (left, right) => order.indexOf(left.rule.group) - order.indexOf(right.rule.group),
  );
  const evaluationS = secondsOf(root.get('evaluation_interval'), defaultIntervalS);
  const failures: Failure[] = [];
  const tests = itemsOf(root.get('tests'), 'test');
  if (tests.length === 0) throw bad('The file has no list "tests".');
  let checks = 0;
  for (const [index, each] of tests.entries()) {
    const name = each.get('name')?.text ?? `test ${index + 1} (${each.place})`;
    const run = new TestRun(rules, each, evaluationS);
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

function rulesOf(root: YamlValue, files: TestRulesRequest['files']): readonly CompiledRule[] {
  const names = (root.get('rule_files')?.items() ?? []).map(({ text }) => text);
  return names.flatMap((name) => {
    const found = files.find((file) => file.name === name);
    if (found === undefined) throw bad(`The test names the file "${name}", which is not there.`);
    const read = readRuleFile(/^groups\s*:/m.test(found.text) ? 'prometheus' : 'sightline', found.text);
    const spoken = read.rules.find(({ kind }) => kind !== 'promql');
    if (spoken !== undefined)
      throw bad(`${name}: the rule "${spoken.name}" is not PromQL, so no series can test it.`);
    const [problem] = read.problems;
    if (problem !== undefined) throw bad(`${name}, ${problem.place}: ${problem.message} ${problem.caret}`);
    return read.rules.map((rule: AlertRuleInput, index) =>
      compileRule({ id: `${name} ${index}`, project: '', rule }),
    );
  });
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
  readonly #evaluationMs: number;
  readonly #source = new MemorySource();
  readonly #states = new Map<string, RuleState>();

  constructor(rules: readonly CompiledRule[], test: YamlValue, evaluationS: number) {
    this.#rules = rules;
    this.#test = test;
    this.#evaluationMs = evaluationS * 1000;
  }

  async failures(): Promise<string[]> {
    const stepMs = secondsOf(this.#test.get('interval'), this.#evaluationMs / 1000) * 1000;
    this.#load(stepMs);
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
    const lines = itemsOf(this.#test.get('input_series'), 'series').map((each) => {
      const { series, values } = each.value as { series: string; values: string | number };
      const notation = String(values);
      const repeats = [...notation.matchAll(/x(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
      if (repeats + notation.length > pointsMax) throw bad(`${each.place}: more than ${pointsMax} samples.`);
      return readSeriesLine(`${series} ${notation}`);
    });
    this.#source.load({ kind: 'load', lines, starts: [], stepMs, withCustomBuckets: false });
  }

  async #evaluate(tick: number): Promise<void> {
    for (const rule of this.#rules) {
      // Rules of slower groups are evaluated at their own ticks.
      const intervalMs = Math.max(
        this.#evaluationMs,
        rule.timing.intervalMs === defaultIntervalS * 1000 ? 0 : rule.timing.intervalMs,
      );
      if (tick % intervalMs !== 0 || rule.body.kind !== 'promql') continue;
      const values = valuesOf(await this.#ask(rule.body.text, tick));
      if (rule.rule.record !== '') {
        const lines = values.map(({ labels, value }) => ({
          labels: Labels.from(Object.entries({ ...labels, ...rule.rule.labels, __name__: rule.rule.record })),
          points: [value],
        }));
        this.#source.put(lines, tick);
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
      this.#states.set(
        rule.id,
        stepRule(before, look, { tick, timing: { ...rule.timing, intervalMs } }).state,
      );
    }
  }

  async #ask(text: string, timeMs: number): Promise<PromqlAnswer> {
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
          .map((instance) => firedOf(rule, instance)),
      );
    const wanted = itemsOf(each.get('exp_alerts'), 'alert').map(({ value }): Fired => {
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

  async #checkExpression(each: YamlValue, timeMs: number): Promise<string[]> {
    const expression = each.get('expr')?.text ?? '';
    const got = valuesOf(await this.#ask(expression, timeMs)).map(({ labels, value, histogram }) =>
      sampleText(labels, histogram ?? value),
    );
    const wanted = itemsOf(each.get('exp_samples'), 'sample').map(({ value }) => {
      const {
        labels = '',
        value: number = 0,
        histogram,
      } = (value ?? {}) as { labels?: string; value?: unknown; histogram?: string };
      const [point] = readPoints(histogram ?? String(number));
      return sampleText(
        readLabels(labels).labels.toObject(),
        point === undefined || point === 'stale' ? NaN : point,
      );
    });
    this.checks++;
    return compare(`expr: "${expression}", time: ${each.get('eval_time')?.text ?? '0'}`, wanted, got);
  }
}

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

function firedOf(
  { rule }: CompiledRule,
  instance: { readonly labels: Readonly<Record<string, string>>; readonly value: number | null },
): Fired {
  const { summary, description, runbookUrl, other } = rule.annotations;
  const annotations = { summary, description, runbook_url: runbookUrl, ...other };
  const filled = Object.entries(annotations)
    .filter(([, text]) => text !== '')
    .map(([name, text]) => [name, fill(text, instance, 'none')]);
  const labels = Object.entries(rule.labels).map(([name, text]) => [name, fill(text, instance, 'none')]);
  return {
    labels: {
      ...instance.labels,
      alertname: rule.name,
      ...(Object.fromEntries(labels) as Record<string, string>),
    },
    annotations: Object.fromEntries(filled) as Record<string, string>,
  };
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
