import type { TokenReader } from './token-reader.ts';
import type { Expression, Lambda, Name, Transformer } from './tree.ts';

/** `COLUMNS('pattern')` or `COLUMNS(a, b)`, with what is done to each. */
export function parseColumns(reader: TokenReader): Expression {
  reader.take();
  const of = reader.inBrackets(() => {
    const { kind, text } = reader.peek();
    if (kind !== 'string') return { names: reader.list(() => parseColumnName(reader)) };
    reader.take();
    return { pattern: text };
  });
  return { kind: 'columns', of, transformers: parseTransformers(reader) };
}

export function parseColumnName(reader: TokenReader): Name {
  const { at } = reader.peek();
  const parts = [reader.name()];
  while (reader.trySign('.')) parts.push(reader.name());
  return { kind: 'name', parts, at };
}

/** APPLY, EXCEPT and REPLACE after a star or COLUMNS. EXCEPT before a SELECT joins two of them instead. */
export function parseTransformers(reader: TokenReader): readonly Transformer[] {
  const found: Transformer[] = [];
  for (;;) {
    if (reader.tryWords('APPLY')) {
      found.push(reader.isSign('(') ? reader.inBrackets(() => parseApply(reader)) : parseApply(reader));
    } else if (reader.isWords('EXCEPT') && !startsQuery(reader)) {
      reader.take();
      found.push(parseExcept(reader));
    } else if (reader.tryWords('REPLACE')) {
      const strict = reader.tryWords('STRICT');
      const item = (): { of: Expression; name: string } => {
        const of = reader.expression();
        reader.expectWords('AS');
        return { of, name: reader.name() };
      };
      const items = reader.isSign('(') ? reader.inBrackets(() => reader.list(item)) : [item()];
      found.push({ kind: 'replace', strict, items });
    } else {
      return found;
    }
  }
}

function startsQuery(reader: TokenReader): boolean {
  const ahead = reader.isWords('ALL', 1) || reader.isWords('DISTINCT', 1) ? 2 : 1;
  return (
    reader.isQuery(ahead) ||
    (reader.isSign('(', ahead) && (reader.isQuery(ahead + 1) || reader.isSign('(', ahead + 1)))
  );
}

function parseApply(reader: TokenReader): Transformer {
  const { kind, text, at } = reader.peek();
  if (reader.isSign('->', 1)) {
    reader.take();
    return { kind: 'apply', lambda: parseLambda(reader, [text], at) };
  }
  if (reader.isSign('(')) return { kind: 'apply', lambda: parseBracketedLambda(reader, at) };
  if (kind !== 'word') throw reader.unexpected('a function or lambda');
  reader.take();
  const params = reader.trySign('(') ? reader.listUntil(')', () => reader.expression()) : [];
  return { kind: 'apply function', name: text, at, params };
}

function parseBracketedLambda(reader: TokenReader, at: number): Lambda {
  const params = reader.inBrackets(() => [reader.name()]);
  return parseLambda(reader, params, at);
}

function parseExcept(reader: TokenReader): Transformer {
  const strict = reader.tryWords('STRICT');
  const { kind, text } = reader.peek(reader.isSign('(') ? 1 : 0);
  if (kind === 'string' && !strict) {
    if (reader.isSign('(')) reader.inBrackets(() => reader.take());
    else reader.take();
    return { kind: 'except pattern', pattern: text };
  }
  const names = reader.isSign('(')
    ? reader.inBrackets(() => reader.list(() => reader.name()))
    : [reader.name()];
  return { kind: 'except', strict, names };
}

export function parseLambda(reader: TokenReader, params: readonly string[], at: number): Lambda {
  reader.expectSign('->');
  return { kind: 'lambda', params, body: reader.expression(), at };
}
