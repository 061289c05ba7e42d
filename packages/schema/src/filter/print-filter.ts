import type { FieldRef, FilterNode, FilterValue } from './filter-node.ts';

/** The filter as text; reading it again gives the same filter. */
export function printFilter(node: FilterNode): string {
  switch (node.type) {
    case 'everything':
      return '';
    case 'and':
      return node.items
        .map((item) => (item.type === 'or' ? `(${printFilter(item)})` : printItem(item)))
        .join(' ');
    case 'or':
      return node.items.map(printItem).join(' OR ');
    case 'not':
      return `-${node.item.type === 'and' || node.item.type === 'or' ? `(${printFilter(node.item)})` : printItem(node.item)}`;
    case 'span':
      return `span(${printItem(node.item)})`;
    case 'term':
      return `${printField(node.field)}${node.operator}${printValue(node.value)}`;
    case 'text':
      return printParts(node.parts);
  }
}

/** `field` as it stands left of an operator. */
export function printField(field: Pick<FieldRef, 'source' | 'name'>): string {
  const isPlain = /^[A-Za-z0-9_][A-Za-z0-9_.\-/@]*$/.test(field.name);
  const isPrefixed = /^(attr|resource|scope)\./.test(field.name);
  if (field.source !== 'any') return `${field.source}.${isPlain ? field.name : quote(field.name)}`;
  return isPlain && !isPrefixed && !isKeyword(field.name) && field.name !== 'has'
    ? field.name
    : quote(field.name);
}

/** `text` as a value that matches exactly it. */
export function printText(text: string): string {
  return /^[A-Za-z0-9_][A-Za-z0-9_.\-/@+]*$/.test(text) && !isKeyword(text) ? text : quote(text);
}

function printItem(node: FilterNode): string {
  // An empty condition matches everything, and so does a lone star.
  return node.type === 'everything' ? '*' : printFilter(node);
}

function printValue(value: FilterValue): string {
  switch (value.type) {
    case 'string':
      return printText(value.text);
    case 'wildcard':
      return printParts(value.parts);
    case 'regex':
      return `/${value.source.replaceAll(/\\[^]|\//g, (match) => (match === '/' ? String.raw`\/` : match))}/`;
    case 'exists':
      return '*';
  }
}

function printParts(parts: readonly string[]): string {
  const [only = ''] = parts;
  return parts.length === 1 ? printText(only) : parts.map(escapeWord).join('*');
}

function escapeWord(text: string): string {
  return Array.from(text)
    .map((char) => control[char] ?? (/[\s()"\\*:=<>!/-]/.test(char) ? `\\${char}` : char))
    .join('');
}

const control: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

function quote(text: string): string {
  return `"${text.replaceAll(/["\\\n\t\r]/g, (char) => control[char] ?? `\\${char}`)}"`;
}

function isKeyword(text: string): boolean {
  return text === 'AND' || text === 'OR' || text === 'NOT';
}
