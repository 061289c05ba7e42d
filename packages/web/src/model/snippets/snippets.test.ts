import { expect, it } from 'vitest';
import { snippetLanguages } from './snippet.ts';
import { stacks } from './stacks.ts';

const snippetsOf = (apiKey: string | undefined) =>
  stacks.flatMap(({ id, snippets }) =>
    snippetLanguages.flatMap((language) => {
      const to = { server: 'http://127.0.0.1:4300', endpoint: 'http://127.0.0.1:4318', apiKey };
      const snippet = snippets[language]?.(to);
      return snippet === undefined
        ? []
        : [{ name: `${id} ${language}`, text: snippet.parts.map(({ code }) => code).join('\n') }];
    }),
  );

it('names the endpoint, and the key only where the server asks for one', () => {
  for (const { name, text } of snippetsOf(undefined)) {
    expect(text, name).toContain('http://127.0.0.1:4318');
    expect(text, name).not.toMatch(/Bearer|Authorization/);
  }
  for (const { name, text } of snippetsOf('k1'))
    expect(text, name).toMatch(/Bearer k1|LANGFUSE_SECRET_KEY=k1/);
});
