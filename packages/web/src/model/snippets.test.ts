import { expect, it } from 'vitest';
import { snippetFor } from './snippets.ts';

it('names the endpoint, and the key only where one is asked for', () => {
  for (const language of ['node', 'node-opentelemetry', 'python', 'curl'] as const) {
    const open = snippetFor(language, {
      server: 'http://127.0.0.1:4300',
      endpoint: 'http://127.0.0.1:4318',
      apiKey: undefined,
    });
    const closed = snippetFor(language, {
      server: 'https://sightline.example',
      endpoint: 'https://sightline.example',
      apiKey: 'k1',
    });
    const code = (snippet: typeof open): string => snippet.parts.map((part) => part.code).join('\n');
    expect(code(open)).toContain('http://127.0.0.1:4318');
    expect(code(open)).not.toContain('Bearer');
    expect(code(closed)).toContain('Bearer k1');
  }
});
