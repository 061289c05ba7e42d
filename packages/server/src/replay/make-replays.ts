/** From a recorded run to what is run again: its input as it was recorded, and the target that takes it. */
import {
  type Replay,
  type ReplayBatchRequest,
  type ReplayRequest,
  type ReplayWhatIf,
  type Run,
  runsParameters,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import {
  createBatch,
  createReplay,
  findTarget,
  listTargets,
  type NewReplay,
  tracesOfReplays,
} from '../catalog/replays.ts';
import { findRuns } from '../query/agents/find-runs.ts';
import { normalTraceId, readSpan, traceNotFound } from '../query/read-trace.ts';
import type { QueryContext } from '../query/reader.ts';
import { readRecordedInputs, type RecordedInput } from '../query/replay/read-recorded-inputs.ts';
import { readFacts } from '../evaluation/trace-facts.ts';
import { readHeads } from '../query/evaluation/quiet-traces.ts';
import { Reader } from '../query/reader.ts';
import { parseGate } from './gate.ts';

interface Making {
  readonly catalog: CatalogDatabase;
  readonly context: QueryContext;
}

export async function makeReplay({ catalog, context }: Making, request: ReplayRequest): Promise<Replay> {
  const traceId = await findSource(context, request);
  const recorded = (await readRecordedInputs(context, [traceId])).get(traceId);
  if (recorded === undefined) throw traceNotFound(traceId);
  const withQuestion = await withQuestions(context, new Map([[traceId, recorded]]));
  const made = prepare(withQuestion.get(traceId) ?? recorded, {
    names: await targetNames(catalog, context.project),
    target: request.target,
    input: request.input,
    context: request.context,
  });
  if ('reason' in made)
    throw new SightlineError('nothing_to_replay', `The run ${traceId} cannot be replayed: ${made.reason}.`, {
      hint: made.hint,
    });
  const { whatIf } = request;
  const replay =
    whatIf === undefined
      ? made.replay
      : { ...made.replay, whatIf: await readStep({ catalog, context }, made.replay, whatIf) };
  return createReplay(catalog, context.project, replay, request.key);
}

/** The step that a what-if goes on from; only a program can answer what was before it from the recording. */
async function readStep(
  { catalog, context }: Making,
  { sourceTraceId, target }: NewReplay,
  whatIf: ReplayWhatIf,
): Promise<Replay['whatIf']> {
  const found = await findTarget(catalog, context.project, target);
  if (found?.settings.kind !== 'sdk')
    throw new SightlineError(
      'bad_request',
      `The target ${JSON.stringify(target)} cannot go on from a step: it is not a program that calls target().`,
      { hint: 'Use "sightline replay <trace> --offline --from-span <id> -- <program>".' },
    );
  const { name } = await readSpan(context, { traceId: sourceTraceId, spanId: whatIf.spanId });
  return { ...whatIf, step: name };
}

/** Runs that the filter finds, the newest first. Those that cannot be replayed are left out and told. */
export async function makeBatch({ catalog, context }: Making, request: ReplayBatchRequest): Promise<string> {
  if (request.gate !== undefined) parseGate(request.gate);
  const { runs, replaysSeen } = await findOriginals({ catalog, context }, request);
  const names = await targetNames(catalog, context.project);
  const replays: NewReplay[] = [];
  const leftOut: { traceId: string; reason: string }[] = [];
  for (const { run, recorded } of runs) {
    const { traceId } = run;
    const made =
      recorded === undefined
        ? { reason: 'it is not stored any more' }
        : prepare({ ...recorded, failed: run.status === 'error' }, { names, target: request.target });
    if ('reason' in made) leftOut.push({ traceId, reason: made.reason });
    else replays.push(made.replay);
  }
  if (replays.length === 0)
    throw new SightlineError(
      'nothing_to_replay',
      runs.length === 0
        ? replaysSeen
          ? 'The filter finds only runs that are replays themselves.'
          : 'The filter finds no run.'
        : `None of the ${runs.length} runs can be replayed. The first: ${leftOut[0]?.reason ?? ''}.`,
      { hint: 'See "sightline runs" for what there is, and docs/replay.md for what a replay needs.' },
    );
  return createBatch(catalog, context.project, request, { replays, leftOut });
}

const runsPerPage = 200;
const pagesMax = 50;

/** The newest runs that are no replays themselves: each check in CI leaves replays that are newer than what was recorded. */
async function findOriginals(
  { catalog, context }: Making,
  { q, limit, from, to }: ReplayBatchRequest,
): Promise<{
  readonly runs: readonly { readonly run: Run; readonly recorded: RecordedInput | undefined }[];
  readonly replaysSeen: boolean;
}> {
  const runs: { readonly run: Run; readonly recorded: RecordedInput | undefined }[] = [];
  let replaysSeen = false;
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax && runs.length < limit; page++) {
    const found = await findRuns(context, runsParameters.parse({ q, from, to, cursor, limit: runsPerPage }));
    const ids = found.runs.map(({ traceId }) => traceId);
    const known = await tracesOfReplays(catalog, context.project, ids);
    const originals = ids.filter((id) => !known.has(id));
    const recorded = await withQuestions(context, await readRecordedInputs(context, originals));
    for (const run of found.runs)
      if (known.has(run.traceId) || recorded.get(run.traceId)?.isReplay === true) replaysSeen = true;
      else if (runs.length < limit) runs.push({ run, recorded: recorded.get(run.traceId) });
    if (found.nextCursor === null) break;
    cursor = found.nextCursor;
  }
  return { runs, replaysSeen };
}

interface TargetToFind {
  readonly names: readonly string[];
  readonly target: string | undefined;
  readonly input?: unknown;
  readonly context?: unknown;
}

function prepare(
  recorded: RecordedInput,
  { names, target: wanted, input, context }: TargetToFind,
): { readonly replay: NewReplay } | { readonly reason: string; readonly hint: string } {
  const edited = input !== undefined || context !== undefined;
  const given = input === undefined ? recorded.input : input;
  if (given === undefined)
    return {
      reason: 'this run has no recorded input',
      hint: 'Record it with target(), traceWorkflow(…, { input }) or saveQuery(), with content capture on; or give the input yourself.',
    };
  const target = wanted ?? recorded.target ?? (names.length === 1 ? names[0] : undefined);
  if (target === undefined)
    return {
      reason: 'it names no target',
      hint: names.length === 0 ? 'Make a target: see docs/replay.md.' : `Name one: ${names.join(', ')}.`,
    };
  if (!names.includes(target))
    return {
      reason: `there is no target ${JSON.stringify(target)}`,
      hint: names.length === 0 ? 'Make a target: see docs/replay.md.' : `There are: ${names.join(', ')}.`,
    };
  return {
    replay: {
      target,
      sourceTraceId: recorded.traceId,
      input: given,
      context: context === undefined ? (recorded.context ?? null) : context,
      masked: recorded.masked && input === undefined,
      edited,
      whatIf: null,
      before: { answer: recorded.answer, failed: recorded.failed, durationMs: recorded.durationMs },
    },
  };
}

async function targetNames(catalog: CatalogDatabase, project: string): Promise<readonly string[]> {
  return (await listTargets(catalog, project)).map(({ name }) => name);
}

/** Runs that recorded messages alone offer what the user asked, and what was answered. */
async function withQuestions(
  context: QueryContext,
  recorded: ReadonlyMap<string, RecordedInput>,
): Promise<ReadonlyMap<string, RecordedInput>> {
  const lacking = [...recorded.values()].filter(
    ({ input, answer }) => input === undefined || answer === null,
  );
  if (lacking.length === 0) return recorded;
  const heads = await readHeads(
    new Reader(context),
    lacking.map(({ traceId }) => traceId),
  );
  const facts = await readFacts(context, heads, new Set(['question', 'answer']));
  return new Map(
    [...recorded].map(([traceId, one]) => {
      const { question = '', answer = '' } = facts.get(traceId) ?? {};
      return [
        traceId,
        {
          ...one,
          input: one.input ?? (question === '' ? undefined : question),
          answer: one.answer ?? (answer === '' ? null : answer),
          masked: one.masked || (one.input === undefined && question.includes('[masked:')),
        },
      ];
    }),
  );
}

async function findSource(context: QueryContext, request: ReplayRequest): Promise<string> {
  const { traceId, correlationId, runId } = request;
  const given = [traceId, correlationId, runId].filter((each) => each !== undefined);
  const [only] = given;
  if (given.length !== 1 || only === undefined)
    throw new SightlineError('bad_request', 'A replay takes one of traceId, correlationId and runId.', {
      hint: 'Name the run in one way.',
    });
  if (traceId !== undefined) return normalTraceId(traceId);
  const name = runId === undefined ? 'correlation_id' : 'sightline.run.id';
  const { runs } = await findRuns(
    context,
    runsParameters.parse({ q: `${name}:${JSON.stringify(only)}`, limit: 1, from: '-30d' }),
  );
  const [run] = runs;
  if (run === undefined)
    throw new SightlineError(
      'run_not_found',
      `No run has the ${runId === undefined ? 'correlation id' : 'run id'} ${JSON.stringify(only)}.`,
      {
        hint: 'The last 30 days are searched; name an older run by its trace id.',
      },
    );
  return run.traceId;
}
