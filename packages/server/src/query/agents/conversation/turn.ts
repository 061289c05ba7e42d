import type { Message, ToolUse } from '@sightline/schema/conventions';
import type { RunNode } from '../run-tree.ts';

/** A step, or what log events say where no step is stored for them. */
export interface Speaker {
  readonly traceId: string;
  readonly spanId: string | null;
  readonly startNanos: bigint;
  /** Absent for log events without a stored span. */
  readonly node: RunNode | undefined;
}

export interface Turn extends Speaker {
  readonly input: readonly Message[];
  readonly output: readonly Message[];
}

export interface ToolRun extends Speaker {
  readonly node: RunNode;
  readonly use: ToolUse;
}

export const byTime = (a: Speaker, b: Speaker): number =>
  a.startNanos < b.startNanos
    ? -1
    : a.startNanos > b.startNanos
      ? 1
      : (a.spanId ?? '') < (b.spanId ?? '')
        ? -1
        : 1;
