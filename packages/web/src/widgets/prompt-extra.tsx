import type { ConversationTurn } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { turnQuery } from '../api/agent-queries.ts';
import type { TurnExtra } from '../model/conversation-rows.ts';
import { counted } from '@sightline/base';
import { diffPrompts, type PromptChange } from '../model/prompt-diff.ts';
import { DiffLines } from './diff-lines.tsx';
import { JsonView } from './json-view.tsx';
import { MessageView } from './message-view.tsx';
import { ErrorNotice, SkeletonRows } from './states.tsx';

/** The prompt of one call: all of it, what changed since the call before, or the turn as JSON. */
export function PromptExtra({
  turn,
  extra,
  followsRun,
}: {
  readonly turn: ConversationTurn;
  readonly extra: TurnExtra;
  /** The run of the call that this one follows. */
  readonly followsRun: string;
}): ReactElement {
  const query = useQuery(turnQuery(turn.traceId, turn.spanId ?? ''));
  if (query.error !== null) return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows count={4} />;
  const whole = query.data.turn;
  return (
    <div className="prompt-extra">
      {extra === 'json' && <JsonView value={whole} label="the turn as JSON" rowsMax={24} />}
      {extra === 'prompt' && <WholePrompt turn={whole} />}
      {extra === 'diff' && <PromptDiff turn={whole} follows={turn.follows ?? ''} followsRun={followsRun} />}
    </div>
  );
}

function WholePrompt({ turn }: { readonly turn: ConversationTurn }): ReactElement {
  return (
    <>
      <p className="faint small prompt-extra-title">
        The whole prompt, {counted(turn.input.length, 'message')}
      </p>
      {turn.input.map((message, index) => (
        <MessageView
          // Messages have no identity but their place.
          // oxlint-disable-next-line react/no-array-index-key
          key={index}
          message={message}
          turn={turn}
          isAnswer={false}
          selectedSpan={undefined}
          onSelectSpan={undefined}
        />
      ))}
    </>
  );
}

function PromptDiff({
  turn,
  follows,
  followsRun,
}: {
  readonly turn: ConversationTurn;
  readonly follows: string;
  readonly followsRun: string;
}): ReactElement {
  const before = useQuery(turnQuery(followsRun, follows));
  const changes = useMemo(
    () => (before.data === undefined ? [] : diffPrompts(before.data.turn.input, turn.input)),
    [before.data, turn],
  );
  if (before.error !== null)
    return <ErrorNotice error={before.error} onRetry={() => void before.refetch()} />;
  if (before.data === undefined) return <SkeletonRows count={4} />;
  return (
    <>
      <p className="faint small prompt-extra-title">Against the prompt of the call before</p>
      <ol className="prompt-diff">
        {changes.map((change, index) => (
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>
            <Change change={change} />
          </li>
        ))}
      </ol>
    </>
  );
}

function Change({ change }: { readonly change: PromptChange }): ReactElement {
  if (change.kind === 'same')
    return <p className="faint small diff-fold">{counted(change.count, 'message')} unchanged</p>;
  const { kind } = change;
  const lines = kind === 'changed' ? change.lines : change.text.split('\n').map((value) => ({ kind, value }));
  return (
    <div className="diff-block">
      <p className="small soft">
        {change.role}, {changeWords[kind]}
      </p>
      <DiffLines lines={lines} />
    </div>
  );
}

const changeWords = { added: 'new', removed: 'gone', changed: 'changed' } as const;
