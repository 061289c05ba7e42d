import type { RegressionCell, RegressionLook, RegressionsResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import {
  baselinesQuery,
  type ComparedWith,
  regressionNowQuery,
  regressionsQuery,
} from '../../api/regression-queries.ts';
import { counted } from '@sightline/base';
import {
  cellTitle,
  compareSearch,
  countedWords,
  deployTitle,
  lookWords,
  measuredWords,
  measureWords,
  regressionsSentence,
  verdictTones,
  verdictWords,
} from '../../model/regression-words.ts';
import { formatDateTime, msFromTimestamp } from '../../model/timestamp.ts';
import { Button } from '../../widgets/button.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { useKept } from '../../widgets/use-kept.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import './regressions-page.css';

type JudgedDeploy = RegressionsResponse['deploys'][number];

/** What each version that began to run made slower, quicker or less sure. */
export function RegressionsPage(): ReactElement {
  const { range, asOf, search, setRange, refresh } = useQuestion();
  const asked = search['from'] === undefined ? { from: '-7d', to: 'now' } : range;
  const query = useQuery(regressionsQuery(asked, asOf));
  const found = useKept(query.data, query.error);
  return (
    <Page
      title="Regressions"
      answer={
        found === undefined ? (
          query.error === null ? (
            <SkeletonText width={320} />
          ) : (
            'Regressions'
          )
        ) : (
          regressionsSentence(found)
        )
      }
      detail="Each version is judged 15, 60 and 240 minutes after it began to run."
      actions={<TimeRangePicker range={asked} onChange={setRange} onRefresh={refresh} />}
    >
      <div className="page-scroll regressions">
        <KeptNote query={query} isShown={found !== undefined} onRetry={refresh} />
        {query.error !== null && found === undefined && <ErrorNotice error={query.error} onRetry={refresh} />}
        {query.isPending && <SkeletonRows count={6} />}
        {found?.deploys.length === 0 && (
          <Notice icon="check" title="No version began to run in this time">
            <p>
              Versions are seen by <span className="mono">service.version</span> of their spans. In a
              pipeline, say it: <span className="mono">sightline deploy api 1.4.2</span>
            </p>
          </Notice>
        )}
        {found?.deploys.map((deploy) => (
          <DeployCard key={deploy.id} deploy={deploy} />
        ))}
      </div>
    </Page>
  );
}

function DeployCard({ deploy }: { readonly deploy: JudgedDeploy }): ReactElement {
  const [against, setAgainst] = useState<ComparedWith>();
  const now = useQuery({
    ...regressionNowQuery(deploy.id, against ?? 'before'),
    enabled: against !== undefined,
  });
  const look = now.data ?? deploy.looks[0];
  return (
    <section className="deploy-card" aria-label={deployTitle(deploy)}>
      <header>
        <h2>{deployTitle(deploy)}</h2>
        <span className="soft small">
          {formatDateTime(msFromTimestamp(deploy.time)).slice(0, -4)},{' '}
          {deploy.source === 'spans' ? 'seen by its first spans' : 'said'}
        </span>
        {deploy.note !== '' && <span className="small">{deploy.note}</span>}
        <CompareWith
          service={deploy.service}
          chosen={against}
          isBusy={now.isFetching}
          onChoose={setAgainst}
        />
      </header>
      {now.error !== null && <p className="error-text">{now.error.message}</p>}
      {look === undefined ? (
        <p className="soft">
          Not judged yet
          {deploy.nextLook === null
            ? '.'
            : `; the next look is at ${formatDateTime(msFromTimestamp(deploy.nextLook)).slice(0, -4)}.`}
        </p>
      ) : (
        <Look look={look} />
      )}
    </section>
  );
}

/** Asks at once what changed, against one of the things there are to compare with. */
function CompareWith({
  service,
  chosen,
  isBusy,
  onChoose,
}: {
  readonly service: string;
  readonly chosen: ComparedWith | undefined;
  readonly isBusy: boolean;
  readonly onChoose: (against: ComparedWith | undefined) => void;
}): ReactElement {
  const kept = useQuery(baselinesQuery);
  const baselines = (kept.data?.baselines ?? []).filter((each) => each.service === service);
  const value = chosen === undefined ? '' : typeof chosen === 'string' ? chosen : `=${chosen.baseline}`;
  const choose = (text: string): void => {
    if (text === '') onChoose(undefined);
    else if (text === 'before' || text === 'last_week') onChoose(text);
    else onChoose({ baseline: text.slice(1) });
  };
  return (
    <label className="small deploy-against">
      {isBusy ? 'Comparing…' : 'Compare now with'}
      <select value={value} onChange={(event) => choose(event.target.value)} disabled={isBusy}>
        <option value="">nothing: the last look</option>
        <option value="before">what ran before or beside it</option>
        <option value="last_week">the same time last week</option>
        {baselines.map(({ name }) => (
          <option key={name} value={`=${name}`}>
            the baseline {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Look({ look }: { readonly look: RegressionLook }): ReactElement {
  const [isAll, setAll] = useState(false);
  const sure = look.cells.filter(({ verdict }) => verdict === 'regressed' || verdict === 'improved');
  const shown = isAll || sure.length === 0 ? look.cells.slice(0, isAll ? 200 : 5) : sure;
  const left = look.cells.length - shown.length;
  return (
    <>
      <p>{lookWords(look)}</p>
      <SaveTable name="what a version changed" rows={look.cells} />
      {shown.length > 0 && (
        <PlainTable label="Cells">
          <table>
            <thead>
              <tr>
                <th scope="col">Verdict</th>
                <th scope="col">What</th>
                <th scope="col">Measure</th>
                <th scope="col">Change</th>
                <th scope="col" className="end">
                  Before
                </th>
                <th scope="col" className="end">
                  After
                </th>
                <th scope="col">Behind it</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((cell) => (
                <CellRow
                  key={JSON.stringify([cellTitle(cell), cell.operation, measureWords(cell)])}
                  cell={cell}
                />
              ))}
            </tbody>
          </table>
        </PlainTable>
      )}
      {left > 0 && (
        <Button look="quiet" onClick={() => setAll(true)}>
          {counted(left, 'more cell')} without a sure change
        </Button>
      )}
    </>
  );
}

function CellRow({ cell }: { readonly cell: RegressionCell }): ReactElement {
  const said = (value: number): string => measuredWords(cell.measure, value);
  return (
    <tr>
      <td className={verdictTones[cell.verdict]}>{verdictWords[cell.verdict]}</td>
      <td className="grow">{cellTitle(cell)}</td>
      <td>{measureWords(cell)}</td>
      <td title={whyWords(cell)}>{cell.text.split(':')[0]}</td>
      <td className="end">
        {cell.change === null ? '' : said(cell.change.before)}
        <span className="faint small"> {countedWords(cell, cell.calls.before)}</span>
      </td>
      <td className="end">
        {cell.change === null ? '' : said(cell.change.after)}
        <span className="faint small"> {countedWords(cell, cell.calls.after)}</span>
      </td>
      <td>
        <PageLink to="/traces" search={cell.runs.before}>
          before
        </PageLink>{' '}
        <PageLink to="/traces" search={cell.runs.after}>
          after
        </PageLink>{' '}
        <PageLink to="/compare" search={compareSearch(cell)}>
          compare
        </PageLink>
      </td>
    </tr>
  );
}

function whyWords({ p, calmer, minutes, method }: RegressionCell): string {
  return [
    `${counted(minutes, 'minute')} compared${method === 'paired' ? ' in pairs' : ''}`,
    ...(p === null
      ? []
      : [`p ${p < 0.0001 ? 'below 0.0001' : p.toFixed(4)}, corrected for the number of cells`]),
    ...(calmer === null ? [] : [`more than in ${Math.floor(calmer * 100)} % of earlier pairs of windows`]),
  ].join('; ');
}
