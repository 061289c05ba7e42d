import type { SessionResponse } from '@sightline/schema/api';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { conversationQuery, sessionQuery } from '../../api/agent-queries.ts';
import { formatCount, formatDurationMs, counted } from '@sightline/base';
import { formatDateTime, msFromTimestamp, timeZoneName } from '../../model/timestamp.ts';
import { costWords } from '../../model/usage-words.ts';
import { FailureNote } from '../../widgets/failure-note.tsx';
import { IconButton, Segmented } from '../../widgets/button.tsx';
import { Conversation } from '../../widgets/conversation.tsx';
import { DataTable } from '../../widgets/data-table.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { runColumns } from '../../widgets/run-columns.tsx';
import { ScorePanel } from '../../widgets/score-panel.tsx';
import { ErrorNotice, LimitsNote, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { useGo, useUrlState } from '../../widgets/url-state.ts';
import { useNextPage } from '../../widgets/use-next-page.ts';
import { useNow } from '../../widgets/use-now.ts';
import { useKeys } from '../../widgets/keyboard.ts';
import { useGoUp } from '../../widgets/use-go-up.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import './session-page.css';

const views = [
  { value: 'conversation', label: 'Conversation', icon: 'sessions' },
  { value: 'runs', label: 'Runs', icon: 'runs' },
  { value: 'scores', label: 'Scores', icon: 'scores' },
] as const;

/** One session: everything that was said over all its runs, and the runs. */
export function SessionPage(): ReactElement {
  const { sessionId = '' } = useParams({ strict: false });
  const { search, patch } = useUrlState();
  const view = views.find(({ value }) => value === search['view'])?.value ?? 'conversation';
  const query = useQuery(sessionQuery(sessionId));
  const loaded = query.data;
  const goUp = useGoUp();
  useKeys('Session', [{ keys: 'Escape', label: 'Back', run: goUp }]);
  return (
    <Page
      title="Session"
      answer={
        loaded === undefined ? (
          query.error === null ? (
            <SkeletonText width={460} />
          ) : (
            'This session cannot be shown'
          )
        ) : (
          sessionSentence(loaded)
        )
      }
      detail={
        loaded === undefined ? <span className="mono">{sessionId}</span> : <SessionDetail loaded={loaded} />
      }
      actions={
        <>
          <Segmented
            label="View"
            value={view}
            options={views}
            onChange={(next) => patch({ view: next === 'conversation' ? undefined : next })}
          />
          <PageLink to="/performance" search={{ session: sessionId }} className="button">
            Performance
          </PageLink>
          <IconButton icon="refresh" label="Refresh" onClick={() => void query.refetch()} />
        </>
      }
    >
      <LimitsNote limits={loaded?.limitsMet} />
      <div className="session-body">
        <FailureNote query={query} isShown={loaded !== undefined} onRetry={() => void query.refetch()} />
        {query.isPending && <SkeletonRows count={14} />}
        {loaded !== undefined && view === 'conversation' && <SessionConversation loaded={loaded} />}
        {loaded !== undefined && view === 'runs' && <SessionRuns loaded={loaded} />}
        {loaded !== undefined && view === 'scores' && (
          <div className="session-scores">
            <ScorePanel place={{ session: sessionId }} names={['satisfaction', 'quality']} />
          </div>
        )}
      </div>
    </Page>
  );
}

/** `3 runs in 2 min 10 s, 1 failed, for $0.12`. */
function sessionSentence({ session }: SessionResponse): string {
  const failed = session.failedRuns === 0 ? 'none failed' : `${formatCount(session.failedRuns)} failed`;
  const cost = costWords(session);
  const paid =
    cost === '–' ? '' : cost === 'unknown' ? ', cost unknown' : `, for ${cost.replace('≥ ', 'at least ')}`;
  return `${counted(session.runs, 'run')} in ${formatDurationMs(session.durationMs)}, ${failed}${paid}`;
}

function SessionDetail({ loaded }: { readonly loaded: SessionResponse }): ReactElement {
  const { session } = loaded;
  const ms = msFromTimestamp(session.startTime);
  return (
    <>
      <span className="mono">{session.sessionId}</span>
      {session.userId !== null && (
        <>
          {' '}
          ·{' '}
          <PageLink to="/runs" search={{ user: session.userId, from: '-30d' }}>
            {session.userId}
          </PageLink>
        </>
      )}
      {session.agents.length > 0 && ` · ${session.agents.join(', ')}`} ·{' '}
      {session.inputTokens === null
        ? ''
        : `${formatCount((session.inputTokens ?? 0) + (session.outputTokens ?? 0))} tokens · `}
      {formatDateTime(ms)} {timeZoneName(ms)}
    </>
  );
}

function SessionConversation({ loaded }: { readonly loaded: SessionResponse }): ReactElement {
  const go = useGo();
  const query = useInfiniteQuery(conversationQuery({ sessionId: loaded.session.sessionId }));
  const turns = useMemo(() => query.data?.pages.flatMap((page) => page.turns) ?? [], [query.data]);
  const onReachEnd = useNextPage(query);
  if (query.error !== null && turns.length === 0)
    return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows count={14} />;
  if (turns.length === 0) {
    return (
      <Notice icon="sessions" title="No words were recorded in this session">
        <p>
          Its runs are there, but the messages were not captured. Most SDKs leave them out until told to keep
          them.
        </p>
      </Notice>
    );
  }
  return (
    <Conversation
      turns={turns}
      startMs={msFromTimestamp(loaded.session.startTime)}
      selectedSpan={undefined}
      onSelectSpan={(turn, span) => go(`/runs/${turn.traceId}`, { view: 'conversation', span })}
      showsRuns
      onReachEnd={onReachEnd}
    />
  );
}

function SessionRuns({ loaded }: { readonly loaded: SessionResponse }): ReactElement {
  const nowMs = useNow();
  const { search, patch } = useUrlState();
  const columns = useMemo(() => runColumns(nowMs), [nowMs]);
  return (
    <>
      <SaveTable name="runs of the session" rows={loaded.runs} />
      <DataTable
        id="session-runs"
        label="Runs of the session"
        rows={loaded.runs}
        columns={columns}
        rowKey={(run) => run.traceId}
        rowClass={(run) => (run.status === 'error' ? 'has-error' : '')}
        selected={search['sel'] === undefined ? -1 : Number(search['sel'])}
        onSelect={(index) => patch({ sel: String(index) }, 'replace')}
        shownColumns={search['cols']}
        onShownColumns={(cols) => patch({ cols }, 'replace')}
        sort={search['sort']}
        onSort={(sort) => patch({ sort }, 'replace')}
      />
    </>
  );
}
