import type { Replay, ReplayedStep, ReplayComparison } from '@sightline/schema/api';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { cancelReplay, isOpen, replayComparisonQuery } from '../../api/replay-queries.ts';
import { foldSame, formatCostUsd, formatCount, formatDurationMs, formatNumber } from '@sightline/base';
import { readJson } from '../../model/edited-request.ts';
import { Button } from '../../widgets/button.tsx';
import { DiffLines } from '../../widgets/diff-lines.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { stateTone, stateWord } from './state-words.ts';

const contextLines = 3;
const stepsMax = 300;

/** A replay beside the run it repeats. */
export function ComparisonView({ id }: { readonly id: string }): ReactElement {
  const query = useQuery(replayComparisonQuery(id));
  const client = useQueryClient();
  if (query.data === undefined)
    return query.error === null ? (
      <SkeletonRows count={6} />
    ) : (
      <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
    );
  const { replay, answer, scores } = query.data;
  const cancel = async (): Promise<void> => {
    await cancelReplay(id);
    await client.invalidateQueries({ queryKey: ['replays'] });
  };
  return (
    <>
      <p>
        <span className={stateTone(replay.state)}>{stateWord(replay.state)}</span> on {replay.target}.{' '}
        <PageLink to={`/runs/${replay.sourceTraceId}`}>Recorded run</PageLink>
        {replay.traceId !== null && (
          <>
            {' → '}
            <PageLink to={`/runs/${replay.traceId}`}>new run</PageLink>
            {' · '}
            <PageLink to="/compare" search={{ aTraces: replay.traceId, bTraces: replay.sourceTraceId }}>
              what is different
            </PageLink>
          </>
        )}
      </p>
      {isOpen(replay) && <Button onClick={() => void cancel()}>Cancel</Button>}
      {replay.masked && (
        <p className="warn-text">Parts of the recorded input are masked, and were replayed masked.</p>
      )}
      {replay.edited && <p className="soft">The input was edited.</p>}
      {replay.whatIf !== null && <WhatIfSentence {...replay.whatIf} traceId={replay.sourceTraceId} />}
      {replay.report !== null && (
        <details>
          <summary className="warn-text">Before that step the run was not as recorded.</summary>
          <pre className="replay-answer">{replay.report}</pre>
        </details>
      )}
      {replay.error !== null && <p className="error-text">{replay.error}</p>}
      <table className="replay-figures">
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Figure</span>
            </th>
            <th scope="col" className="end">
              Before
            </th>
            <th scope="col" className="end">
              After
            </th>
          </tr>
        </thead>
        <tbody>
          <Figure name="Time" of={query.data.durationMs} format={formatDurationMs} />
          <Figure name="Tokens in" of={query.data.inputTokens} format={formatCount} />
          <Figure name="Tokens out" of={query.data.outputTokens} format={formatCount} />
          <Figure name="Cost" of={query.data.costUsd} format={formatCostUsd} />
          <Figure name="Errors" of={query.data.errors} format={formatCount} />
          {scores.map((score) => (
            <Figure key={score.name} name={score.name} of={score} format={formatNumber} />
          ))}
        </tbody>
      </table>
      <h3>Answer</h3>
      <Answer answer={answer} errors={query.data.errors} />
      <h3>Steps</h3>
      <Steps steps={query.data.steps} leftOut={query.data.stepsLeftOut} />
    </>
  );
}

/** From where the run went on, and with what. */
function WhatIfSentence(props: NonNullable<Replay['whatIf']> & { readonly traceId: string }): ReactElement {
  const changes = Object.entries(props.set ?? {}).map(
    ([name, value]) => `${name}: ${value === null ? 'taken away' : shortText(value)}`,
  );
  if (props.result !== undefined) changes.push(`result: ${shortText(props.result)}`);
  return (
    <>
      <p className="soft">
        From{' '}
        <PageLink to={`/runs/${props.traceId}`} search={{ span: props.spanId }}>
          {props.step}
        </PageLink>{' '}
        on; before it the recording answered.
        {props.later === 'recorded' && ' After it, what was asked the same was answered from the recording.'}
      </p>
      {changes.length > 0 && (
        <ul className="replay-changes" aria-label="What was changed">
          {changes.map((change) => (
            <li key={change} className="mono">
              {change}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const changeCharactersMax = 300;

function shortText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > changeCharactersMax ? `${text.slice(0, changeCharactersMax)}…` : text;
}

function Figure(props: {
  readonly name: string;
  readonly of: { readonly before: number | null; readonly after: number | null };
  readonly format: (value: number) => string;
}): ReactElement {
  const show = (value: number | null): string => (value === null ? '–' : props.format(value));
  return (
    <tr>
      <th scope="row">{props.name}</th>
      <td className="end">{show(props.of.before)}</td>
      <td className="end">{show(props.of.after)}</td>
    </tr>
  );
}

const kinds = { ' ': 'same', '+': 'added', '-': 'removed' } as const;

function Answer({ answer, errors }: Pick<ReplayComparison, 'answer' | 'errors'>): ReactElement {
  if (answer.same === true)
    return (
      <>
        <p className="good-text">The same as before.</p>
        <pre className="replay-answer">{laidOut(answer.after)}</pre>
      </>
    );
  if (answer.same === null)
    return (
      <>
        <p className="soft">
          {answer.before === null ? missingAnswer(errors.before) : 'There is no new answer.'}
        </p>
        <pre className="replay-answer">{laidOut(answer.after ?? answer.before)}</pre>
      </>
    );
  const steps = answer.diff.map(({ mark, text }) => ({ kind: kinds[mark], value: text }));
  return <DiffLines lines={foldSame(steps, contextLines)} />;
}

function missingAnswer(errors: number | null): string {
  return errors === null || errors === 0
    ? 'The answer before was not recorded.'
    : 'There is no answer before: errors were recorded instead.';
}

/** JSON, one value a line, as the diff has it. */
function laidOut(text: string | null): string {
  const value = text !== null && /^\s*[{[]/.test(text) ? readJson(text) : undefined;
  return value === undefined ? (text ?? '') : JSON.stringify(value, undefined, 2);
}

const stepMarks: Readonly<Record<ReplayedStep['state'], string>> = {
  same: ' ',
  changed: '~',
  added: '+',
  removed: '−',
};

function Steps(props: {
  readonly steps: readonly ReplayedStep[];
  readonly leftOut: string | null;
}): ReactElement {
  if (props.leftOut !== null) return <p className="soft">{props.leftOut}</p>;
  return (
    <>
      <ol className="replay-steps">
        {props.steps.slice(0, stepsMax).map((step, index) => (
          // A step that is on one side only has no id on the other; its place is what it is.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index} className={`is-${step.state}`} title={step.state}>
            <span className="mono">{stepMarks[step.state]}</span>
            <span className="replay-step-name" style={{ paddingLeft: Math.min(step.depth, 12) * 12 }}>
              {step.name}
            </span>
            <span className={step.before?.failed === true ? 'error-text' : 'soft'}>
              {step.before === null ? '–' : formatDurationMs(step.before.durationMs)}
            </span>
            <span className={step.after?.failed === true ? 'error-text' : 'soft'}>
              {step.after === null ? '–' : formatDurationMs(step.after.durationMs)}
            </span>
          </li>
        ))}
      </ol>
      {props.steps.length > stepsMax && <p className="soft">The first {stepsMax} steps are shown.</p>}
    </>
  );
}
