import type { Speaker } from './turn.ts';

/** Items with one key by how near they are to somebody: of the same agent, then of the same run of agents, then all. In the order they were given. */
export class NearItems<Item> {
  readonly #byKey: ReadonlyMap<string | undefined, readonly Item[]>;
  readonly #speakerOf: (item: Item) => Speaker;
  readonly #circles = new Map<string, Circles<Item>>();

  constructor(
    items: readonly Item[],
    keyOf: (item: Item) => string | undefined,
    speakerOf: (item: Item) => Speaker,
  ) {
    this.#byKey = Map.groupBy(items, keyOf);
    this.#speakerOf = speakerOf;
  }

  around({ traceId, node }: Speaker, key: string): Circles<Item> {
    const place = JSON.stringify([key, traceId, node?.agent]);
    let circles = this.#circles.get(place);
    if (circles === undefined) {
      const all = this.#byKey.get(key) ?? [];
      const ofRun = all.filter((item) => this.#speakerOf(item).traceId === traceId);
      const ofAgent = ofRun.filter((item) => this.#speakerOf(item).node?.agent === node?.agent);
      circles = { ofAgent, ofRun, all };
      this.#circles.set(place, circles);
    }
    return circles;
  }

  /** The nearest, if there are any. */
  nearest(speaker: Speaker, key: string): readonly Item[] {
    const { ofAgent, ofRun, all } = this.around(speaker, key);
    return ofAgent.length > 0 ? ofAgent : ofRun.length > 0 ? ofRun : all;
  }
}

interface Circles<Item> {
  readonly ofAgent: readonly Item[];
  readonly ofRun: readonly Item[];
  readonly all: readonly Item[];
}

/** The place of the first for which it holds, where it holds for all after that; the length of the list if for none. */
export function firstWhere<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && holds(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
