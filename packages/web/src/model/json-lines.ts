/** One line of a JSON tree. `closes` is the index of the line that ends a fold, −1 for lines that open none. */
export interface JsonLine {
  readonly depth: number;
  readonly key: string | undefined;
  readonly text: string;
  readonly kind: 'open' | 'close' | 'string' | 'number' | 'boolean' | 'null';
  /** `messages[0].content`, to be copied. */
  readonly path: string;
  closes: number;
  /** Items inside, for a folded line. */
  readonly count: number;
}

/** A value as lines, each knowing its path, so that only those on the screen need to exist. */
export function jsonLines(value: unknown): readonly JsonLine[] {
  const lines: JsonLine[] = [];
  addLines(lines, value, { depth: 0, key: undefined, path: '', comma: '' });
  return lines;
}

/** Indexes of the lines that show when some are folded. */
export function shownLines(lines: readonly JsonLine[], folded: ReadonlySet<number>): number[] {
  const shown: number[] = [];
  for (let i = 0; i < lines.length; i++) {
    shown.push(i);
    const line = lines[i];
    if (line !== undefined && folded.has(i) && line.closes > i) i = line.closes;
  }
  return shown;
}

interface Place {
  readonly depth: number;
  readonly key: string | undefined;
  readonly path: string;
  readonly comma: string;
}

function addLines(lines: JsonLine[], value: unknown, place: Place): void {
  const { depth, key, path, comma } = place;
  if (typeof value !== 'object' || value === null) {
    lines.push({
      depth,
      key,
      path,
      text: `${JSON.stringify(value)}${comma}`,
      kind: scalarKind(value),
      closes: -1,
      count: 0,
    });
    return;
  }
  const isList = Array.isArray(value);
  const entries: [string, unknown][] = isList
    ? value.map((item, i) => [String(i), item])
    : Object.entries(value);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) {
    lines.push({ depth, key, path, text: `${open}${close}${comma}`, kind: 'open', closes: -1, count: 0 });
    return;
  }
  const line: JsonLine = { depth, key, path, text: open, kind: 'open', closes: -1, count: entries.length };
  lines.push(line);
  for (const [index, [name, item]] of entries.entries()) {
    const itemPath = isList
      ? `${path}[${name}]`
      : /^[A-Za-z_$][\w$]*$/.test(name)
        ? `${path}${path === '' ? '' : '.'}${name}`
        : `${path}[${JSON.stringify(name)}]`;
    addLines(lines, item, {
      depth: depth + 1,
      key: isList ? undefined : name,
      path: itemPath,
      comma: index === entries.length - 1 ? '' : ',',
    });
  }
  line.closes =
    lines.push({
      depth,
      key: undefined,
      path,
      text: `${close}${comma}`,
      kind: 'close',
      closes: -1,
      count: 0,
    }) - 1;
}

function scalarKind(value: unknown): JsonLine['kind'] {
  if (typeof value === 'number' || typeof value === 'bigint') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  return value === null ? 'null' : 'string';
}
