import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AlertRule, ImportRulesResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { evaluatePromql } from '../promql/evaluate.ts';
import type { Fetch, SampleSource } from '../promql/fetches.ts';
import { Labels } from '../promql/labels.ts';
import { parsePromql } from '../promql/parse.ts';
import type { RawSeries } from '../promql/series.ts';
import { LiveServer } from '../testing/live-server.ts';

const file = join(import.meta.dirname, '../../../../conformance/alert-expressions/alert-expressions.txt');
const expressions = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const stepMs = 30_000;

/** Whatever is asked for is there: a counter of the labels that the selector names, and each bucket of a histogram. */
class Everything implements SampleSource {
  readonly #perSecond: number;
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  async fetch({ matchers, fromMs, toMs }: Fetch): Promise<readonly RawSeries[]> {
    const labels = matchers
      .filter(({ kind, value }) => kind === '=' && value !== '')
      .map(({ name, value }): [string, string] => [name, value]);
    const known = new Set(labels.map(([name]) => name));
    for (const { name, kind, value } of matchers)
      if (kind === '=~' && !known.has(name)) labels.push([name, value.replace(/[|(.[].*$/, '')]);
    labels.push(['instance', 'one']);
    const isHistogram = labels.some(([name, value]) => name === '__name__' && value.endsWith('_bucket'));
    const each = isHistogram && !known.has('le') ? ['0.1', '1', '10', '+Inf'] : [''];
    const times: number[] = [];
    for (let time = Math.ceil((fromMs + 1) / stepMs) * stepMs; time <= toMs; time += stepMs) times.push(time);
    if (times.length === 0) return [];
    return each.map((le, index) => ({
      labels: Labels.from([...labels, ...(le === '' ? [] : [['le', le] as const])]),
      times,
      values: times.map((time) => ((time - nowMs) / 1000 + 1e6) * this.#perSecond * (index + 1)),
      histograms: undefined,
      stale: new Uint8Array(times.length),
      starts: undefined,
    }));
  }
}

describe('expressions of alerts that people run', () => {
  it(`are ${expressions.length}, each once`, () => {
    expect(expressions.length).toBeGreaterThanOrEqual(670);
    expect(new Set(expressions).size).toBe(expressions.length);
  });

  it('parse and evaluate, and most have something to say about one world or the other', async () => {
    const answered = new Set<string>();
    const faults: string[] = [];
    for (const perSecond of [0.001, 1, 1_000, -1])
      for (const text of expressions)
        try {
          const settings = {
            startMs: nowMs,
            endMs: nowMs,
            stepMs: 0,
            lookbackMs: 300_000,
            subqueryStepMs: 60_000,
          };
          const { value } = await evaluatePromql(
            { text, expression: parsePromql(text), settings },
            new Everything(perSecond),
          );
          if (value.kind === 'scalar' || (value.kind === 'vector' && value.series.length > 0))
            answered.add(text);
        } catch (error) {
          faults.push(`${text}: ${String(error)}`);
        }
    expect(faults).toEqual([]);
    expect(answered.size).toBeGreaterThanOrEqual(450);
  });

  describe('as a rule file of Prometheus', () => {
    let server: LiveServer;
    beforeAll(async () => {
      server = await LiveServer.start();
    });
    afterAll(async () => server.close());

    it('are imported, and looked at without an error', { timeout: 120_000 }, async () => {
      const text = stringify({
        groups: [
          { name: 'public', rules: expressions.map((expr, index) => ({ alert: `Public ${index}`, expr })) },
        ],
      });
      const { status, body } = await server.ask('/alerts/rules/import', 'POST', {
        format: 'prometheus',
        text,
      });
      expect(status).toBe(200);
      expect((body as ImportRulesResponse).problems).toEqual([]);
      for (;;) {
        const { rules } = await server.read<{ rules: AlertRule[] }>('/alerts/rules');
        const mine = rules.filter(({ group }) => group === 'public');
        expect(
          mine
            .filter(({ state }) => state.health === 'error')
            .map(({ query, state }) => [query, state.error]),
        ).toEqual([]);
        if (mine.length === expressions.length && mine.every(({ state }) => state.health !== 'unknown'))
          return;
        await delay(500);
      }
    });
  });
});
