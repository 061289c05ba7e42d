import type { CodingAgentsResponse, CodingAgentTotals } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { codingAgentsQuery } from '../../api/score-queries.ts';
import { activeWords, codingSentence, decisionWords, lineWords } from '../../model/coding-agent-words.ts';
import { formatCount, counted } from '@sightline/base';
import { lastDay } from '../../model/time-range.ts';
import { costNote, costWords } from '../../model/usage-words.ts';
import { Button } from '../../widgets/button.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useKept } from '../../widgets/use-kept.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { ViewsMenu } from '../../widgets/views-menu.tsx';
import { CodingSessions } from './coding-sessions.tsx';
import { CodingTables } from './coding-tables.tsx';
import '../../widgets/form.css';
import './coding-agents-page.css';

const narrowing = ['agent', 'user', 'model', 'session'] as const;

/** Claude Code, Codex CLI and Gemini CLI: who used them, what they did, what it cost. */
export function CodingAgentsPage(): ReactElement {
  const question = useQuestion(lastDay);
  const { range, search, patch, asOf } = question;
  const chosen = narrowing.flatMap((name) =>
    search[name] === undefined ? [] : [[name, search[name]] as const],
  );
  const query = useQuery(codingAgentsQuery({ ...range, ...Object.fromEntries(chosen) }, asOf));
  const data = useKept(query.data, query.error);
  const choose = (name: (typeof narrowing)[number], value: string | null): void =>
    patch({ [name]: search[name] === value || value === null ? undefined : value });
  return (
    <Page
      title="Coding agents"
      answer={
        data === undefined ? (
          query.error === null ? (
            <SkeletonText width={420} />
          ) : (
            'Coding agents'
          )
        ) : (
          codingSentence(data, range, asOf)
        )
      }
      detail={data === undefined || data.agents.length === 0 ? undefined : detail(data)}
      actions={
        <>
          <ViewsMenu />
          <TimeRangePicker range={range} onChange={question.setRange} onRefresh={question.refresh} />
        </>
      }
    >
      {chosen.length > 0 && (
        <div className="coding-narrow">
          {chosen.map(([name, value]) => (
            <Button key={name} icon="close" title="Take it away" onClick={() => patch({ [name]: undefined })}>
              {name}: {value}
            </Button>
          ))}
        </div>
      )}
      <LimitsNote limits={data?.limitsMet} />
      <KeptNote query={query} isShown={data !== undefined} onRetry={question.refresh} />
      <div className="coding-agents" tabIndex={0} role="region" aria-label="Coding agents">
        {query.error !== null && data === undefined && (
          <ErrorNotice error={query.error} onRetry={question.refresh} />
        )}
        {query.isPending && <SkeletonRows count={12} />}
        {data?.agents.length === 0 && (
          <Notice icon="terminal" title="No coding agent has reported in this range">
            <p>
              Claude Code, Codex CLI and Gemini CLI send their own telemetry: a few settings point them here.
            </p>
            <PageLink to="/get-started" search={{ with: 'claude-code' }} className="button button-primary">
              Show the settings
            </PageLink>
          </Notice>
        )}
        {data !== undefined && data.agents.length > 0 && (
          <>
            <Summary totals={data.totals} />
            <CodingTables data={data} onChoose={choose} />
            <CodingSessions data={data} />
          </>
        )}
      </div>
    </Page>
  );
}

function detail({ users, models }: CodingAgentsResponse): string {
  const known = users.filter(({ user }) => user !== null).length;
  const named = models.filter(({ model }) => model !== null).length;
  return [known === 0 ? 'Users are not told' : counted(known, 'user'), counted(named, 'model')].join(', ');
}

function Summary({ totals }: { readonly totals: CodingAgentTotals }): ReactElement {
  const facts: readonly (readonly [label: string, value: string, title?: string])[] = [
    ['Sessions', formatCount(totals.sessions)],
    ['Prompts', formatCount(totals.prompts)],
    ['Cost', costWords(totals), costNote(totals)],
    [
      'Tokens',
      formatCount(totals.inputTokens + totals.outputTokens),
      `${formatCount(totals.inputTokens)} in (${formatCount(totals.cacheReadTokens)} of them from the cache), ${formatCount(totals.outputTokens)} out`,
    ],
    [
      'Accepted / rejected',
      decisionWords(totals),
      'What people and settings let the agent do, and what not.',
    ],
    ['Lines', lineWords(totals)],
    ['Active time', activeWords(totals)],
    ['Failed model calls', formatCount(totals.errors)],
    ['Failed tools', formatCount(totals.toolFailures)],
    ['Commits', totals.commits === null ? '–' : formatCount(totals.commits)],
    ['Pull requests', totals.pullRequests === null ? '–' : formatCount(totals.pullRequests)],
  ];
  return (
    <dl className="coding-summary" data-testid="coding-summary">
      {facts.map(([label, value, title]) => (
        <div key={label} title={title ?? (value === '–' ? 'The agent did not tell.' : undefined)}>
          <dt>{label}</dt>
          <dd className={value === '–' ? 'faint' : undefined}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
