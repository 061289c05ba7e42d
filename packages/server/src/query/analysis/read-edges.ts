/** Edges from spans: of the tails of a map, and of what is made ahead. */
import type { MapNodeKind } from '@sightline/schema/api';
import type { Reader } from '../reader.ts';
import { ByteWordTable } from '../../storage/byte-word-table.ts';
import type { RowBinary } from '../../storage/row-binary.ts';
import { edgeSpans } from '../sql/service-edges-sql.ts';
import type { Sql } from '../sql/sql.ts';
import type { Window } from '../time-range.ts';
import { type EdgeTable, findServiceEdges, type MapWord } from './service-edges.ts';

export interface EdgesRequest {
  readonly windows: readonly Window[];
  /** Where not all traces are looked at: one in `weight`. */
  readonly sample?: Sql | undefined;
  readonly weight: number;
  readonly withEnvironment: boolean;
  /** The place in `parts` of what began in this second since 1970. */
  readonly partOf: (startS: number) => number;
  readonly parts: readonly EdgeTable[];
  /** Of the answer. */
  readonly resultRowsMax: number;
}

/** Adds the edges of the windows to `parts`; resolves with how many spans each part has. */
export async function readEdges(reader: Reader, request: EdgesRequest): Promise<readonly number[]> {
  const limits = { resultRowsMax: request.resultRowsMax, resultBytesMax };
  const { counted, around } = edgeSpans(reader.project, request);
  const found = await Promise.all([reader.binary(counted, limits), reader.binary(around, limits)]);
  const key: number[] = [];
  const parent: number[] = [];
  const word: number[] = [];
  const isError: number[] = [];
  const durationMs: number[] = [];
  const startS: number[] = [];
  const part: number[] = [];
  const links = new Map<number, readonly number[]>();
  const words = new ByteWordTable();
  const spans = request.parts.map(() => 0);
  const read = (rows: RowBinary, isCounted: boolean): void => {
    key.push(rows.float64());
    parent.push(rows.float64());
    word.push(rows.wordOf(words));
    isError.push(rows.uint8());
    durationMs.push(rows.float64());
    startS.push(rows.float64());
    const at = request.partOf(startS.at(-1) ?? 0);
    part.push(isCounted ? at : -1);
    if (isCounted) spans[at] = (spans[at] ?? 0) + 1;
    const linked = rows.numbers(() => rows.float64());
    if (linked.length > 0) links.set(key.length - 1, linked);
  };
  for (const [index, rows] of found.entries()) while (!rows.isAtEnd) read(rows, index === 0);
  if (key.length >= request.resultRowsMax)
    reader.meet({
      limit: 'spans',
      message: `The map is made from ${key.length} spans; more were in the sample.`,
    });
  findServiceEdges(
    { key, parent, word, words: words.words.map(readWord), isError, durationMs, startS, part, links },
    request.parts,
    request.weight,
  );
  return spans;
}

/** One trace in how many is looked at, so that about so many of the spans are. */
export function sampleWeight(spans: number, wanted: number): number {
  return spans <= wanted ? 1 : 2 ** Math.ceil(Math.log2(spans / wanted));
}

const resultBytesMax = 512 * 1024 ** 2;

const targetKinds: readonly MapNodeKind[] = ['database', 'queue', 'model', 'mcp', 'external'];

function readWord(text: string): MapWord {
  const [service = '', kind = '', operation = '', environment = '', target = '', name = '', group = ''] =
    text.split('\n');
  const targetKind = targetKinds.find((each) => each === target);
  return {
    service,
    kind: Number(kind),
    operation,
    environment,
    target: targetKind === undefined || name === '' ? undefined : { kind: targetKind, name, group },
  };
}
