import type { SlimTraceResponse } from '@sightline/schema/api';
import { humanKind } from './human-step.ts';
import { at, buildTraceModel, type TraceModel } from './trace-model.ts';

/** Whether a trace has both: steps of agents, models and tools, and what lies between them. */
export function hasOtherSteps(model: TraceModel): boolean {
  let found = 0;
  for (let span = 0; span < model.size; span++) if (humanKind(model, span) !== undefined) found++;
  return found > 0 && found < model.size;
}

/** The trace without transport, storage and the program's own code: each step below the nearest step that is left. Roots stay. */
export function aiStepsOf(model: TraceModel): TraceModel {
  const { columns } = model.slim;
  const kept: number[] = [];
  const place = new Map<number, number>();
  for (let span = 0; span < model.size; span++) {
    if (at(model.parent, span) !== -1 && humanKind(model, span) === undefined) continue;
    place.set(span, kept.push(span) - 1);
  }
  const parentOf = (span: number): number => {
    for (let above = at(model.parent, span); above !== -1; above = at(model.parent, above)) {
      const found = place.get(above);
      if (found !== undefined) return found;
    }
    return columns.parent[span] === -2 ? -2 : -1;
  };
  const pick = <Value>(values: readonly Value[]): Value[] => kept.map((span) => values[span] as Value);
  const slim: SlimTraceResponse = {
    ...model.slim,
    columns: {
      spanId: pick(columns.spanId),
      parent: kept.map(parentOf),
      name: pick(columns.name),
      service: pick(columns.service),
      kind: pick(columns.kind),
      operation: pick(columns.operation),
      startOffsetUs: pick(columns.startOffsetUs),
      durationUs: pick(columns.durationUs),
      statusCode: pick(columns.statusCode),
      statusMessage: pick(columns.statusMessage),
      model: pick(columns.model),
      eventCount: pick(columns.eventCount),
      inputTokens: pick(columns.inputTokens),
      outputTokens: pick(columns.outputTokens),
      costUsd: pick(columns.costUsd),
    },
  };
  return buildTraceModel(slim);
}
