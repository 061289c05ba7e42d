import type { CodingAgentsResponse } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { activeWords, agentLabels, decisionWords, lineWords } from '../../model/coding-agent-words.ts';
import { formatCount, counted } from '@sightline/base';
import { CostValue, ErrorsValue, TimeAgo } from '../../widgets/facts.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { useNow } from '../../widgets/use-now.ts';
import { Num, Table } from './coding-tables.tsx';

/** Each session with the way to its events and its runs. */
export function CodingSessions({ data }: { readonly data: CodingAgentsResponse }): ReactElement {
  const nowMs = useNow();
  return (
    <>
      <h2>Sessions</h2>
      {data.sessionCount > data.sessions.length && (
        <p className="soft small">
          The newest {formatCount(data.sessions.length)} of {counted(data.sessionCount, 'session')}.
        </p>
      )}
      <Table
        label="Sessions"
        head={[
          'Session',
          'Events',
          'Agent',
          'User',
          'Models',
          '>Prompts',
          '>Failed',
          '>Tokens',
          '>Cost',
          '>Accepted / rejected',
          '>Lines',
          '>Active',
          'Last',
        ]}
      >
        {data.sessions.map((session) => (
          <tr key={`${session.agent} ${session.sessionId ?? ''}`}>
            <td className="mono">
              {session.sessionId === null ? (
                <span className="faint">without a session</span>
              ) : (
                <PageLink to={`/sessions/${encodeURIComponent(session.sessionId)}`} title={session.sessionId}>
                  {session.sessionId.slice(0, 13)}
                </PageLink>
              )}
            </td>
            <td>
              {session.sessionId !== null && (
                <PageLink
                  to="/logs"
                  search={{ q: `session:"${session.sessionId}"`, from: session.firstSeen, to: 'now' }}
                >
                  Logs
                </PageLink>
              )}
            </td>
            <td>{agentLabels[session.agent]}</td>
            <td className="soft" title={session.user ?? undefined}>
              {session.user === null ? <span className="faint">not told</span> : shorten(session.user)}
            </td>
            <td className="soft">
              {session.models.length === 0 ? (
                <span className="faint">unknown</span>
              ) : (
                session.models.join(', ')
              )}
            </td>
            <Num>{formatCount(session.prompts)}</Num>
            <Num>
              <ErrorsValue count={session.errors + session.toolFailures} />
            </Num>
            <Num>{formatCount(session.inputTokens + session.outputTokens)}</Num>
            <Num>
              <CostValue of={session} />
            </Num>
            <Num>{decisionWords(session)}</Num>
            <Num>{lineWords(session)}</Num>
            <Num>{activeWords(session)}</Num>
            <td>
              <TimeAgo time={session.lastSeen} nowMs={nowMs} />
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function shorten(user: string): string {
  return user.length > 24 ? `${user.slice(0, 12)}…` : user;
}
