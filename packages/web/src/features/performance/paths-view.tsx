import type { CriticalPathResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactElement } from 'react';
import { criticalPathQuery } from '../../api/analysis-queries.ts';
import { filterProblemOf } from '../../api/client.ts';
import { familyOfStep } from '../../model/compare-words.ts';
import { formatCount, formatDurationMs, formatShare, counted } from '@sightline/base';
import { bandWords, contextRows, pathsSentence } from '../../model/path-words.ts';
import { describeRangeInSentence } from '../../model/time-range.ts';
import { Button } from '../../widgets/button.tsx';
import { Filler } from '../../widgets/filler.tsx';
import { FilterBar } from '../../widgets/filter-bar.tsx';
import { FamilyIcon } from '../../widgets/icon.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { useKept } from '../../widgets/use-kept.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { ViewsMenu } from '../../widgets/views-menu.tsx';
import { SaveTable } from '../../widgets/save-table.tsx';
import './paths-view.css';

/** Where the time of many traces goes: what the slowest wait for and the others do not, and what faster steps would save. */
export function PathsView({ toggle }: { readonly toggle: ReactElement }): ReactElement {
  const question = useQuestion();
  const { range, asOf, asked, filter, search } = question;
  const query = useQuery(criticalPathQuery(asked, asOf));
  const found = useKept(query.data, query.error);
  const when = describeRangeInSentence(range, asOf);
  return (
    <Page
      title="Where the time goes"
      answer={
        found === undefined ? (
          query.error === null ? (
            <SkeletonText width={480} />
          ) : (
            'Where the time goes'
          )
        ) : (
          pathsSentence(found, when)
        )
      }
      detail={found === undefined ? undefined : sampleWords(found)}
      actions={
        <>
          {toggle}
          <ViewsMenu />
          <TimeRangePicker range={range} onChange={question.setRange} onRefresh={question.refresh} />
        </>
      }
    >
      <FilterBar
        signal="traces"
        value={filter}
        range={range}
        placeholder="Which traces: trace.name:checkout agent:planner service:api"
        problem={filterProblemOf(query.error)}
        onApply={question.setFilter}
      />
      <LimitsNote limits={found?.limitsMet} />
      <KeptNote query={query} isShown={found !== undefined} onRetry={question.refresh} />
      <div className="paths" tabIndex={0} role="region" aria-label="Where the time goes">
        {query.error !== null && found === undefined && (
          <ErrorNotice error={query.error} onRetry={question.refresh} />
        )}
        {query.isPending && <SkeletonRows count={12} />}
        {found?.sampled === 0 && (
          <Notice icon="performance" title="No traces in this range">
            <p>Choose a longer range, or take the filter away.</p>
            {filter === '' && <Filler page="traces" />}
          </Notice>
        )}
        {found !== undefined && found.sampled > 0 && (
          <>
            <StepTable found={found} />
            <ContextTable found={found} />
            <SlowestTable found={found} from={search['from']} to={search['to']} />
          </>
        )}
      </div>
    </Page>
  );
}

function sampleWords({ total, sampled, p50Ms, p95Ms }: CriticalPathResponse): string {
  const of =
    total > sampled ? `${formatCount(sampled)} of ${counted(total, 'trace')}` : counted(total, 'trace');
  return p50Ms === null || p95Ms === null
    ? of
    : `${of} · p50 ${formatDurationMs(p50Ms)} · p95 ${formatDurationMs(p95Ms)}`;
}

function BandHeads({ found }: { readonly found: CriticalPathResponse }): ReactElement {
  return (
    <>
      {found.bands.map(({ name, meanMs }) => (
        <th
          key={name}
          scope="col"
          className="end"
          title={`${bandWords[name]}: ${formatDurationMs(meanMs)} on average`}
        >
          {bandWords[name]}
        </th>
      ))}
    </>
  );
}

function StepTable({ found }: { readonly found: CriticalPathResponse }): ReactElement {
  return (
    <section>
      <SaveTable name="what traces wait for" rows={found.steps} />
      <h2>What traces wait for</h2>
      <p className="soft">Shares of the critical path: shortening anything else makes no trace faster.</p>
      <PlainTable label="What traces wait for">
        <table>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col" className="end">
                A trace
              </th>
              <th scope="col" className="end">
                All
              </th>
              <BandHeads found={found} />
              <th scope="col" className="end">
                To first token
              </th>
              <th scope="col" className="end">
                Streaming
              </th>
              <th scope="col" className="end" title="What p95 would be less, were each call 20 % faster">
                20 % faster: p95
              </th>
              <th scope="col" className="end">
                p50
              </th>
            </tr>
          </thead>
          <tbody>
            {found.steps
              .filter(({ share }) => share > 0)
              .map((step) => (
                <tr key={`${step.kind} ${step.service} ${step.name}`}>
                  <th
                    scope="row"
                    title={`${counted(step.calls, 'call')}, ${formatCount(step.errors)} failed`}
                  >
                    <FamilyIcon family={familyOfStep[step.kind]} />{' '}
                    {step.name === '' ? '(no name)' : step.name}
                    {step.service !== '' && <span className="faint"> {step.service}</span>}
                  </th>
                  <td className="end">{formatDurationMs(step.pathMs)}</td>
                  <td className="end">{formatShare(step.share)}</td>
                  {step.shareByBand.map((share, band) => (
                    <td
                      key={found.bands[band]?.name}
                      className="end path-share"
                      style={{ '--share': `${share * 100}%` } as React.CSSProperties}
                    >
                      {formatShare(share)}
                    </td>
                  ))}
                  <td className="end soft">{step.waitMs > 0 ? formatDurationMs(step.waitMs) : '–'}</td>
                  <td className="end soft">{step.streamMs > 0 ? formatDurationMs(step.streamMs) : '–'}</td>
                  <td className="end">{saved(step.ifFaster?.p95SavedMs)}</td>
                  <td className="end soft">{saved(step.ifFaster?.p50SavedMs)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </PlainTable>
    </section>
  );
}

function saved(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return ms < 0.0005 ? '0' : `−${formatDurationMs(ms)}`;
}

const contextsFirst = 40;

function ContextTable({ found }: { readonly found: CriticalPathResponse }): ReactElement {
  const [isWhole, setWhole] = useState(false);
  const rows = useMemo(() => contextRows(found.contexts), [found.contexts]);
  const shown = isWhole ? rows : rows.slice(0, contextsFirst);
  return (
    <section>
      <SaveTable name="who calls what" rows={found.contexts} />
      <h2>Who calls what</h2>
      <p className="soft">Time on the critical path, with all that is called, a trace.</p>
      <PlainTable label="Who calls what">
        <table>
          <thead>
            <tr>
              <th scope="col">Span</th>
              <th scope="col" className="end">
                Calls
              </th>
              <th scope="col" className="end">
                With calls
              </th>
              <th scope="col" className="end">
                Itself
              </th>
              <BandHeads found={found} />
            </tr>
          </thead>
          <tbody>
            {shown.map(({ context, depth, wholeMs, wholeMsByBand }) => (
              <tr key={context.id}>
                <th
                  scope="row"
                  style={{ paddingLeft: `${depth * 14}px` }}
                  title={`${context.service}: ${context.name}`}
                >
                  <FamilyIcon family={familyOfStep[context.kind]} />{' '}
                  {context.name === '' ? '(no name)' : context.name}
                  <span className="faint"> {context.service}</span>
                </th>
                <td className="end">{formatCount(context.calls)}</td>
                <td className="end">{formatDurationMs(wholeMs)}</td>
                <td className="end soft">{formatDurationMs(context.pathMs)}</td>
                {wholeMsByBand.map((ms, band) => (
                  <td key={found.bands[band]?.name} className="end">
                    {formatDurationMs(ms)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </PlainTable>
      {rows.length > shown.length && (
        <Button onClick={() => setWhole(true)}>All {formatCount(rows.length)} rows</Button>
      )}
    </section>
  );
}

function SlowestTable(props: {
  readonly found: CriticalPathResponse;
  readonly from: string | undefined;
  readonly to: string | undefined;
}): ReactElement {
  return (
    <section>
      <SaveTable name="slowest operations" rows={props.found.slowest} />
      <h2>Slowest operations</h2>
      <PlainTable label="Slowest operations">
        <table>
          <thead>
            <tr>
              <th scope="col">Operation</th>
              {['Calls', 'p50', 'p95', 'Longest'].map((name) => (
                <th key={name} scope="col" className="end">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {props.found.slowest.map((one) => (
              <tr key={`${one.service} ${one.kind} ${one.spanName} ${one.name}`}>
                <th scope="row">
                  <FamilyIcon family={familyOfStep[one.kind]} />{' '}
                  <PageLink
                    to="/traces"
                    search={{
                      from: props.from,
                      to: props.to,
                      q: `span(name:${JSON.stringify(one.spanName)} service:${JSON.stringify(one.service)})`,
                    }}
                  >
                    {one.name === '' ? '(no name)' : one.name}
                  </PageLink>
                  <span className="faint"> {one.service}</span>
                </th>
                <td className="end">{formatCount(one.calls)}</td>
                <td className="end">{formatDurationMs(one.p50Ms)}</td>
                <td className="end">{formatDurationMs(one.p95Ms)}</td>
                <td className="end">
                  <PageLink to={`/traces/${one.worst.traceId}`}>{formatDurationMs(one.maxMs)}</PageLink>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </PlainTable>
    </section>
  );
}
