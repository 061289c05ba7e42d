import type { ErrorGroupFacts, OverviewResponse, RunsResponse, ToolFacts } from '@sightline/schema/api';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { agentListQuery, overviewQuery } from '../../api/agent-queries.ts';
import { errorsQuery } from '../../api/error-queries.ts';
import { formatCount, formatDurationMs, formatShare } from '@sightline/base';
import { groupPartsParameter } from '../../model/overview-charts.ts';
import { runsDetail, runsSentence } from '../../model/runs-answer.ts';
import { Icon } from '../../widgets/icon.tsx';
import { CostValue, Dash, DurationValue, TimeAgo } from '../../widgets/facts.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { ListCharts } from '../../widgets/list-charts.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useNow } from '../../widgets/use-now.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { carriedSearch } from '../../widgets/url-state.ts';
import { useKeys } from '../../widgets/keyboard.ts';
import { useGoUp } from '../../widgets/use-go-up.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import '../../widgets/plain-table.css';
import './agent-page.css';

const shown = 8;

/** One agent: how it does, what failed and why, with which versions, models and tools, and its newest runs. */
export function AgentPage(): ReactElement {
  const question = useQuestion();
  const { asked, asOf, range, search } = question;
  const nowMs = useNow();
  const agent = search['agent'] ?? '';
  const carried = carriedSearch(search);
  const ofAgent = { ...carried, agent };
  const wanted = { ...asked, agent };
  const versions = useQuery(
    overviewQuery({ ...wanted, groupBy: 'version', groupSeries: 'false', parts: groupPartsParameter }, asOf),
  );
  const models = useQuery(
    overviewQuery({ ...wanted, groupBy: 'model', groupSeries: 'false', parts: groupPartsParameter }, asOf),
  );
  const tools = useInfiniteQuery(agentListQuery('tools', { ...wanted, sort: '-calls' }, asOf));
  const failed = useInfiniteQuery(agentListQuery('runs', { ...wanted, status: 'error' }, asOf));
  const newest = useInfiniteQuery(agentListQuery('runs', wanted, asOf));
  const errors = useQuery(errorsQuery({ ...wanted, status: 'all', sort: '-count', limit: shown }, asOf));
  const overview = versions.data;
  const goUp = useGoUp();
  useKeys('Agent', [{ keys: 'Escape', label: 'Back', run: goUp }]);
  return (
    <Page
      title={agent}
      answer={overview === undefined ? agent : `${agent}: ${runsSentence(overview, { range, nowMs: asOf })}`}
      detail={
        overview === undefined
          ? versions.error === null && <SkeletonText width={320} />
          : runsDetail(overview)
      }
      actions={
        <>
          <PageLink className="button" to="/runs" search={ofAgent}>
            All runs
          </PageLink>
          <PageLink className="button" to="/agents" search={{ ...carried, view: 'graph', agent }}>
            Graph
          </PageLink>
          <TimeRangePicker range={range} onChange={question.setRange} onRefresh={question.refresh} />
        </>
      }
    >
      <LimitsNote limits={overview?.limitsMet} />
      <KeptNote query={versions} isShown={overview !== undefined} onRetry={question.refresh} />
      <div className="page-scroll agent-page" tabIndex={0} role="region" aria-label={agent}>
        {versions.error !== null && overview === undefined && (
          <ErrorNotice error={versions.error} onRetry={question.refresh} />
        )}
        <ListCharts
          question={question}
          narrowed={{ agent }}
          metrics={['runs', 'errors', 'duration', 'cost']}
        />
        <div className="agent-parts">
          <Part
            title="What failed"
            rows={errors.data?.errors}
            query={errors}
            isEmpty={errors.data?.errors.length === 0}
            none="Nothing failed."
          >
            <Errors groups={errors.data?.errors ?? []} nowMs={nowMs} carried={carried} />
          </Part>
          <Part
            title="Newest failed runs"
            rows={failed.data?.pages[0]?.runs}
            query={failed}
            isEmpty={failed.data?.pages[0]?.runs.length === 0}
            none="No run failed."
          >
            <Runs runs={failed.data?.pages[0]?.runs ?? []} nowMs={nowMs} />
          </Part>
          <Part
            title="Versions"
            rows={overview?.groups.map(savedGroup)}
            query={versions}
            isEmpty={overview?.groups.length === 0}
            none="No version is known."
          >
            <Groups groups={overview?.groups ?? []} field="version" ofAgent={ofAgent} count="runs" />
          </Part>
          <Part
            title="Models"
            rows={models.data?.groups.map(savedGroup)}
            query={models}
            isEmpty={models.data?.groups.length === 0}
            none="It called no model."
          >
            <Groups groups={models.data?.groups ?? []} field="model" ofAgent={ofAgent} count="llmCalls" />
          </Part>
          <Part
            title="Tools"
            rows={tools.data?.pages[0]?.tools}
            query={tools}
            isEmpty={tools.data?.pages[0]?.tools.length === 0}
            none="It called no tool."
          >
            <Tools tools={tools.data?.pages[0]?.tools ?? []} ofAgent={ofAgent} />
          </Part>
          <Part
            title="Newest runs"
            rows={newest.data?.pages[0]?.runs}
            query={newest}
            isEmpty={newest.data?.pages[0]?.runs.length === 0}
            none="It did not run in this range."
          >
            <Runs runs={newest.data?.pages[0]?.runs ?? []} nowMs={nowMs} />
          </Part>
        </div>
      </div>
    </Page>
  );
}

const savedGroup = ({ key, totals }: OverviewResponse['groups'][number]): object => ({ key, ...totals });

function Part(props: {
  readonly title: string;
  readonly query: {
    readonly isPending: boolean;
    readonly error: Error | null;
    readonly refetch: () => unknown;
  };
  readonly isEmpty: boolean;
  readonly none: string;
  readonly rows: readonly object[] | undefined;
  readonly children: ReactNode;
}): ReactElement {
  const { title, query } = props;
  return (
    <section>
      <SaveTable name={title} rows={props.rows ?? []} />
      <h2>{title}</h2>
      {query.isPending ? (
        <SkeletonRows count={3} />
      ) : query.error !== null ? (
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      ) : props.isEmpty ? (
        <p className="faint">{props.none}</p>
      ) : (
        <div className="plain-table" tabIndex={0} role="region" aria-label={title}>
          {props.children}
        </div>
      )}
    </section>
  );
}

function Head({ columns }: { readonly columns: readonly string[] }): ReactElement {
  return (
    <thead>
      <tr>
        {columns.map((column, index) => (
          <th key={column} scope="col" {...(index === 0 ? {} : { className: 'end' })}>
            {column}
          </th>
        ))}
      </tr>
    </thead>
  );
}

type Carried = ReturnType<typeof carriedSearch>;

function Errors(props: {
  readonly groups: readonly ErrorGroupFacts[];
  readonly nowMs: number;
  readonly carried: Carried;
}): ReactElement {
  return (
    <table>
      <Head columns={['Error', 'Times', 'Runs', 'Last']} />
      <tbody>
        {props.groups.slice(0, shown).map(({ id, type, title, count, runs, lastTime }) => (
          <tr key={id}>
            <td className="grow" title={title}>
              <PageLink to={`/errors/${id}`} search={props.carried}>
                <bdi>{title === '' ? type : title}</bdi>
              </PageLink>
            </td>
            <td className="end">{formatCount(count)}</td>
            <td className="end">{formatCount(runs)}</td>
            <td className="end">
              <TimeAgo time={lastTime} nowMs={props.nowMs} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Runs(props: { readonly runs: RunsResponse['runs']; readonly nowMs: number }): ReactElement {
  return (
    <table>
      <Head columns={['Run', 'Took', 'Cost', 'Began']} />
      <tbody>
        {props.runs
          .slice(0, shown)
          .map(({ traceId, question, name, status, durationMs, startTime, ...usage }) => (
            <tr key={traceId}>
              <td className="grow" title={question ?? name}>
                <PageLink to={`/runs/${traceId}`}>
                  {status === 'error' && <Icon name="error" size={12} />} <bdi>{question ?? name}</bdi>
                </PageLink>
              </td>
              <td className="end">
                <DurationValue ms={durationMs} />
              </td>
              <td className="end">
                <CostValue of={usage} />
              </td>
              <td className="end">
                <TimeAgo time={startTime} nowMs={props.nowMs} />
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

function Groups(props: {
  readonly groups: OverviewResponse['groups'];
  readonly field: 'version' | 'model';
  readonly ofAgent: Carried;
  readonly count: 'runs' | 'llmCalls';
}): ReactElement {
  const { field, count } = props;
  return (
    <table>
      <Head
        columns={[
          field === 'version' ? 'Version' : 'Model',
          count === 'runs' ? 'Runs' : 'Calls',
          'Failed',
          'p95',
          'Cost',
        ]}
      />
      <tbody>
        {props.groups.slice(0, shown).map(({ key, totals }) => (
          <tr key={key}>
            <td className="grow">
              {key === '' ? (
                <span className="faint">(none)</span>
              ) : (
                <PageLink to="/runs" search={{ ...props.ofAgent, [field]: key }}>
                  <bdi>{key}</bdi>
                </PageLink>
              )}
            </td>
            <td className="end">{totals[count] === null ? <Dash /> : formatCount(totals[count])}</td>
            <td className={(totals.errorRate ?? 0) > 0 ? 'end error-text' : 'end'}>
              {totals.errorRate === null ? <Dash /> : formatShare(totals.errorRate)}
            </td>
            <td className="end">{totals.p95Ms === null ? <Dash /> : formatDurationMs(totals.p95Ms)}</td>
            <td className="end">
              <CostValue of={totals} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Tools({
  tools,
  ofAgent,
}: {
  readonly tools: readonly ToolFacts[];
  readonly ofAgent: Carried;
}): ReactElement {
  return (
    <table>
      <Head columns={['Tool', 'Calls', 'Failed', 'p95']} />
      <tbody>
        {tools.slice(0, shown).map(({ tool, calls, errors, p95Ms }) => (
          <tr key={tool}>
            <td className="grow">
              <PageLink to="/tools" search={{ ...ofAgent, tool }}>
                <bdi>{tool}</bdi>
              </PageLink>
            </td>
            <td className="end">{formatCount(calls)}</td>
            <td className={errors > 0 ? 'end error-text' : 'end'}>{formatCount(errors)}</td>
            <td className="end">{p95Ms === null ? <Dash /> : formatDurationMs(p95Ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
