/** The examples of docs/alerts.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertRuleInput } from '@sightline/schema/api';
import { parseRule } from '@sightline/schema/rules';
import { describe, expect, it } from 'vitest';
import { compileRule } from './compiled-rule.ts';
import { readRuleFile } from './files/read-rules.ts';
import { testRules } from './files/test-rules.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/alerts.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```/gms)].flatMap(([, of, text = '']) =>
    of === language ? [text] : [],
  );

describe('docs/alerts.md', () => {
  const lines = blocks('rule').flatMap((text) => text.trim().split('\n'));
  it.each(lines)('%s', (line) => {
    const read = parseRule(line);
    expect(read.ok ? '' : read.error.message).toBe('');
  });

  it('shows what is said of a mistake', () => {
    const [text = '', hint = ''] = (blocks('problem')[0] ?? '').split('\n');
    const read = parseRule(text);
    expect(read.ok ? [] : [read.error.caret, read.error.hint]).toEqual([
      `${text}\n${hint.slice(0, hint.indexOf('^') + 1)}`,
      hint.slice(hint.indexOf('^') + 2),
    ]);
  });

  it('has rules and files that can be read', async () => {
    for (const text of blocks('json'))
      compileRule({ id: '', project: '', rule: alertRuleInput.parse(JSON.parse(text)) });
    const [ours = '', test = ''] = blocks('yaml');
    const file = readRuleFile('sightline', ours);
    expect([file.problems, file.rules.length, file.routes?.length]).toEqual([[], 1, 1]);
    const alerts =
      'groups: [{name: a, rules: [{alert: InstanceDown, expr: up == 0, for: 5m, labels: {severity: page}, annotations: {summary: "{{ $labels.job }} is down"}}]}]';
    expect(await testRules({ test, files: [{ name: 'alerts.yml', text: alerts }] })).toMatchObject({
      passed: true,
      checks: 1,
    });
  });
});
