import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInlines, parseMarkdown } from './markdown.ts';

describe('what models write', () => {
  test('blocks come apart', () => {
    const blocks = parseMarkdown(
      '# Plan\nFirst **look**, then `act`.\n\n1. one\n   more of one\n2. two\n\n```ts\nconst a = 1;\n\n```\n> said\n---\n| a | b |\n| --- | --- |\n| 1 | 2 |\nend',
    );
    expect(blocks.map((block) => block.type)).toEqual([
      'heading',
      'paragraph',
      'list',
      'code',
      'quote',
      'rule',
      'table',
      'paragraph',
    ]);
    expect(blocks[3]).toEqual({ type: 'code', language: 'ts', text: 'const a = 1;\n' });
    expect(blocks[2]).toMatchObject({
      ordered: true,
      items: [{ inlines: [{ text: 'one\nmore of one' }] }, { inlines: [{ text: 'two' }] }],
    });
    expect(blocks[6]).toMatchObject({
      head: [[{ text: 'a' }], [{ text: 'b' }]],
      rows: [[[{ text: '1' }], [{ text: '2' }]]],
    });
  });

  test('lists in lists have their own marks, and code in a list is code', () => {
    const text =
      '1. **Look**\n   - at the log\n   - at the trace\n     1. spans\n2. Act:\n    ```sh\n    npm start\n      now\n    ```\n3. Rest';
    const [first, code, last] = parseMarkdown(text);
    const words = (said: string) => [{ type: 'text', text: said }];
    expect(first).toEqual({
      type: 'list',
      ordered: true,
      start: 1,
      items: [
        {
          inlines: [{ type: 'strong', text: 'Look' }],
          within: {
            type: 'list',
            ordered: false,
            start: 1,
            items: [
              { inlines: words('at the log') },
              {
                inlines: words('at the trace'),
                within: { type: 'list', ordered: true, start: 1, items: [{ inlines: words('spans') }] },
              },
            ],
          },
        },
        { inlines: words('Act:') },
      ],
    });
    expect(code).toEqual({ type: 'code', language: 'sh', text: 'npm start\n  now' });
    expect(last).toMatchObject({ type: 'list', ordered: true, start: 3 });
  });

  test('a fence that is never closed holds the rest', () => {
    expect(parseMarkdown('```\nstill code\n# not a heading')).toEqual([
      { type: 'code', language: '', text: 'still code\n# not a heading' },
    ]);
  });

  test('only addresses of the web become links', () => {
    expect(parseInlines('[safe](https://a.example/x) and [not](javascript:alert(1))')).toEqual([
      { type: 'link', text: 'safe', href: 'https://a.example/x' },
      { type: 'text', text: ' and [not](javascript:alert(1))' },
    ]);
    expect(parseInlines('see https://a.example/b.')).toEqual([
      { type: 'text', text: 'see ' },
      { type: 'link', text: 'https://a.example/b', href: 'https://a.example/b' },
      { type: 'text', text: '.' },
    ]);
  });

  test('names with underscores and products with stars stay words', () => {
    expect(parseInlines('get_order_by_id and 3 * 4 * 5')).toEqual([
      { type: 'text', text: 'get_order_by_id and 3 * 4 * 5' },
    ]);
  });

  test('any text is read, in time', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        parseMarkdown(text);
      }),
    );
    const long = 'word '.repeat(200_000);
    const beganMs = performance.now();
    expect(parseMarkdown(long)).toHaveLength(1);
    parseMarkdown('*'.repeat(20_000));
    parseMarkdown('`'.repeat(20_000));
    parseMarkdown('['.repeat(1_000_000));
    parseMarkdown('[a]('.repeat(20_000));
    expect(performance.now() - beganMs).toBeLessThan(15_000);
  });
});
