import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSloRequest, sloInput } from '@sightline/schema/api';
import { parseRule } from '@sightline/schema/rules';
import { describe, expect, it } from 'vitest';
import { exportSlos } from './import-slos.ts';
import { readSloFile } from './read-slo-file.ts';

const sloth = `version: "prometheus/v1"
service: "myservice"
labels:
  owner: "myteam"
slos:
  - name: "requests-availability"
    objective: 99.9
    description: "Common SLO based on availability for HTTP request responses."
    sli:
      events:
        error_query: sum(rate(http_request_duration_seconds_count{job="myservice",code=~"(5..|429)"}[{{.window}}]))
        total_query: sum(rate(http_request_duration_seconds_count{job="myservice"}[{{.window}}]))
    alerting:
      name: MyServiceHighErrorRate
      labels: { category: "availability" }
      annotations: { runbook: "https://runbooks.example.com/high-errors" }
      page_alert: { labels: { severity: pageteam } }
      ticket_alert: { disable: true }
`;

const openslo = `apiVersion: openslo/v1
kind: SLO
metadata: { name: latency }
spec:
  service: api
  indicator:
    metadata: { name: p95 }
    spec:
      thresholdMetric: { metricSource: { type: Prometheus, spec: { query: request_latency_seconds } } }
  timeWindow: [{ duration: 4w, isRolling: true }]
  budgetingMethod: Timeslices
  objectives:
    - { displayName: fast, op: lte, value: 0.3, target: 0.95 }
    - { displayName: slow, op: lte, value: 1, targetPercent: 99.5 }
  alertPolicies: [ { alertPolicyRef: page } ]
`;

describe('files of SLOs', () => {
  it('of Sloth', () => {
    const { format, slos, problems, notes } = readSloFile('auto', sloth);
    expect({ format, problems }).toEqual({ format: 'sloth', problems: [] });
    expect(slos).toMatchObject([
      {
        name: 'myservice requests-availability',
        objective: 0.999,
        indicator: {
          bad: 'sum(rate(http_request_duration_seconds_count{job="myservice",code=~"(5..|429)"}[$window]))',
          total: 'sum(rate(http_request_duration_seconds_count{job="myservice"}[$window]))',
        },
        window: { days: 30 },
        alerts: 'page',
        labels: { service: 'myservice', owner: 'myteam', category: 'availability' },
        runbookUrl: 'https://runbooks.example.com/high-errors',
        badEventsMin: 0,
      },
    ]);
    expect(notes).toHaveLength(1);
    // Its Kubernetes form writes the same in camel case below `spec`.
    const kubernetes = `apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
spec:
${sloth
  .replace(/^version.*\n/, '')
  .replaceAll('error_query', 'errorQuery')
  .replaceAll('total_query', 'totalQuery')
  .replaceAll('page_alert', 'pageAlert')
  .replaceAll('ticket_alert', 'ticketAlert')
  .replaceAll(/^/gm, '  ')}`;
    expect(readSloFile('auto', kubernetes).slos).toEqual(slos);
  });

  it('of OpenSLO, an objective each', () => {
    const { slos, problems, notes } = readSloFile('auto', openslo);
    expect(problems).toEqual([]);
    expect(slos).toMatchObject([
      {
        name: 'latency fast',
        objective: 0.95,
        window: { kind: 'rolling', days: 28 },
        indicator: { badShare: '1 - ((request_latency_seconds) <= bool 0.3)' },
      },
      { name: 'latency slow', objective: 0.995 },
    ]);
    expect(notes).toHaveLength(2);
  });

  it.each([
    ['', /nothing in it/],
    ['slos: [', /line 1/],
    ['slos: 3', /"slos"/],
    ['slos: [{ name: a, objective: 99, indicator: { kind: availability } }]', /"objective"/],
    ['slos: [{ name: a, objective: 0.9, indicator: { kind: avalability } }]', /"indicator/],
    ['other: 1', /slos/],
    [openslo.replace('request_latency_seconds', '""'), /no "query"/],
    [openslo.replace('4w', '10h'), /not a number of days/],
    [sloth.replace('      events:', '      plugin:'), /plugin/],
    [
      sloth.replace('objective: 99.9', 'objective: 199'),
      /"[\w.]*objective": it is a percentage between 0 and 100/,
    ],
    [`${openslo}---\n${openslo}`, /Two SLOs are called/],
  ])('say what is wrong with %j', (text, message) => {
    const { problems } = readSloFile('auto', text);
    expect(
      JSON.stringify(problems.map(({ place, message: said }) => `${place}: ${said}`)).replaceAll('\\"', '"'),
    ).toMatch(message);
  });

  it('come back as they went', () => {
    const { slos } = readSloFile('auto', sloth);
    expect(readSloFile('auto', exportSlos(slos)).slos).toEqual(slos);
  });
});

describe('docs/slos.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../../../docs/slos.md'), 'utf8');
  const blocks = (language: string): string[] =>
    [...page.matchAll(/^```(\w+)\n(.*?)^```/gms)].flatMap(([, of, text = '']) =>
      of === language ? [text] : [],
    );

  it('has SLOs, rules and files that can be read', () => {
    const [json = ''] = blocks('json');
    expect(() =>
      checkSloRequest.parse({ slo: JSON.parse(json.slice(json.indexOf('{'))) as unknown }),
    ).not.toThrow();
    const [rule = ''] = blocks('rule');
    expect(parseRule(rule.trim()).ok).toBe(true);
    const [yaml = ''] = blocks('yaml');
    expect(readSloFile('auto', yaml)).toMatchObject({ format: 'sightline', problems: [] });
    for (const kind of sloInput.shape.indicator.options)
      expect(page).toContain(`\`${kind.shape.kind.value}\``);
  });
});
