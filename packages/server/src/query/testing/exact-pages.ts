/** Pages of lists are exact while more arrives: nothing that was there is lost, nothing is shown twice. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { findTraces } from '../find-traces.ts';
import { hexId, tracesRequest } from './otlp-json.ts';
import type { TestStore } from './test-store.ts';

const second = 1_000_000_000n;
let ids = 1;

/** A number that nothing was named by before. */
export function nextId(): number {
  return ids++;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** Reads all pages, doing something between them. */
export async function readAll<Item>(
  read: (cursor: string | undefined) => Promise<Page<Item>>,
  between: () => Promise<void>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 200; pages++) {
    const page = await read(cursor);
    items.push(...page.items);
    if (page.nextCursor === null) return items;
    cursor = page.nextCursor;
    await between();
  }
  throw new Error('The pages do not end.');
}

export interface NewTrace {
  readonly id: string;
  /** Seconds before now at which its spans start. */
  readonly starts: readonly number[];
}

/** In one load, a nanosecond later than the last. */
export async function loadTraces(
  telemetry: TestStore,
  service: string,
  traces: readonly NewTrace[],
): Promise<void> {
  const spans = traces.flatMap(({ id, starts }) =>
    starts.map((start) => ({
      traceId: id,
      spanId: hexId(16, nextId()),
      startNanos: telemetry.clock.nowNanos - BigInt(start) * second,
    })),
  );
  telemetry.clock.nowNanos += 1n;
  await telemetry.loadJson('traces', tracesRequest(service, spans));
}

const traceStarts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 });
const lateSpan = fc.record({ start: fc.integer({ min: 1, max: 3000 }), target: fc.nat({ max: 20 }) });

/** Reads pages of traces again and again, while spans come late into traces of all pages. A failure tells its seed. */
export async function expectExactTracePages(
  telemetry: TestStore,
  parameters: Pick<fc.Parameters<unknown>, 'numRuns' | 'seed'>,
): Promise<void> {
  const property = fc.asyncProperty(
    fc.array(traceStarts, { minLength: 1, maxLength: 12 }),
    fc.array(lateSpan, { maxLength: 8 }),
    fc.integer({ min: 1, max: 4 }),
    async (starts, late, limit) => {
      const service = `service-${nextId()}`;
      const loaded = starts.map((each) => ({ id: hexId(32, nextId()), starts: each }));
      await loadTraces(telemetry, service, loaded);
      const waiting = [...late];
      const newIds = new Map<number, string>();
      const query = { from: '-1h', to: 'now', service, limit };
      const seen = await readAll(
        async (cursor) => {
          const { traces, nextCursor } = await findTraces(
            telemetry.context,
            cursor === undefined ? query : { ...query, cursor },
          );
          return { items: traces.map(({ traceId }) => traceId), nextCursor };
        },
        async () => {
          const next = waiting.pop();
          if (next === undefined) return;
          // Into a trace that is there already, a new one, or one that came since the first page.
          const id = loaded[next.target]?.id ?? newIds.get(next.target) ?? hexId(32, nextId());
          newIds.set(next.target, id);
          await loadTraces(telemetry, service, [{ id, starts: [next.start] }]);
        },
      );
      expect(new Set(seen).size).toBe(seen.length);
      for (const { id } of loaded) expect(seen).toContain(id);
    },
  );
  await fc.assert(property, parameters);
}
