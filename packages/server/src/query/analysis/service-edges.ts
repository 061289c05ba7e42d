/** Who calls whom, from spans: parents and children of different services, links of messages, and calls of what sends no spans itself. */
import type { MapEdge, MapNodeKind } from '@sightline/schema/api';

export interface MapWord {
  readonly service: string;
  readonly kind: number;
  readonly operation: string;
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
  /** 1 for spans of the time before. */
  readonly isBefore: readonly number[];
  /** By consumer: keys of the spans that it links to. */
  readonly links: ReadonlyMap<number, readonly number[]>;
}

export interface MapSums {
  calls: number;
  errors: number;
  readonly durationsMs: number[];
  readonly callerMs: number[];
}

export interface FoundNode {
  readonly id: string;
  readonly kind: MapNodeKind;
  readonly name: string;
  readonly group: string;
  readonly now: MapSums;
  readonly before: MapSums;
}

export interface FoundEdge {
  readonly source: string;
  readonly target: string;
  readonly kind: MapEdge['kind'];
  readonly now: MapSums;
  readonly before: MapSums;
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

export function findServiceEdges(spans: MapSpans): {
  readonly nodes: readonly FoundNode[];
  readonly edges: readonly FoundEdge[];
} {
  const map = new MapBuilder();
  const indexOf = new Map(spans.key.map((key, index) => [key, index]));
  const wordOf = (span: number): MapWord | undefined => spans.words[spans.word[span] ?? -1];
  const parentOf = (span: number): number => indexOf.get(spans.parent[span] ?? 0) ?? -1;
  const isAnswered = new Uint8Array(spans.key.length);
  for (let span = 0; span < spans.key.length; span++) {
    const above = parentOf(span);
    if (above !== -1 && above !== span && wordOf(above)?.service !== wordOf(span)?.service)
      isAnswered[above] = 1;
  }
  for (let span = 0; span < spans.key.length; span++) {
    const word = wordOf(span);
    if (word === undefined) continue;
    const above = parentOf(span);
    const caller = above === -1 ? undefined : wordOf(above);
    const call = {
      isError: spans.isError[span] === 1,
      isBefore: spans.isBefore[span] === 1,
      durationMs: spans.durationMs[span] ?? 0,
    };
    const self = map.service(word.service);
    if (word.kind === consumer && word.target?.kind === 'queue')
      map.add(map.node(word.target), self, 'message', call);
    else if (caller !== undefined && caller.service !== word.service)
      map.add(map.service(caller.service), self, caller.kind === producer ? 'message' : 'call', {
        ...call,
        callerMs: spans.durationMs[above] ?? 0,
      });
    else if (word.kind === consumer) {
      for (const key of spans.links.get(span) ?? []) {
        const sender = wordOf(indexOf.get(key) ?? -1);
        if (sender !== undefined && sender.service !== word.service)
          map.add(map.service(sender.service), self, 'message', call);
      }
    } else if (above === -1 && (spans.parent[span] === 0 || word.kind === server))
      map.add(map.user(), self, 'call', call);
    if (word.target === undefined || word.kind === consumer) continue;
    // A queue stands between who sends and who receives also where the receiver sends spans.
    if (isAnswered[span] === 1 && word.target.kind !== 'queue') continue;
    if (carriers.has(caller?.target?.kind ?? '') && caller?.service === word.service) continue;
    map.add(self, map.node(word.target), edgeKinds[word.target.kind] ?? 'call', call);
  }
  return map.describe();
}

interface Call {
  readonly isError: boolean;
  readonly isBefore: boolean;
  readonly durationMs: number;
  readonly callerMs?: number;
}

class MapBuilder {
  readonly #nodes = new Map<string, FoundNode>();
  readonly #edges = new Map<string, FoundEdge>();

  user(): string {
    return this.node({ kind: 'user', name: 'Users', group: '' });
  }

  service(name: string): string {
    return this.node({ kind: 'service', name, group: '' });
  }

  node({ kind, name, group }: Pick<FoundNode, 'kind' | 'name' | 'group'>): string {
    const id = `${kind}:${name}`;
    if (!this.#nodes.has(id)) this.#nodes.set(id, { id, kind, name, group, now: noSums(), before: noSums() });
    return id;
  }

  add(source: string, target: string, kind: FoundEdge['kind'], call: Call): void {
    const key = `${source}\n${target}\n${kind}`;
    const edge = this.#edges.get(key) ?? { source, target, kind, now: noSums(), before: noSums() };
    this.#edges.set(key, edge);
    const node = this.#nodes.get(target);
    for (const each of [edge, ...(node === undefined ? [] : [node])]) {
      const sums = call.isBefore ? each.before : each.now;
      sums.calls++;
      if (call.isError) sums.errors++;
      sums.durationsMs.push(call.durationMs);
      if (call.callerMs !== undefined) sums.callerMs.push(call.callerMs);
    }
  }

  describe() {
    return { nodes: [...this.#nodes.values()], edges: [...this.#edges.values()] };
  }
}

function noSums(): MapSums {
  return { calls: 0, errors: 0, durationsMs: [], callerMs: [] };
}
