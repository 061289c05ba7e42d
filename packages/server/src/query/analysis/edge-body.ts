/** Edges of a part of the time as bytes, for a row of `service_edges`: texts in UTF-8 with their length before them, numbers as varints. */
import { mapEdge, mapNodeKind } from '@sightline/schema/api';
import { ByteWriter } from '@sightline/schema/otlp';
import type { DurationCounts } from './duration-counts.ts';
import type { EdgeName, EdgeSums, EdgeTable, MapPlace, ServiceEdge } from './service-edges.ts';

/** Places of durations begin below 0. */
const placeOffset = 1024;
const placeKinds = mapNodeKind.options;
const edgeKinds = mapEdge.shape.kind.options;

export function writeEdges(edges: readonly ServiceEdge[]): Uint8Array {
  const out = new ByteWriter();
  for (const edge of edges) {
    const name = Buffer.from(JSON.stringify(nameOf(edge)));
    out.sized(name, 0, name.length);
    const { sums } = edge;
    for (const count of [sums.calls, sums.errors, sums.looked]) out.varint(count);
    for (const durations of [sums.durations, sums.callerDurations]) {
      const entries = durations.entries();
      out.varint(entries.length);
      for (const [place, count] of entries) {
        out.varint(place + placeOffset);
        out.varint(count);
      }
    }
  }
  return out.bytes.slice(0, out.length);
}

/** Adds edges that were written to a table. Rows name the same edges: a name is read once. */
export class EdgeReader {
  readonly #table: EdgeTable;
  readonly #known = new Map<string, EdgeSums>();
  #body: Uint8Array = new Uint8Array();
  #at = 0;

  constructor(table: EdgeTable) {
    this.#table = table;
  }

  add(body: Buffer): void {
    this.#body = body;
    this.#at = 0;
    while (this.#at < body.length) {
      const length = this.#varint();
      const name = body.toString('latin1', this.#at, this.#at + length);
      this.#at += length;
      const sums = this.#known.get(name) ?? this.#table.sums(readName(name));
      this.#known.set(name, sums);
      sums.calls += this.#varint();
      sums.errors += this.#varint();
      sums.looked += this.#varint();
      this.#counts(sums.durations);
      this.#counts(sums.callerDurations);
    }
  }

  #counts(durations: DurationCounts): void {
    for (let left = this.#varint(); left > 0; left -= 1) {
      const place = this.#varint() - placeOffset;
      durations.add(place, this.#varint());
    }
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#body[this.#at];
      if (byte === undefined) throw new RangeError('Edges end in the middle.');
      this.#at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
}

type WrittenPlace = readonly [kind: number, name: string, group: string];
type WrittenName = readonly [
  source: WrittenPlace | null,
  target: WrittenPlace,
  kind: number,
  environment: string,
];

function nameOf({ source, target, kind, environment }: EdgeName): WrittenName {
  const place = (of: MapPlace): WrittenPlace => [placeKinds.indexOf(of.kind), of.name, of.group];
  return [source === undefined ? null : place(source), place(target), edgeKinds.indexOf(kind), environment];
}

function readName(latin1: string): EdgeName {
  const [source, target, kind, environment] = JSON.parse(
    Buffer.from(latin1, 'latin1').toString('utf8'),
  ) as WrittenName;
  const place = ([of, name, group]: WrittenPlace): MapPlace => ({
    kind: placeKinds[of] ?? 'external',
    name,
    group,
  });
  return {
    source: source === null ? undefined : place(source),
    target: place(target),
    kind: edgeKinds[kind] ?? 'call',
    environment,
  };
}
