/** Files of items: JSON lines, one JSON list, or CSV with a line of names. */
import Papa from 'papaparse';
import type { NewDatasetItem } from '../api/datasets.ts';
import { SightlineError } from '../errors/index.ts';
import { readsAsJson } from './write-items.ts';

/** An item as a request takes it; what is left out has the request's defaults. */
export type ReadItem = Partial<NewDatasetItem> & Pick<NewDatasetItem, 'input'>;

const ownNames = new Set(['id', 'input', 'expected', 'metadata', 'split', 'source']);
/** Names that other tools give to what is expected. */
const expectedNames = ['expected', 'expected_output', 'expectedOutput', 'output', 'answer', 'reference'];

/**
 * A column or member `input` is the input; without one, everything that is no id, split, metadata or expected answer is. What is not known beside an
 * `input` becomes metadata. Throws `unreadable_items` with the line.
 */
export function readItemsFile(text: string, format: 'jsonl' | 'csv' | 'auto' = 'auto'): ReadItem[] {
  const clean = text.replace(/^\uFEFF/, '');
  const begins = clean.trimStart().charAt(0);
  const isJson = format === 'jsonl' || (format === 'auto' && (begins === '{' || begins === '['));
  return isJson ? readJson(clean, begins === '[') : readCsv(clean);
}

function readJson(text: string, isList: boolean): ReadItem[] {
  if (isList && readsAsJson(text))
    return (JSON.parse(text) as unknown[]).map((value, at) => itemOf(value, `item ${at + 1}`));
  return text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw unreadable(
        `line ${at + 1} is no JSON (${error instanceof Error ? error.message : String(error)})`,
      );
    }
    return [itemOf(value, `line ${at + 1}`)];
  });
}

function readCsv(text: string): ReadItem[] {
  const { data, errors, meta } = Papa.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: 'greedy',
    transformHeader: (name) => name.trim(),
  });
  const [error] = errors.filter(({ code }) => code !== 'UndetectableDelimiter');
  if (error !== undefined)
    throw unreadable(`line ${(error.row ?? 0) + 2}: ${error.message.replace(/\.$/, '')}`);
  const names = meta.fields ?? [];
  if (names.length === 0 || data.length === 0)
    throw unreadable('it has no line of names with lines below it');
  return data.map((row, at) =>
    itemOf(
      Object.fromEntries(
        names.flatMap((name) => {
          const cell = row[name] ?? '';
          if (name === 'id' || name === 'split') return cell === '' ? [] : [[name, cell]];
          return cell === '' && name !== 'input' ? [] : [[name, valueOf(cell)]];
        }),
      ),
      `line ${at + 2}`,
    ),
  );
}

/** JSON where it is some: `{"a":1}`, `true`, `"1"`. */
function valueOf(cell: string): unknown {
  return readsAsJson(cell) ? (JSON.parse(cell) as unknown) : cell;
}

function itemOf(value: unknown, where: string): ReadItem {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unreadable(`${where} is ${JSON.stringify(value)?.slice(0, 80)} and no object`);
  const given = value as Record<string, unknown>;
  const expectedName = expectedNames.find((name) => name in given);
  const rest = Object.fromEntries(
    Object.entries(given).filter(([name]) => !ownNames.has(name) && name !== expectedName),
  );
  const hasInput = 'input' in given;
  if (!hasInput && Object.keys(rest).length === 0) throw unreadable(`${where} has no input`);
  const metadata = { ...metadataOf(given['metadata'], where), ...(hasInput ? rest : {}) };
  return {
    ...(given['id'] === undefined || given['id'] === null ? {} : { id: wordOf(given['id'], where) }),
    input: (hasInput ? given['input'] : rest) as NewDatasetItem['input'],
    ...(expectedName === undefined ? {} : { expected: given[expectedName] as NewDatasetItem['expected'] }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata: metadata as NewDatasetItem['metadata'] }),
    ...(given['split'] === undefined || given['split'] === null
      ? {}
      : { split: wordOf(given['split'], where) }),
    ...(given['source'] === undefined ? {} : { source: given['source'] as NewDatasetItem['source'] }),
  };
}

function wordOf(value: unknown, where: string): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw unreadable(
    `${where}: ${JSON.stringify(value).slice(0, 80)} is no text where an id or a split stands`,
  );
}

function metadataOf(value: unknown, where: string): Record<string, unknown> {
  if (value === undefined || value === null || value === '') return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw unreadable(`${where}: metadata is ${JSON.stringify(value).slice(0, 80)} and no object`);
  return value as Record<string, unknown>;
}

function unreadable(why: string): SightlineError {
  return new SightlineError('unreadable_items', `The items cannot be read: ${why}.`, {
    hint: 'Use JSON lines such as {"input": "…", "expected": "…"}, or CSV with the columns input and expected; see docs/datasets.md.',
  });
}
