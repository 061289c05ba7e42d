import type { FieldSource } from './filter-node.ts';

/** What the caret stands in, for an editor to complete: replace `start`…`end` with a field name or with a value. */
export type Completion =
  | { readonly type: 'field'; readonly prefix: string; readonly start: number; readonly end: number }
  | {
      readonly type: 'value';
      readonly field: { readonly source: FieldSource; readonly name: string };
      readonly prefix: string;
      readonly start: number;
      readonly end: number;
    }
  /** Inside quotes that belong to no field, or after a finished condition. */
  | { readonly type: 'none' };

const conditionEnd =
  /(?:^|[\s(])-?(?:(?:(attr|resource|scope)\.)?("(?:[^"\\]|\\.)*"?|[^\s()":=<>!]*))(:|=|!=|[<>]=?)("(?:[^"\\]|\\.)*|[^\s()"]*)$/;
const listStart = /(?:^|[\s(])-?(?:(attr|resource|scope)\.)?([^\s()":=<>!]+):\(([^()]*)$/;
const wordEnd = /(?:^|[\s(])-?([^\s()":=<>!]*)$/;

/** Looks at the text before the caret only, so it works on filters that are not finished yet. */
export function completeFilter(text: string, caret: number): Completion {
  const before = text.slice(0, caret);
  const end = caret + (/^[^\s()":=<>!]*/.exec(text.slice(caret))?.[0].length ?? 0);
  const list = listStart.exec(before);
  if (list !== null) {
    const prefix = /[^\s()]*$/.exec(list[3] ?? '')?.[0] ?? '';
    return {
      type: 'value',
      field: fieldOf(list[1], list[2]),
      prefix: unquote(prefix),
      start: caret - prefix.length,
      end,
    };
  }
  const condition = conditionEnd.exec(before);
  if (condition !== null) {
    const written = condition[4] ?? '';
    const field = fieldOf(condition[1], condition[2]);
    return { type: 'value', field, prefix: unquote(written), start: caret - written.length, end };
  }
  if (isInsideQuotes(before)) return { type: 'none' };
  const word = wordEnd.exec(before);
  if (word === null) return { type: 'none' };
  const prefix = word[1] ?? '';
  return { type: 'field', prefix, start: caret - prefix.length, end };
}

function fieldOf(
  source: string | undefined,
  name: string | undefined,
): { source: FieldSource; name: string } {
  return { source: (source ?? 'any') as FieldSource, name: unquote(name ?? '') };
}

function unquote(text: string): string {
  return text.replace(/^"/, '').replace(/"$/, '').replaceAll(/\\(.)/g, '$1');
}

function isInsideQuotes(before: string): boolean {
  return (before.replaceAll(/\\./g, '').split('"').length - 1) % 2 === 1;
}
