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
    expect(performance.now() - beganMs).toBeLessThan(2000);
  });
});
