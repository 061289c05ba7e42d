import type { TokenReader } from './token-reader.ts';
import type { FrameEdge, OrderItem, Window } from './tree.ts';

/** What stands in brackets after OVER, or after AS in WINDOW. */
export function parseWindow(reader: TokenReader): Window {
  return reader.inBrackets(() => {
    const begins =
      reader.isWords('PARTITION BY') ||
      reader.isWords('ORDER BY') ||
      frameUnits.some((unit) => reader.isWords(unit));
    const base = !begins && reader.isName() ? reader.name() : undefined;
    const partition = reader.tryWords('PARTITION BY') ? reader.list(() => reader.expression()) : [];
    const order = reader.tryWords('ORDER BY') ? parseOrder(reader) : [];
    const unit = reader.tryAnyWords(frameUnits);
    return { base, partition, order, frame: unit === undefined ? undefined : parseFrame(reader, unit) };
  });
}

const frameUnits = ['ROWS', 'RANGE', 'GROUPS'] as const;

function parseFrame(reader: TokenReader, unit: string): NonNullable<Window['frame']> {
  if (!reader.tryWords('BETWEEN')) return { unit, from: parseEdge(reader), to: undefined };
  const from = parseEdge(reader);
  reader.expectWords('AND');
  return { unit, from, to: parseEdge(reader) };
}

function parseEdge(reader: TokenReader): FrameEdge {
  if (reader.tryWords('CURRENT ROW')) return { side: undefined, by: undefined };
  const by = reader.tryWords('UNBOUNDED') ? undefined : reader.expression();
  const side = reader.tryAnyWords(['PRECEDING', 'FOLLOWING']);
  if (side === undefined) throw reader.unexpected('PRECEDING or FOLLOWING');
  return { side, by };
}

export function parseOrder(reader: TokenReader): readonly OrderItem[] {
  return reader.list(() => {
    const of = parseAliased(reader);
    const direction = reader.tryAnyWords(['ASC', 'ASCENDING', 'DESC', 'DESCENDING']);
    const nulls = reader.tryAnyWords(['NULLS FIRST', 'NULLS LAST']);
    const words = [direction?.startsWith('DESC') === true ? 'DESC' : 'ASC', nulls ?? ''].join(' ').trim();
    const collate = reader.tryWords('COLLATE') ? stringText(reader) : undefined;
    return { of, words, collate, fill: reader.tryWords('WITH FILL') ? parseFill(reader) : undefined };
  });
}

function parseAliased(reader: TokenReader): OrderItem['of'] {
  const of = reader.expression();
  return reader.tryWords('AS') ? { kind: 'alias', of, name: reader.name() } : of;
}

function stringText(reader: TokenReader): string {
  if (reader.peek().kind !== 'string') throw reader.unexpected('a text');
  return reader.take().text;
}

function parseFill(reader: TokenReader): NonNullable<OrderItem['fill']> {
  const fill: { word: 'FROM' | 'TO' | 'STEP' | 'STALENESS'; of: OrderItem['of'] }[] = [];
  for (const word of ['FROM', 'TO', 'STEP', 'STALENESS'] as const)
    if (reader.tryWords(word)) fill.push({ word, of: reader.expression() });
  return fill;
}
