import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ensure } from '@sightline/base';
import { codingAgents } from './coding-agents.ts';

const programs = new URL('../../../../../conformance/dialects/record/programs/', import.meta.url);
const recorded = (name: string): string => readFileSync(new URL(`${name}.mjs`, programs), 'utf8');

function textOf(id: string, apiKey: string | undefined): string {
  const to = { server: 'http://127.0.0.1:4300', endpoint: 'http://127.0.0.1:4318', apiKey };
  const snippet = ensure(
    codingAgents.find((one) => one.id === id)?.snippets.shell,
    'settings in a shell',
  )(to);
  return snippet.parts.map(({ code }) => code).join('\n');
}

test('every setting is one that the recording of the real tool was made with', () => {
  for (const id of ['claude-code', 'gemini-cli']) {
    const variables = [...textOf(id, 'sl_x').matchAll(/export (\w+)=/g)].map(([, variable = '']) => variable);
    expect(variables.length).toBeGreaterThan(5);
    for (const variable of variables.filter((one) => one !== 'OTEL_EXPORTER_OTLP_HEADERS'))
      expect(recorded(id)).toContain(variable);
  }
  const keys = [...textOf('codex', 'sl_x').matchAll(/^([\w]+) =/gm)].map(([, key = '']) => key);
  expect(keys).toHaveLength(4);
  for (const key of keys) expect(recorded('codex')).toContain(key);
});
