/**
 * Reads source maps in a thread with a bounded heap, so that a hostile one costs neither memory nor turns of the
 * server. A map is packed with gzip; its length and the number of its mappings are bounded before they are read.
 */
import { gunzipSync } from 'node:zlib';
import { parentPort, workerData } from 'node:worker_threads';
import { sourceContentFor, TraceMap, traceSegment } from '@jridgewell/trace-mapping';

export interface SourceMapWork {
  readonly maps: readonly Uint8Array[];
  readonly places: readonly BuiltPlace[];
  readonly unpackedBytesMax: number;
}

/** A place of a built file, as a stack says it: the first line is 1, the first column is 1. */
export interface BuiltPlace {
  /** Index in `maps`. */
  readonly map: number;
  readonly line: number;
  readonly column: number;
}

export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  /** The name that stands exactly there; null where the map names none. */
  readonly name: string | null;
  readonly source: { readonly first: number; readonly lines: string[] } | null;
}

export interface SourceMapsRead {
  /** By map, why it cannot be used. */
  readonly problems: readonly (string | null)[];
  /** By place. */
  readonly found: readonly (SourcePlace | null)[];
}

const mappingsMax = 2_000_000;
const sectionsMax = 1_000;
const linesAround = 4;
const lineLengthMax = 300;
const nameLengthMax = 500;

function read({ maps, places, unpackedBytesMax }: SourceMapWork): SourceMapsRead {
  const found = places.map((): SourcePlace | null => null);
  const problems = maps.map((packed, index) => {
    // One is unpacked at a time.
    const map = openMap(packed, unpackedBytesMax);
    if (typeof map === 'string') return map;
    for (const [at, place] of places.entries()) if (place.map === index) found[at] = trace(map, place);
    return null;
  });
  return { problems, found };
}

/** A map from a place of the built file on; both count from 0. A flat map is one from the beginning. */
interface Section {
  readonly line: number;
  readonly column: number;
  readonly map: TraceMap;
}

/** The map, or why it is none. An index map is kept as its sections: merging them would take memory for each line between them. */
function openMap(packed: Uint8Array, unpackedBytesMax: number): readonly Section[] | string {
  const text = unpack(packed, unpackedBytesMax);
  if (text === undefined) return `it is not gzip, or longer than ${unpackedBytesMax / 2 ** 20} MiB unpacked`;
  const parsed = tryJson(text);
  if (parsed === undefined) return 'it is not a JSON object';
  if (parsed['version'] !== 3) return 'its version is not 3';
  if (!('sections' in parsed)) {
    const map = openFlat(parsed, mappingsMax);
    return typeof map === 'string' ? map : [{ line: 0, column: 0, map: map.map }];
  }
  const { sections } = parsed;
  if (!Array.isArray(sections) || sections.length > sectionsMax)
    return `its sections are no list of at most ${sectionsMax}`;
  const opened: Section[] = [];
  let mappingsLeft = mappingsMax;
  for (const section of sections as unknown[]) {
    const { offset, map } = objectOf(section);
    const { line, column } = objectOf(offset);
    const last = opened.at(-1);
    if (!isPlace(line) || !isPlace(column) || (last !== undefined && !isBefore(last, line, column)))
      return 'its sections have no offsets, or not in order';
    const inner = objectOf(map);
    if ('sections' in inner) return 'its sections have sections';
    const found = openFlat(inner, mappingsLeft);
    if (typeof found === 'string') return `of one of its sections, ${found}`;
    mappingsLeft -= found.mappings;
    opened.push({ line, column, map: found.map });
  }
  return opened;
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
const isPlace = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isBefore = (section: Section, line: number, column: number): boolean =>
  section.line < line || (section.line === line && section.column <= column);

function openFlat(
  parsed: Readonly<Record<string, unknown>>,
  mappingsAllowed: number,
): { readonly map: TraceMap; readonly mappings: number } | string {
  const { version, mappings, sources, names = [], sourcesContent = [], sourceRoot } = parsed;
  if (version !== 3) return 'its version is not 3';
  if (typeof mappings !== 'string') return 'its mappings are no text';
  if (!isTexts(sources) || !isTexts(names) || !isTexts(sourcesContent ?? []))
    return 'its sources, names or sourcesContent are no lists of texts';
  const count = countMappings(mappings);
  if (count > mappingsAllowed) return `it has more than ${mappingsMax} mappings`;
  try {
    const map = new TraceMap({
      version: 3,
      mappings,
      sources: [...sources],
      names: names.map((name) => name ?? ''),
      sourcesContent: [...(isTexts(sourcesContent) ? sourcesContent : [])],
      ...(typeof sourceRoot === 'string' ? { sourceRoot } : {}),
    });
    // The mappings are read at the first look.
    traceSegment(map, 0, 0);
    return { map, mappings: count };
  } catch {
    return 'its mappings or sources cannot be read';
  }
}

function unpack(packed: Uint8Array, maxOutputLength: number): string | undefined {
  try {
    return gunzipSync(packed, { maxOutputLength }).toString('utf8');
  } catch {
    return undefined;
  }
}

function tryJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const isTexts = (value: unknown): value is readonly (string | null)[] =>
  Array.isArray(value) && value.every((each) => each === null || typeof each === 'string');

/** A mapping ends with a comma, a line with a semicolon. */
function countMappings(mappings: string): number {
  let count = 1;
  for (let index = 0; index < mappings.length; index += 1) {
    const code = mappings.charCodeAt(index);
    if (code === 44 || code === 59) count += 1;
  }
  return count;
}

function trace(sections: readonly Section[], place: BuiltPlace): SourcePlace | null {
  const [line, column] = [place.line - 1, place.column - 1];
  const section = sections.findLast((each) => isBefore(each, line, column));
  if (section === undefined) return null;
  const { map } = section;
  // Columns count from the section's only in its first line.
  const ownColumn = line === section.line ? column - section.column : column;
  const segment = traceSegment(map, line - section.line, ownColumn);
  if (segment === null || segment.length === 1) return null;
  const [start, sourceIndex, sourceLine, , nameIndex] = segment;
  const file = map.resolvedSources[sourceIndex];
  if (typeof file !== 'string' || file === '' || sourceLine < 0) return null;
  const name = start === ownColumn && nameIndex !== undefined ? map.names[nameIndex] : undefined;
  return {
    file: readableFile(file),
    line: sourceLine + 1,
    name: name === undefined || name === '' ? null : bounded(name),
    source: linesOf(sourceContentFor(map, file), sourceLine),
  };
}

/** Bundlers write where a source is from the map or from the project: `../../src/cart.ts`, `webpack://shop/./src/cart.ts`. */
const readableFile = (file: string): string =>
  bounded(file.replace(/^(?:\.\.?\/)+/, '').replace(/^webpack:\/\/[^/]*\/(?:\.\/)?/, ''));

/** Control characters would move the cursor of a terminal. */
const bounded = (text: string): string => text.slice(0, nameLengthMax).replaceAll(/\p{Cc}/gu, ' ');

function linesOf(content: string | null, at: number): SourcePlace['source'] {
  if (content === null) return null;
  const lines = content.split(/\r?\n/);
  if (at >= lines.length) return null;
  const first = Math.max(0, at - linesAround);
  return {
    first: first + 1,
    lines: lines.slice(first, at + linesAround + 1).map((line) => line.slice(0, lineLengthMax)),
  };
}

parentPort?.postMessage(read(workerData as SourceMapWork));
