import { normalTraceId, readTraceExtent } from '../read-trace.ts';
import type { TraceExtent } from '../trace-extent.ts';
import type { Reader } from '../reader.ts';
import { readRunTree, readStepsState } from './read-run-tree.ts';
import type { StoredRun } from './stored-run.ts';
import type { RunState } from './run-cache.ts';
import { readGeneration } from './settled-runs.ts';

export interface RunRequest<Also> {
  readonly withFlags?: boolean;
  /**
   * What else is read, at the same time. `known` is the run as it was read before, should nothing have changed since. May be called a second time,
   * when something has.
   */
  readonly also: (extent: TraceExtent, known: StoredRun | undefined) => Promise<Also>;
}

export const nothingElse = async (): Promise<undefined> => undefined;

/**
 * A run as it is now. Tabs of one page are asked one after the other, so a run that was just read is taken from memory where the store says that
 * nothing of it changed. Throws `trace_not_found`.
 */
export async function openRun<Also>(
  reader: Reader,
  traceId: string,
  { withFlags = false, also }: RunRequest<Also>,
): Promise<StoredRun & { readonly also: Also }> {
  const id = normalTraceId(traceId);
  const key = `${reader.project}\0${id}`;
  const known = reader.runs?.find(key, reader.clock.monotonicMs());
  if (known !== undefined && (known.run.flags !== undefined || !withFlags)) {
    const { run } = known;
    // What is wanted first: it is worked on here while the engine looks whether anything changed.
    const [more, state] = await Promise.all([also(run.extent, run), readState(reader, id, run.extent)]);
    if (isSame(state, known.state)) return { ...run, also: more };
  }
  // What a run is kept under is read before it: should it change meanwhile, it is read again the next time.
  const [extent, generation] = await Promise.all([readTraceExtent(reader, id), readGeneration(reader)]);
  const [run, more] = await Promise.all([
    readRunTree(reader, id, { extent, withFlags }),
    also(extent, undefined),
  ]);
  const { count: steps, changedMs } = run.state;
  if (steps > 0 && run.tree.nodes.length === extent.spanCount)
    reader.runs?.keep(
      key,
      { run, state: { ...extent, steps, changedMs, generation } },
      reader.clock.monotonicMs(),
    );
  return { ...run, also: more };
}

async function readState(reader: Reader, traceId: string, within: TraceExtent): Promise<RunState> {
  const [extent, generation, { count, changedMs }] = await Promise.all([
    readTraceExtent(reader, traceId),
    readGeneration(reader),
    readStepsState(reader, traceId, within),
  ]);
  return { ...extent, steps: count, changedMs, generation };
}

function isSame(a: RunState, b: RunState): boolean {
  return (
    a.start === b.start &&
    a.end === b.end &&
    a.spanCount === b.spanCount &&
    a.steps === b.steps &&
    a.changedMs === b.changedMs &&
    a.generation === b.generation
  );
}
