import { describe, expect, it } from 'vitest';
import { exportRules } from './export-rules.ts';
import { readRuleFile } from './read-rules.ts';
import { testRules } from './test-rules.ts';

/** As in Prometheus' documentation of unit tests. */
const alertsFile = `groups:
- name: example
  rules:
  - alert: InstanceDown
    expr: up == 0
    for: 5m
    labels:
      severity: page
    annotations:
      summary: "Instance {{ $labels.instance }} down"
      description: "{{ $labels.instance }} of job {{ $labels.job }} has been down for more than 5 minutes."
  - alert: AnotherInstanceDown
    expr: up == 0
    for: 10m
    labels:
      severity: page
    annotations:
      summary: "Instance {{ $labels.instance }} down"
  - record: job:up:sum
    expr: sum by (job) (up)
`;
const test = `rule_files:
  - alerts.yml
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'up{job="prometheus", instance="localhost:9090"}'
        values: '0 0 0 0 0 0 0 0 0 0 0 0 0 0 0'
      - series: 'up{job="node_exporter", instance="localhost:9100"}'
        values: '1+0x6 0 0 0 0 0 0 0 0'
      - series: 'go_goroutines{job="prometheus", instance="localhost:9090"}'
        values: '10+10x2 30+20x5'
    alert_rule_test:
      - eval_time: 10m
        alertname: InstanceDown
        exp_alerts:
          - exp_labels:
              severity: page
              instance: localhost:9090
              job: prometheus
            exp_annotations:
              summary: "Instance localhost:9090 down"
              description: "localhost:9090 of job prometheus has been down for more than 5 minutes."
      - eval_time: 4m
        alertname: InstanceDown
    promql_expr_test:
      - expr: go_goroutines > 5
        eval_time: 4m
        exp_samples:
          - labels: 'go_goroutines{job="prometheus",instance="localhost:9090"}'
            value: 50
      - expr: job:up:sum
        eval_time: 3m
        exp_samples:
          - labels: 'job:up:sum{job="node_exporter"}'
            value: 1
          - labels: 'job:up:sum{job="prometheus"}'
            value: 0
`;

describe('rule files of Prometheus', () => {
  it('come and go as they are', () => {
    const { rules, problems } = readRuleFile('prometheus', alertsFile);
    expect(problems).toEqual([]);
    expect(rules.map(({ name, severity, forS, record }) => [name, severity, forS, record])).toEqual([
      ['InstanceDown', 'critical', 300, ''],
      ['AnotherInstanceDown', 'critical', 600, ''],
      ['job:up:sum', 'warning', 0, 'job:up:sum'],
    ]);
    const { text, left } = exportRules(rules, 'prometheus');
    expect(left).toEqual([]);
    expect(readRuleFile('prometheus', text).rules).toEqual(rules);
    const ours = exportRules(rules, 'sightline');
    expect(readRuleFile('sightline', ours.text)).toMatchObject({ rules, problems: [] });
  });

  it('keep what their groups say', () => {
    const grouped = alertsFile.replace(
      '  rules:',
      '  interval: 30s\n  query_offset: 1m\n  limit: 7\n  rules:',
    );
    const { rules } = readRuleFile('prometheus', grouped);
    expect(rules.map(({ intervalS, delayS, limit }) => [intervalS, delayS, limit])).toEqual([
      [30, 60, 7],
      [30, 60, 7],
      [30, 60, 7],
    ]);
    const { text } = exportRules(rules, 'prometheus');
    expect(text).toContain('limit: 7');
    expect(readRuleFile('prometheus', text).rules).toEqual(rules);
  });

  it('keep two alerts of one name apart', () => {
    const twice = alertsFile.replace('AnotherInstanceDown', 'InstanceDown');
    const { rules } = readRuleFile('prometheus', twice);
    expect(rules.map(({ name, labels }) => [name, labels['alertname']])).toEqual([
      ['InstanceDown', undefined],
      ['InstanceDown (example 2)', 'InstanceDown'],
      ['job:up:sum', undefined],
    ]);
    expect(exportRules(rules, 'prometheus').text.match(/alert: InstanceDown$/gm)).toHaveLength(2);
  });

  it.each([
    ['groups: [', 'line 1'],
    ['rules: []', 'the file'],
    [alertsFile.replace('expr: up == 0', 'expr: up =='), 'line 4'],
    [alertsFile.replace('for: 5m', 'for: 5x'), 'line 4'],
    [alertsFile.replace('for: 5m', 'fro: 5m'), 'line 4'],
    [alertsFile.replace('alert: InstanceDown', 'other: x'), 'line 4'],
    [
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\ngroups: [*c,*c,*c,*c,*c]`,
      'the file',
    ],
  ])('say where they are wrong', (text, place) => {
    const { problems } = readRuleFile('prometheus', text);
    expect(problems[0]?.place).toBe(place);
  });

  it('are tested as promtool does', async () => {
    const files = [{ name: 'alerts.yml', text: alertsFile }];
    expect(await testRules({ test, files })).toEqual({ passed: true, tests: 1, checks: 4, failures: [] });
    const wrong = await testRules({
      test: test.replace('value: 50', 'value: 51').replace('severity: page', 'severity: none'),
      files,
    });
    expect(wrong.failures.map(({ message }) => message.split('\n')[0])).toEqual([
      'expr: "go_goroutines > 5", time: 4m',
      'alertname: InstanceDown, time: 10m',
    ]);
    await expect(testRules({ test, files: [] })).rejects.toThrow('"alerts.yml"');
    await expect(testRules({ test: test.replace('1+0x6', '1+0x999999999'), files })).rejects.toThrow(
      'more than',
    );
  });
});

describe('tests of rules', () => {
  const histogramTest = `rule_files: [ours.yml]
group_eval_order: [first]
fuzzy_compare: true
tests:
  - name: a native histogram
    input_series:
      - series: latency
        values: '{{schema:0 sum:5 count:4 buckets:[1 2 1]}}x3'
    promql_expr_test:
      - expr: latency
        eval_time: 2m
        exp_samples:
          - labels: latency
            histogram: '{{schema:0 sum:5 count:4 buckets:[1 2 1]}}'
    alert_rule_test:
      - eval_time: 2m
        alertname: Full
        exp_alerts:
          - exp_labels: {}
`;
  const ours = `rules:
  - { name: Full, kind: promql, query: histogram_count(latency) > 3 }
`;

  it('expect native histograms, and read files of ours', async () => {
    const files = [{ name: 'ours.yml', text: ours }];
    expect(await testRules({ test: histogramTest, files })).toMatchObject({ failures: [], checks: 2 });
    const other = histogramTest.replace("histogram: '{{schema:0 sum:5", "histogram: '{{schema:0 sum:6");
    const { failures } = await testRules({ test: other, files });
    expect(failures.map(({ message }) => message)).toEqual([expect.stringContaining('{count:4, sum:5')]);
  });

  it('have no fields that nobody reads', async () => {
    const files = [{ name: 'ours.yml', text: ours }];
    await expect(
      testRules({ test: histogramTest.replace('alert_rule_test', 'alert_rules_test'), files }),
    ).rejects.toThrow('field alert_rules_test not found');
    const spoken = [{ name: 'ours.yml', text: 'rules: [{ name: Full, query: error_rate > 5% }]' }];
    await expect(testRules({ test: histogramTest, files: spoken })).rejects.toThrow('"Full" is not PromQL');
  });
});

describe('our rule files', () => {
  it('say where they are wrong', () => {
    const text = 'rules:\n  - name: Slow\n    query: p95(duraton) > 3s\n  - name: Odd\n    qery: x\n';
    const { problems } = readRuleFile('sightline', text);
    expect(problems).toMatchObject([
      {
        place: 'line 2',
        message: expect.stringContaining('column 5') as string,
        caret: expect.stringContaining('Did you mean `duration`?') as string,
      },
      { place: 'line 4' },
    ]);
  });
});

describe('a rule file of Prometheus that Prometheus refuses', () => {
  const inRule = (lines: string, head = 'alert: A'): string =>
    `groups:\n- name: g\n  rules:\n  - ${head}\n    expr: up == 0\n    ${lines}\n`;
  const inSummary = (text: string): string => inRule(`annotations: {summary: '${text}'}`);

  it.each([
    [inRule('labels: {a: {b: c}}'), 'line 6', '"labels.a" is no text.'],
    [inRule('labels: [a]'), 'line 6', '"labels" is no map of names to texts.'],
    [inRule('labels: {__name__: x}'), 'line 6', 'invalid label name: __name__'],
    [inRule('annotations: abc'), 'line 6', '"annotations" is no map of names to texts.'],
    [inRule('annotations: {a-b: x}'), 'line 6', 'invalid annotation name: a-b'],
    [inRule('for: 5m', 'record: a:b'), 'line 4', "invalid field 'for' in recording rule"],
    [inRule('annotations: {a: b}', 'record: a:b'), 'line 4', "invalid field 'annotations' in recording rule"],
    [inRule('for: 1y'), 'line 4', '"for": Too big: expected number to be <=604800'],
    ['groups:\n- rules: []\n', 'line 2', 'Groupname must not be empty'],
    ['groups: [a]\n', 'line 1', 'A group has fields.'],
    ['groups:\n- name: g\n- name: g\n', 'line 3', 'groupname: "g" is repeated in the same file'],
    ['groups:\n- name: g\n  rules: {a: b}\n', 'line 2', '"rules" is no list.'],
    ['groups: []\nfoo: bar\n', 'line 1', 'field foo not found'],
    [inSummary('{{ $labels.x '), 'line 4', /"summary" cannot be filled in: an action has no }}\.$/],
    [inSummary('{{ if $value }}x'), 'line 4', /"if" has no "end"\.$/],
    [inSummary('x{{ end }}'), 'line 4', /"end" stands where nothing was begun\.$/],
    [inSummary('{{ humanise $value }}'), 'line 4', /"humanise" is not known, did you mean "humanize"\.$/],
    [inSummary('{{ $label.x }}'), 'line 4', /"\$label" is not known, did you mean "\$labels"\.$/],
    [inRule("labels: {x: '{{ $value'}"), 'line 4', /"x" cannot be filled in/],
  ])('is refused here, with the place: %j', (text, place, message) => {
    const { rules, problems } = readRuleFile('prometheus', text);
    expect([rules, problems]).toMatchObject([
      [],
      [{ place, message: typeof message === 'string' ? message : expect.stringMatching(message) }],
    ]);
    expect(problems[0]?.caret !== '' || problems[0]?.hint !== '' || place === 'line 4').toBe(true);
  });

  it.each([
    '{{ $labels.instance }} of {{ .Labels.job }}: {{ $value | humanize }}',
    '{{ with printf "up{job=\\"%s\\"}" .Labels.job | query }}{{ . | first | value | printf "%.2f" }}{{ end }}',
    '{{ range $i, $each := query "up" }}{{ if $i }}, {{ end }}{{ $each.Labels.job }}{{ else }}none{{ end }}',
    '{{ $runs := 5 }}{{ if and (gt $value 0.5) (lt $value 1e3) }}{{- $runs -}}{{ end }}',
    '{{ define "x" }}{{ .Value }}{{ end }}{{ template "x" . }}',
    '{{/* nothing */}}{{ "}}" }}{{ `{{ nope }}` }}{{ reReplaceAll "(.*)" "${1}" $labels.a }}',
    '{{ externalURL }}{{ $externalLabels.cluster }}{{ $externalURL }}{{ not true }} } }} {',
    '{{ labels.service }} {{ value }}',
  ])('but not for texts that are right: %s', (summary) => {
    const file = JSON.stringify({
      groups: [{ name: 'g', rules: [{ alert: 'A', expr: 'up', annotations: { summary } }] }],
    });
    expect(readRuleFile('prometheus', file)).toMatchObject({
      problems: [],
      rules: [{ annotations: { summary } }],
    });
  });
});
