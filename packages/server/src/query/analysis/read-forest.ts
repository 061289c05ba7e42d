/** The spans of many traces, as trees in typed arrays. */
import { unixNano } from '@sightline/base';
import {
  buildForest,
  type Forest,
  type HumanKind,
  humanKindOf,
  humanNameOf,
  humanStepOf,
  type SpanKeys,
} from '@sightline/schema/analysis';
import type { OperationKind, StepKind } from '@sightline/schema/api';
import { decodeOperation } from '../decode-span.ts';
import { NumberTable } from '../number-table.ts';
import { ByteWordTable } from '../../storage/byte-word-table.ts';
import type { Reader } from '../reader.ts';
import { int64, sql, trusted } from '../sql/sql.ts';
import { WordTable } from '../word-table.ts';
import { type SelectedTraces, spansOf } from './read-selection.ts';
import { placesOf, traceNumber } from './trace-numbers.ts';

export interface SpanWord {
  readonly service: string;
  readonly name: string;
  readonly operation: OperationKind;
  readonly model: string;
  readonly kind: HumanKind | undefined;
}

export interface SpanForest extends Forest {
  /** What each span is, as an index of `words`. */
  readonly wordOf: Int32Array;
  readonly words: readonly SpanWord[];
  readonly isError: Uint8Array;
  /** Of consumers of messages: whoever sent one does not wait for it. */
  readonly isAside: Uint8Array;
  /** Microseconds to the first token; 0 where nobody told. */
  readonly firstTokenUs: Float64Array;
  /** Empty unless they were asked for. */
  readonly spanIds: readonly string[];
}

const spansMeanwhile = 10_000;
const consumer = 5;
const failed = 2;

/**
 * Ids become numbers of 52 bits by a hash over trace and span: of a quarter of a million spans two have one number in one of 150,000 answers. Spans
 * come in the order of their start, longest first, so that a parent comes before a child that begins with it.
 */
export async function readForest(
  reader: Reader,
  selections: readonly SelectedTraces[],
  { withIds = false }: { readonly withIds?: boolean } = {},
): Promise<SpanForest> {
  const traces = selections.flatMap((selection) => selection.traces);
  const originNanos = selections.reduce(
    (first, { extent }) => (extent.from < first ? extent.from : first),
    selections[0]?.extent.from ?? unixNano(0n),
  );
  const room = traces.reduce((sum, { spanCount }) => sum + spanCount, spansMeanwhile);
  const rows = await reader.binary(
    sql`
    SELECT ${traceNumber}, toFloat64(bitShiftRight(cityHash64(trace_id, span_id), 12)),
      if(parent_span_id = toFixedString('', 8), 0., toFloat64(bitShiftRight(cityHash64(trace_id, parent_span_id), 12))),
      concat(service, '\\n', operation, '\\n', model, '\\n', name), kind, status_code, (toUnixTimestamp64Nano(start_time) - ${int64(originNanos)}) / 1000,
      duration_ns / 1000, toFloat64(ifNull(ttft_ms, 0)) * 1000${trusted(withIds ? ', lower(hex(span_id))' : '')}
    FROM spans WHERE ${spansOf(reader.project, selections)}
    ORDER BY start_time, duration_ns DESC, span_id`,
    { resultRowsMax: room },
  );
  const places = placesOf(traces);
  // Written into as they are read: lists that grow, of a quarter of a million numbers each, take as long as reading them.
  const indexOf = new NumberTable(room);
  const above = new Float64Array(room);
  const startUs = new Float64Array(room);
  const endUs = new Float64Array(room);
  const firstTokenUs = new Float64Array(room);
  const traceOf = new Int32Array(room);
  const wordOf = new Int32Array(room);
  const isError = new Uint8Array(room);
  const kinds = new Uint8Array(room);
  const spanIds: string[] = [];
  const words = new ByteWordTable();
  let size = 0;
  while (!rows.isAtEnd) {
    const trace = places.get(rows.float64());
    const key = rows.float64();
    above[size] = rows.float64();
    wordOf[size] = rows.wordOf(words);
    kinds[size] = rows.uint8();
    isError[size] = rows.uint8() === failed ? 1 : 0;
    const start = rows.float64();
    startUs[size] = start;
    endUs[size] = start + rows.float64();
    firstTokenUs[size] = rows.float64();
    const spanId = withIds ? rows.string() : '';
    // Of an id whose number another trace has, or that came meanwhile.
    if (trace === undefined) continue;
    traceOf[size] = trace;
    indexOf.add(key, size);
    if (withIds) spanIds.push(spanId);
    size += 1;
  }
  const parent = Int32Array.from(above.subarray(0, size), (key) => (key === 0 ? -1 : indexOf.get(key)));
  return {
    ...buildForest({
      parents: parent,
      startUs: startUs.slice(0, size),
      endUs: endUs.slice(0, size),
      traceOf: traceOf.slice(0, size),
      traceCount: traces.length,
    }),
    wordOf: wordOf.slice(0, size),
    words: words.words.map(readWord),
    isError: isError.slice(0, size),
    isAside: kinds
      .slice(0, size)
      .map((kind, span) => (kind === consumer && (parent[span] ?? -1) !== -1 ? 1 : 0)),
    firstTokenUs: firstTokenUs.slice(0, size),
    spanIds,
  };
}

/** The name is last: it alone may hold a line feed. */
function readWord(text: string): SpanWord {
  const [service = '', operationName = '', model = '', ...name] = text.split('\n');
  const operation = decodeOperation(operationName);
  return { service, operation, model, name: name.join('\n'), kind: humanKindOf(operation) };
}

export interface Step {
  readonly kind: StepKind;
  readonly name: string;
  /** '' where models, tools and agents of several services have one name. */
  readonly service: string;
}

export interface Steps extends SpanKeys {
  readonly steps: readonly Step[];
}

/** The step of each span, as people know it: a model, tool, retrieval or agent by its name whoever calls it, the program's own spans by service and name. */
export function findSteps({ tree, wordOf, words }: SpanForest): Steps {
  const kindOf = (span: number): HumanKind | undefined => words[wordOf[span] ?? 0]?.kind;
  const table = new WordTable();
  const steps: { kind: StepKind; name: string; service: string }[] = [];
  const keyOfWord = words.map((word) => {
    const step = stepOf(word);
    const index = table.indexOf(`${step.kind}\n${step.kind === 'code' ? step.service : ''}\n${step.name}`);
    const known = steps[index];
    if (known === undefined) steps[index] = step;
    else if (known.service !== step.service) known.service = '';
    return index;
  });
  const keyOf = new Int32Array(tree.size);
  const isCall = new Uint8Array(tree.size);
  for (let span = 0; span < tree.size; span++) {
    const step = humanStepOf({ parent: tree.parent, kindOf }, span);
    keyOf[span] = keyOfWord[wordOf[step] ?? 0] ?? 0;
    isCall[span] = step === span ? 1 : 0;
  }
  return { keyOf, keyCount: steps.length, isCall, steps };
}

export function stepOf({ kind, name, model, service }: SpanWord): {
  kind: StepKind;
  name: string;
  service: string;
} {
  return { kind: kind ?? 'code', name: humanNameOf(kind, { name, model }), service };
}
