import type { Replayed, TargetOptions } from './target-options.ts';
import { traceWorkflow } from '../agent/workflow.ts';
import { SightlineConfigError } from '../core/sdk-error.ts';
import type { SpanHandle } from '../core/span-handle.ts';
import { serveTarget } from './target-worker.ts';

export interface TargetCall {
  readonly context: unknown;
  /** Set while a recorded run is run again. */
  readonly replayId: string | undefined;
  readonly signal: AbortSignal;
  readonly span: SpanHandle;
}

const never = new AbortController().signal;

/**
 * Names a function that can be run again. Call what it returns as you would call the function: each call is a run with its input, context
 * and result recorded. The program connects outwards to the server and runs what it is given to replay.
 *
 * @example
 * const answer = target('answer-question', async (question: string) => `You asked: ${question}`, { connect: false });
 * await answer('Where is Oslo?');
 */
export function target<I, O>(
  name: string,
  fn: (input: I, call: TargetCall) => O | Promise<O>,
  options: TargetOptions = {},
): (input: I, context?: unknown) => Promise<O> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name))
    throw new SightlineConfigError(
      'target',
      `was given the name ${JSON.stringify(name)}`,
      'Use letters, digits, dots and dashes, at most 100.',
    );
  const run = async (input: I, context: unknown, replay?: Replayed): Promise<O> =>
    traceWorkflow<Promise<O>>(
      {
        name,
        input,
        context,
        attributes: {
          'sightline.target': name,
          ...(replay === undefined
            ? {}
            : { 'sightline.replay.id': replay.replayId, 'sightline.replay.of': replay.sourceTraceId }),
        },
      },
      async (span): Promise<O> => {
        replay?.started(span.traceId);
        return fn(input, {
          context,
          replayId: replay?.replayId,
          signal: replay?.signal ?? never,
          span,
        });
      },
    );
  serveTarget(name, (input, replay) => run(input as I, replay.context, replay), options);
  return async (input, context) => run(input, context);
}
