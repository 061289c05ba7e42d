/** Sums over the spans of one key, for each trace and each group. Both "where does the time go" and "what differs" read these sums. */
import type { Forest } from './forest.ts';
import { at } from './span-tree.ts';

/** A key for each span: its step or its calling context. */
export interface SpanKeys {
  readonly keyOf: Int32Array;
  readonly keyCount: number;
  /** 1 for the spans that are counted as calls of their key; the others are a part of one. */
  readonly isCall: Uint8Array;
}

export interface Measured {
  readonly forest: Forest;
  readonly onPathUs: Float64Array;
  readonly selfUs: Float64Array;
  readonly isError: Uint8Array;
  /** The group of each trace; −1 for traces that are left out. */
  readonly groupOf: Int32Array;
  readonly groupCount: number;
}

/** A value for each key and group stands at `key * groupCount + group`. */
export interface KeyedSums {
  /** Traces with at least one call of the key. */
  readonly traces: Float64Array;
  readonly calls: Float64Array;
  readonly errors: Float64Array;
  readonly selfUs: Float64Array;
  readonly pathUs: Float64Array;
  /** Sum of the squares of what each trace spends on its path there: for the spread of the mean. */
  readonly pathUsSquares: Float64Array;
}

export function sumByKey({ keyOf, keyCount, isCall }: SpanKeys, measured: Measured): KeyedSums {
  const { forest, onPathUs, selfUs, isError, groupOf, groupCount } = measured;
  const sums = emptySums(keyCount * groupCount);
  const path = new Float64Array(keyCount);
  const calls = new Float64Array(keyCount);
  const isTouched = new Uint8Array(keyCount);
  const touched: number[] = [];
  for (let trace = 0; trace < forest.traceCount; trace++) {
    const group = at(groupOf, trace);
    if (group < 0) continue;
    for (let i = at(forest.traceStart, trace); i < at(forest.traceStart, trace + 1); i++) {
      const span = at(forest.byTrace, i);
      const key = at(keyOf, span);
      const place = key * groupCount + group;
      if (at(isTouched, key) === 0) {
        isTouched[key] = 1;
        touched.push(key);
      }
      path[key] = at(path, key) + at(onPathUs, span);
      add(sums.selfUs, place, at(selfUs, span));
      if (at(isCall, span) === 0) continue;
      calls[key] = at(calls, key) + 1;
      add(sums.errors, place, at(isError, span));
    }
    for (const key of touched) {
      const place = key * groupCount + group;
      const pathUs = at(path, key);
      add(sums.pathUs, place, pathUs);
      add(sums.pathUsSquares, place, pathUs * pathUs);
      add(sums.calls, place, at(calls, key));
      if (at(calls, key) > 0) add(sums.traces, place, 1);
      path[key] = 0;
      calls[key] = 0;
      isTouched[key] = 0;
    }
    touched.length = 0;
  }
  return sums;
}

/** Traces in each group. */
export function groupSizes(groupOf: Int32Array, groupCount: number): Float64Array {
  const sizes = new Float64Array(groupCount);
  for (const group of groupOf) if (group >= 0) add(sizes, group, 1);
  return sizes;
}

function emptySums(size: number): KeyedSums {
  return {
    traces: new Float64Array(size),
    calls: new Float64Array(size),
    errors: new Float64Array(size),
    selfUs: new Float64Array(size),
    pathUs: new Float64Array(size),
    pathUsSquares: new Float64Array(size),
  };
}

function add(array: Float64Array, place: number, value: number): void {
  array[place] = at(array, place) + value;
}
