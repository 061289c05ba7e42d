import { describe, expect, test } from 'vitest';
import type { SlimSpan } from '@sightline/schema/api';
import { oneLine } from './format.ts';
import { renderSparkline } from './sparkline.ts';
import { buildSpanForest } from './span-forest.ts';
import { createStyle, wantsColour } from './style.ts';
import { renderTable } from './table.ts';
import { cutText, textWidth } from './text-width.ts';
import { renderWaterfall } from './waterfall.ts';

const span = (over: Partial<SlimSpan> & { spanId: string }): SlimSpan => ({
  traceId: 'a'.repeat(32),
  parentSpanId: null,
  name: over.spanId,
  kind: 'internal',
  service: 'api',
  startTime: '2026-11-21T10:00:00.000000000Z',
  durationMs: 100,
  status: { code: 'unset', message: '' },
  operation: 'other',
  provider: null,
  model: null,
  inputTokens: null,
  outputTokens: null,
  costUsd: null,
  eventCount: 0,
  ...over,
});

describe('text on a terminal', () => {
  test('data cannot drive the terminal', () => {
    expect(oneLine('a\u001b[2Jb\r\nc\u0007')).toBe('a·[2Jb⏎ c·');
  });

  test('colours take no place and wide letters two', () => {
    expect(textWidth(createStyle(true).error('né'))).toBe(2);
    expect(textWidth('日本')).toBe(4);
    expect(cutText('日本語テキスト', 7)).toBe('日本語…');
  });

  test('colours are for terminals only', () => {
    expect(wantsColour({ isTTY: true }, {})).toBe(true);
    expect(wantsColour({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColour({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(wantsColour({}, {})).toBe(false);
    expect(wantsColour({}, { FORCE_COLOR: '1' })).toBe(true);
  });

  test('a narrow terminal cuts the flexible column, a pipe cuts nothing', () => {
    const columns = [
      { title: 'ID', text: (row: string) => row.slice(0, 3) },
      { title: 'NAME', text: (row: string) => row, flexible: true },
    ];
    const render = (width: number | undefined) =>
      renderTable(['abcdefghijklmnopqrstuvwxyz'], columns, { width, title: (text) => text })[1];
    expect(render(20)).toBe('abc  abcdefghijklmn…');
    expect(render(undefined)).toBe('abc  abcdefghijklmnopqrstuvwxyz');
  });

  test('several flexible columns share what is left, and none takes more than it needs', () => {
    const column = (title: string, text: string) => ({ title, text: () => text, flexible: true });
    const columns = [column('A', 'a'.repeat(40)), column('B', 'short'), column('C', 'c'.repeat(30))];
    const render = (width: number) =>
      renderTable([0], columns, { width, title: (text) => text })[1]
        ?.split('  ')
        .map((cell) => cell.length);
    expect(render(200)).toEqual([40, 5, 30]);
    expect(render(70)).toEqual([31, 5, 30]);
    expect(render(49)).toEqual([20, 5, 20]);
    expect(render(20)).toEqual([12, 5, 12]);
  });

  test('a sparkline shows gaps and the largest value', () => {
    expect(renderSparkline([0, null, 10, 5], 40)).toBe('▁ █▅');
    expect(renderSparkline([null], 40)).toBe('');
  });
});

describe('the waterfall', () => {
  const plain = { style: createStyle(false), width: 100 };

  test('children stand below their parents, with bars where and as long as they ran', () => {
    const lines = renderWaterfall(
      [
        span({
          spanId: 'child',
          parentSpanId: 'root',
          startTime: '2026-11-21T10:00:00.050000000Z',
          durationMs: 50,
        }),
        span({ spanId: 'root' }),
      ],
      plain,
    );
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^root +api +█{40} +100 ms$/);
    expect(lines[1]).toMatch(/^└─ child +api {22}█{20} +50.0 ms$/);
  });

  test('a failed span says why, a call of a model what it took', () => {
    const [line] = renderWaterfall(
      [
        span({
          spanId: 'chat',
          status: { code: 'error', message: '429 slow\ndown' },
          model: 'gpt-5.4',
          inputTokens: 1200,
          outputTokens: 80,
          costUsd: 0.0042,
        }),
      ],
      plain,
    );
    expect(line).toContain('gpt-5.4 1,200→80 tok $0.0042  ✗ 429 slow⏎ down');
  });

  test('a circle of parents shows every span once', () => {
    const forest = buildSpanForest([
      span({ spanId: 'a', parentSpanId: 'b' }),
      span({ spanId: 'b', parentSpanId: 'a', startTime: '2026-11-21T10:00:01.000000000Z' }),
      span({ spanId: 'self', parentSpanId: 'self' }),
      span({ spanId: 'orphan', parentSpanId: 'gone' }),
    ]);
    const ids = (nodes: typeof forest): string[] =>
      nodes.flatMap((node) => [node.span.spanId, ...ids(node.children)]);
    expect(ids(forest).toSorted()).toEqual(['a', 'b', 'orphan', 'self']);
  });

  test('20,000 levels do not overflow the stack', () => {
    const spans = Array.from({ length: 20_000 }, (_, i) =>
      span({ spanId: `s${i}`, parentSpanId: i === 0 ? null : `s${i - 1}` }),
    );
    expect(buildSpanForest(spans)).toHaveLength(1);
  });
});
