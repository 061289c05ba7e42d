import type { ErrorOccurrence, ErrorResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { errorQuery } from '../../api/error-queries.ts';
import { errorSentence, titleOf } from '../../model/error-words.ts';
import { formatCount } from '@sightline/base';
import { describeRangeInSentence } from '../../model/time-range.ts';
import { Dash, TimeAgo } from '../../widgets/facts.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { carriedSearch, type UrlSearch } from '../../widgets/url-state.ts';
import { useGoUp } from '../../widgets/use-go-up.ts';
import { useNow } from '../../widgets/use-now.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import { ErrorActions } from './error-actions.tsx';
import { ErrorParts } from './error-parts.tsx';
import { ErrorStack } from './error-stack.tsx';
import { ErrorMarks } from './error-title.tsx';
import { PinError } from './pin-error.tsx';
import { TrendBars } from './trend-bars.tsx';
import './errors.css';

/** One error: where in the program, how often, for whom, and the runs behind it. */
export function ErrorPage(): ReactElement {
  const { errorId = '' } = useParams({ strict: false });
  const question = useQuestion();
  const nowMs = useNow();
  const { range, asOf } = question;
  const query = useQuery(errorQuery(errorId, { ...range, limit: 50 }, asOf));
  const found = query.data;
  const goUp = useGoUp();
  useKeys('Error', [{ keys: 'Escape', label: 'Back', run: goUp }]);
  return (
    <Page
      title={found === undefined ? 'Error' : titleOf(found.error)}
      answer={
        found === undefined ? (
          query.error === null ? (
            <SkeletonText width={420} />
          ) : (
            'This error cannot be shown'
          )
        ) : (
          titleOf(found.error)
        )
      }
      detail={
        found === undefined ? undefined : (
          <>
            <ErrorMarks error={found.error} />{' '}
            {errorSentence(found.error, describeRangeInSentence(range, nowMs))}
          </>
        )
      }
      actions={<TimeRangePicker range={range} onChange={question.setRange} onRefresh={question.refresh} />}
    >
      <LimitsNote limits={found?.limitsMet} />
      <KeptNote query={query} isShown={found !== undefined} onRetry={question.refresh} />
      {query.error !== null && found === undefined && (
        <ErrorNotice error={query.error} onRetry={question.refresh} />
      )}
      {query.isPending && <SkeletonRows count={12} />}
      {found !== undefined && (
        <div className="error-page" data-stale={query.isPlaceholderData}>
          <div className="error-main">
            <ErrorActions error={found.error} onChanged={question.refresh} />
            {found.error.message !== '' && <p className="error-message mono">{found.error.message}</p>}
            {found.stack !== null && <ErrorStack stack={found.stack} />}
            <Occurrences found={found} nowMs={nowMs} carried={carriedSearch(question.search)} />
            <ErrorParts found={found} range={range} onChanged={question.refresh} />
          </div>
          <aside className="error-side" aria-label="Facts">
            <div className="error-trend">
              <h3>Over time</h3>
              <PinError id={found.error.id} name={titleOf(found.error)} label="Occurrences over time" />
              <TrendBars counts={found.error.counts} label="Occurrences over time" />
            </div>
            <Facts found={found} nowMs={nowMs} />
            <Shares found={found} carried={carriedSearch(question.search)} />
          </aside>
        </div>
      )}
    </Page>
  );
}

function Facts({ found, nowMs }: { readonly found: ErrorResponse; readonly nowMs: number }): ReactElement {
  const { error } = found;
  const facts: readonly (readonly [string, ReactElement])[] = [
    ['First seen', <TimeAgo key="f" time={error.firstTime} nowMs={nowMs} />],
    ['Last seen', <TimeAgo key="l" time={found.lastSeen} nowMs={nowMs} />],
    ['Runs', <span key="r">{formatCount(error.runs)}</span>],
    ['Users', <span key="u">{formatCount(error.users)}</span>],
    ['Sessions', <span key="s">{formatCount(error.sessions)}</span>],
  ];
  return (
    <dl className="error-facts">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const shareNames = [
  ['byVersion', 'Versions', 'version'],
  ['byService', 'Services', 'service'],
  ['byEnvironment', 'Environments', 'environment'],
  ['byAgent', 'Agents', 'agent'],
  ['byModel', 'Models', 'model'],
  ['byTool', 'Tools', 'tool'],
  ['byUser', 'Users', 'user'],
] as const;

/** Which versions, agents, users and so on it meets; each a way to the errors that have it. */
function Shares({
  found,
  carried,
}: {
  readonly found: ErrorResponse;
  readonly carried: UrlSearch;
}): ReactElement {
  return (
    <>
      {shareNames.map(([key, label, filter]) => {
        const shares = found[key];
        const most = Math.max(1, ...shares.map(({ count }) => count));
        if (shares.length === 0) return null;
        return (
          <section key={key} className="error-share">
            <h3>{label}</h3>
            <ul>
              {shares.slice(0, 6).map(({ value, count }) => (
                <li key={value}>
                  <PageLink
                    to="/runs"
                    search={{ ...carried, [filter]: value }}
                    className="clip"
                    title={`Runs with ${value}`}
                  >
                    {value}
                  </PageLink>
                  <span className="num">{formatCount(count)}</span>
                  <span className="error-share-bar" aria-hidden="true">
                    <span style={{ width: `${(count / most) * 100}%` }} />
                  </span>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </>
  );
}

/** The newest occurrences, each a way to its run. */
function Occurrences({
  found,
  nowMs,
  carried,
}: {
  readonly found: ErrorResponse;
  readonly nowMs: number;
  readonly carried: UrlSearch;
}): ReactElement {
  const met = [...new Set(found.occurrences.flatMap(({ traceId }) => traceId ?? []))];
  return (
    <section>
      <SaveTable name="occurrences" rows={found.occurrences} />
      <h2>Newest occurrences</h2>
      {met.length > 0 && (
        <p>
          <PageLink to="/compare" search={{ ...carried, aTraces: met.join(',') }} className="button">
            What is different about these
          </PageLink>
        </p>
      )}
      <PlainTable label="Newest occurrences">
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Where</th>
              <th scope="col">Message</th>
              <th scope="col">Version</th>
              <th scope="col">User</th>
            </tr>
          </thead>
          <tbody>
            {found.occurrences.map((each) => (
              <tr key={`${each.time} ${each.traceId ?? ''} ${each.spanId ?? ''} ${each.logId ?? ''}`}>
                <td>
                  <TimeAgo time={each.time} nowMs={nowMs} />
                </td>
                <td>
                  <PageLink {...placeOf(each)}>{each.name === '' ? each.service : each.name}</PageLink>
                  {each.handled && <span className="faint"> handled</span>}
                </td>
                <td className="grow mono small" title={each.message}>
                  {each.message}
                </td>
                <td>{each.version === '' ? <Dash /> : each.version}</td>
                <td>{each.userId ?? <Dash />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </PlainTable>
    </section>
  );
}

/** The step of the run; a log record outside of any run is found among the logs of its moment. */
function placeOf({ traceId, spanId, time, service }: ErrorOccurrence): {
  readonly to: string;
  readonly search: UrlSearch;
} {
  if (traceId !== null) return { to: `/runs/${traceId}`, search: { span: spanId ?? undefined } };
  const ms = Date.parse(time);
  return {
    to: '/logs',
    search: {
      q: `service:${JSON.stringify(service)} severity:error`,
      from: new Date(ms - 60_000).toISOString(),
      to: new Date(ms + 60_000).toISOString(),
    },
  };
}
