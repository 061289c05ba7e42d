/** The spans of many traces, as trees in typed arrays. */
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
import type { Reader } from '../reader.ts';
import { sql, trusted } from '../sql/sql.ts';
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
  const spansKnown = traces.reduce((sum, { spanCount }) => sum + spanCount, 0);
  const rows = await reader.binary(
    sql`
    SELECT ${traceNumber}, toFloat64(bitShiftRight(cityHash64(trace_id, span_id), 12)),
      if(parent_span_id = toFixedString('', 8), 0., toFloat64(bitShiftRight(cityHash64(trace_id, parent_span_id), 12))),
      concat(service, '\\n', operation, '\\n', model, '\\n', name), kind, status_code, toUnixTimestamp64Nano(start_time), toFloat64(duration_ns),
      toFloat64(ifNull(ttft_ms, 0))${trusted(withIds ? ', lower(hex(span_id))' : '')}
    FROM spans WHERE ${spansOf(reader.project, selections)}
    ORDER BY start_time, duration_ns DESC, span_id`,
    // Spans come while they are counted.
    { resultRowsMax: 2 * spansKnown + spansMeanwhile },
  );
  const places = placesOf(traces);
  const indexOf = new Map<number, number>();
  const parents: number[] = [];
  const startUs: number[] = [];
  const endUs: number[] = [];
  const traceOf: number[] = [];
  const wordOf: number[] = [];
  const isError: number[] = [];
  const kinds: number[] = [];
  const firstTokenUs: number[] = [];
  const spanIds: string[] = [];
  const words = new WordTable();
  let originNanos: bigint | undefined;
  while (!rows.isAtEnd) {
    const trace = places.get(rows.float64());
    const key = rows.float64();
    const above = rows.float64();
    const word = rows.string();
    const kind = rows.uint8();
    const statusCode = rows.uint8();
    const startNanos = rows.int64();
    const durationNanos = rows.float64();
    const firstTokenMs = rows.float64();
    const spanId = withIds ? rows.string() : '';
    // Of an id whose number another trace has, or that came meanwhile.
    if (trace === undefined) continue;
    originNanos ??= startNanos;
    const start = Number(startNanos - originNanos) / 1000;
    if (!indexOf.has(key)) indexOf.set(key, parents.length);
    traceOf.push(trace);
    parents.push(above);
    wordOf.push(words.indexOf(word));
    kinds.push(kind);
    isError.push(statusCode === failed ? 1 : 0);
    startUs.push(start);
    endUs.push(start + durationNanos / 1000);
    firstTokenUs.push(firstTokenMs * 1000);
    if (withIds) spanIds.push(spanId);
  }
  const parent = Int32Array.from(parents, (hash) => (hash === 0 ? -1 : (indexOf.get(hash) ?? -1)));
  return {
    ...buildForest({
      parents: parent,
      startUs: Float64Array.from(startUs),
      endUs: Float64Array.from(endUs),
      traceOf: Int32Array.from(traceOf),
      traceCount: traces.length,
    }),
    wordOf: Int32Array.from(wordOf),
    words: words.words.map(readWord),
    isError: Uint8Array.from(isError),
    isAside: Uint8Array.from(kinds, (kind, span) =>
      kind === consumer && (parent[span] ?? -1) !== -1 ? 1 : 0,
    ),
    firstTokenUs: Float64Array.from(firstTokenUs),
    spanIds,
  };
}

/** The name is last: it alone may hold a line feed. */
function readWord(text: string): SpanWord {
  const [service = '', told = '', model = '', ...name] = text.split('\n');
  const operation = decodeOperation(told);
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
