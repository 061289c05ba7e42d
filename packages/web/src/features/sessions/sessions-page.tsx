import { printText } from '@sightline/schema/filter';
import type { Session, SessionsResponse } from '@sightline/schema/api';
import { useMemo, type ReactElement } from 'react';
import { groupsDetail, sessionsSentence } from '../../model/agent-answers.ts';
import { PageLink } from '../../widgets/page-link.tsx';
import { useGroupPicks } from '../../widgets/compare-picks.tsx';
import { Dash, WayIn } from '../../widgets/facts.tsx';
import { groupColumns } from '../../widgets/group-columns.tsx';
import { ListCharts } from '../../widgets/list-charts.tsx';
import { ListPage, useListPage } from '../../widgets/list-page.tsx';

const sessionsOf = (page: object): readonly Session[] => (page as SessionsResponse).sessions;

const runsOf = ({ sessionId }: Session): string => `session:${printText(sessionId)}`;

/** Conversations: who talked with what, how often it failed, what it cost. */
export function SessionsPage(): ReactElement {
  const state = useListPage();
  const { question, nowMs } = state;
  const columns = useMemo(
    () => [
      {
        id: 'sessionId',
        label: 'Session',
        least: 260,
        render: (session: Session) => {
          const { sessionId, firstQuestion } = session;
          const hasWords = typeof firstQuestion === 'string' && firstQuestion !== '';
          return (
            <PageLink
              to={`/sessions/${encodeURIComponent(sessionId)}`}
              className={hasWords ? 'row-link clip' : 'row-link clip mono'}
              title={hasWords ? `${firstQuestion}\n${sessionId}` : sessionId}
            >
              {hasWords ? firstQuestion : sessionId}
            </PageLink>
          );
        },
      },
      {
        id: 'id',
        label: 'Session id',
        width: 190,
        hidden: true,
        render: (session: Session) => <span className="clip mono soft">{session.sessionId}</span>,
      },
      {
        id: 'user',
        label: 'User',
        width: 150,
        least: 110,
        render: (session: Session) =>
          session.userId === null ? (
            <Dash />
          ) : (
            <WayIn to="/sessions" search={{ user: session.userId }} label={session.userId} />
          ),
      },
      ...groupColumns<Session>(nowMs),
    ],
    [nowMs],
  );
  const compare = useGroupPicks(state, runsOf);
  return (
    <ListPage
      state={state}
      name="sessions"
      title="Sessions"
      noun="session"
      icon="sessions"
      columns={[...columns, compare.column]}
      rowsOf={sessionsOf}
      rowKey={(session) => session.sessionId}
      rowClass={(session) => (session.failedRuns > 0 ? 'has-error' : '')}
      chart={<ListCharts question={question} narrowed={state.filters.values} metrics={['runs', 'cost']} />}
      actions={compare.link}
      initialSort="-lastTime"
      emptyHint="Runs with gen_ai.conversation.id or session.id belong to a session."
      detail={({ rows, hasMore }) => groupsDetail(rows, hasMore)}
      sentence={({ rows, hasMore }) =>
        sessionsSentence(rows, { range: question.range, nowMs: question.asOf, hasMore })
      }
    />
  );
}
