/** The step that people know a span of the trace by. The rule is that of `@sightline/schema/analysis`. */
import { type HumanKind, humanKindOf, humanNameOf, humanStepOf } from '@sightline/schema/analysis';
import { operationKinds } from './operation.ts';
import { spanModelName, spanName, type TraceModel } from './trace-model.ts';

/** Undefined for a span of transport, storage or the program's own code. */
export function humanKind(model: TraceModel, span: number): HumanKind | undefined {
  return humanKindOf(operationKinds[model.slim.columns.operation[span] ?? -1] ?? 'other');
}

export function humanStep(model: TraceModel, span: number): number {
  return humanStepOf({ parent: model.parent, kindOf: (each) => humanKind(model, each) }, span);
}

export function humanName(model: TraceModel, step: number): string {
  return humanNameOf(humanKind(model, step), {
    name: spanName(model, step),
    model: spanModelName(model, step),
  });
}
