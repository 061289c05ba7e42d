import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { claudeCodeSnippet, codexSnippet, geminiSnippet } from './coding-agent-snippets.ts';

const programs = new URL('../../../../conformance/dialects/record/programs/', import.meta.url);
const recorded = (name: string): string => readFileSync(new URL(`${name}.mjs`, programs), 'utf8');
const to = { server: 'http://127.0.0.1:4300', endpoint: 'http://127.0.0.1:4318', apiKey: 'sl_x' };

test('every setting is one that the recording of the real tool was made with', () => {
  for (const [name, snippet] of [
    ['claude-code', claudeCodeSnippet(to)],
    ['gemini-cli', geminiSnippet(to)],
  ] as const) {
    const code = snippet.parts.map((part) => part.code).join('\n');
    const variables = [...code.matchAll(/export (\w+)=/g)].map(([, variable = '']) => variable);
    expect(variables.length).toBeGreaterThan(5);
    for (const variable of variables.filter((one) => one !== 'OTEL_EXPORTER_OTLP_HEADERS'))
      expect(recorded(name)).toContain(variable);
  }
  const codex = codexSnippet(to)
    .parts.map((part) => part.code)
    .join('\n');
  for (const [, key = ''] of codex.matchAll(/^([\w]+) =/gm)) expect(recorded('codex')).toContain(key);
});

test('the key is sent where the server asks for one, and nothing is said of it where not', () => {
  for (const snippetOf of [claudeCodeSnippet, codexSnippet, geminiSnippet]) {
    const text = (apiKey: string | undefined): string => JSON.stringify(snippetOf({ ...to, apiKey }));
    expect(text('sl_x')).toContain('Bearer sl_x');
    expect(text(undefined)).not.toContain('Bearer');
    expect(text(undefined)).toContain('http://127.0.0.1:4318');
  }
});
