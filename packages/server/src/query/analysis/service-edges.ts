/** Who calls whom, from spans: parents and children of different services, links of messages, and calls of what sends no spans itself. */
import type { MapEdge, MapNodeKind } from '@sightline/schema/api';
import { DurationCounts } from './duration-counts.ts';

export interface MapWord {
  readonly service: string;
  readonly kind: number;
  readonly operation: string;
  readonly environment: string;
  /** What is called that may send no spans itself. */
  readonly target: { readonly kind: MapNodeKind; readonly name: string; readonly group: string } | undefined;
}

/** Spans by columns. `key` and `parent` are numbers that stand for ids; 0 for no parent. */
export interface MapSpans {
  readonly key: readonly number[];
  readonly parent: readonly number[];
  readonly word: readonly number[];
  readonly words: readonly MapWord[];
  readonly isError: readonly number[];
  readonly durationMs: readonly number[];
  /** Seconds since 1970. */
  readonly startS: readonly number[];
  /** The part of the time whose calls it counts among; -1 where it counts in none, and is only whom others call or are called by. */
  readonly part: readonly number[];
  /** By consumer: keys of the spans that it links to. */
  readonly links: ReadonlyMap<number, readonly number[]>;
}

/** Of all calls, reckoned from those that were looked at. */
export interface EdgeSums {
  calls: number;
  errors: number;
  /** Calls that were looked at. */
  looked: number;
  readonly durations: DurationCounts;
  readonly callerDurations: DurationCounts;
}

/** A box of the map. */
export interface MapPlace {
  readonly kind: MapNodeKind;
  readonly name: string;
  readonly group: string;
}

/** An arrow; or, without a source, a box that was there, whoever called it. */
export interface ServiceEdge {
  readonly source: MapPlace | undefined;
  readonly target: MapPlace;
  readonly kind: MapEdge['kind'];
  /** Of the span that tells of the call. */
  readonly environment: string;
  readonly sums: EdgeSums;
}

const server = 2;
const producer = 4;
const consumer = 5;

const edgeKinds: Partial<Record<MapNodeKind, MapEdge['kind']>> = {
  database: 'database',
  queue: 'message',
  model: 'model',
  mcp: 'mcp',
};

/** Within these the client's span is the transport of a call that is an edge already. */
const carriers = new Set(['model', 'mcp', 'database']);

/** What began further apart is not seen as a call: it is not looked for so far around a part of the time. */
export const apartSMax = 21_600;

/** The edges of each part, into `parts`. Each span stands for so many: `weight`. */
export function findServiceEdges(spans: MapSpans, parts: readonly EdgeTable[], weight = 1): void {
  const indexOf = new Map(spans.key.map((key, index) => [key, index]));
  const wordOf = (span: number): MapWord | undefined => spans.words[spans.word[span] ?? -1];
  const placeOf = (key: number, span: number): number => {
    const place = indexOf.get(key) ?? -1;
    const apartS = Math.abs((spans.startS[place] ?? 0) - (spans.startS[span] ?? 0));
    return place !== -1 && apartS <= apartSMax ? place : -1;
  };
  const parentOf = (span: number): number => placeOf(spans.parent[span] ?? 0, span);
  const isAnswered = new Uint8Array(spans.key.length);
  for (let span = 0; span < spans.key.length; span++) {
    const above = parentOf(span);
    if (above !== -1 && above !== span && wordOf(above)?.service !== wordOf(span)?.service)
      isAnswered[above] = 1;
  }
  for (let span = 0; span < spans.key.length; span++) {
    const table = parts[spans.part[span] ?? -1];
    const word = wordOf(span);
    if (word === undefined || table === undefined) continue;
    const above = parentOf(span);
    const caller = above === -1 ? undefined : wordOf(above);
    const { environment } = word;
    const call = {
      isError: spans.isError[span] === 1,
      durationMs: spans.durationMs[span] ?? 0,
      weight,
    };
    const add = (source: MapPlace, target: MapPlace, kind: MapEdge['kind'], callerMs?: number): void =>
      table.add({ source, target, kind, environment }, { ...call, callerMs });
    const self = service(word.service);
    table.seen(self, environment);
    if (word.kind === consumer && word.target?.kind === 'queue') add(word.target, self, 'message');
    else if (caller !== undefined && caller.service !== word.service)
      add(
        service(caller.service),
        self,
        caller.kind === producer ? 'message' : 'call',
        spans.durationMs[above] ?? 0,
      );
    else if (word.kind === consumer) {
      for (const key of spans.links.get(span) ?? []) {
        const sender = wordOf(placeOf(key, span));
        if (sender !== undefined && sender.service !== word.service)
          add(service(sender.service), self, 'message');
      }
    } else if (above === -1 && (spans.parent[span] === 0 || word.kind === server)) add(users, self, 'call');
    if (word.target === undefined || word.kind === consumer) continue;
    // A queue stands between who sends and who receives also where the receiver sends spans.
    if (isAnswered[span] === 1 && word.target.kind !== 'queue') continue;
    if (carriers.has(caller?.target?.kind ?? '') && caller?.service === word.service) continue;
    add(self, word.target, edgeKinds[word.target.kind] ?? 'call');
  }
}

const users: MapPlace = { kind: 'user', name: 'Users', group: '' };

function service(name: string): MapPlace {
  return { kind: 'service', name, group: '' };
}

interface Call {
  readonly isError: boolean;
  readonly durationMs: number;
  readonly weight: number;
  readonly callerMs: number | undefined;
}

export type EdgeName = Omit<ServiceEdge, 'sums'>;

/** Edges with their sums, by what they are. */
export class EdgeTable {
  readonly #edges = new Map<string, ServiceEdge>();

  add(name: EdgeName, { isError, durationMs, weight, callerMs }: Call): void {
    const sums = this.sums(name);
    sums.calls += weight;
    if (isError) sums.errors += weight;
    sums.looked += 1;
    sums.durations.addMs(durationMs, weight);
    if (callerMs !== undefined) sums.callerDurations.addMs(callerMs, weight);
  }

  /** A box that is there, also where nobody calls it. */
  seen(place: MapPlace, environment: string): void {
    this.sums({ source: undefined, target: place, kind: 'call', environment });
  }

  addAll(edges: readonly ServiceEdge[]): void {
    for (const edge of edges) addSums(this.sums(edge), edge.sums);
  }

  get edges(): readonly ServiceEdge[] {
    return [...this.#edges.values()];
  }

  sums({ source, target, kind, environment }: EdgeName): EdgeSums {
    const key = [
      source?.kind,
      source?.name,
      source?.group,
      target.kind,
      target.name,
      target.group,
      kind,
      environment,
    ].join('\n');
    const known = this.#edges.get(key);
    if (known !== undefined) return known.sums;
    const sums = noSums();
    this.#edges.set(key, { source, target, kind, environment, sums });
    return sums;
  }
}

export function noSums(): EdgeSums {
  return {
    calls: 0,
    errors: 0,
    looked: 0,
    durations: new DurationCounts(),
    callerDurations: new DurationCounts(),
  };
}

export function addSums(sums: EdgeSums, more: EdgeSums): void {
  sums.calls += more.calls;
  sums.errors += more.errors;
  sums.looked += more.looked;
  sums.durations.addAll(more.durations);
  sums.callerDurations.addAll(more.callerDurations);
}
