import type { Slo, SloHistoryResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactElement } from 'react';
import { sloHistoryQuery } from '../../api/slo-queries.ts';
import { formatCount } from '@sightline/base';
import { durationText } from '../../model/rule-form.ts';
import { burnNames, burnState, burnWords, shareWords } from '../../model/slo-words.ts';
import { formatDateTime, msFromTimestamp } from '../../model/timestamp.ts';
import { linkOf } from '../../model/ui-path.ts';
import { pinOfSlo } from '../../model/pinned-chart.ts';
import { Segmented } from '../../widgets/button.tsx';
import { Chart } from '../../widgets/chart.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { PinThis } from '../../widgets/pin-this.tsx';
import { SkeletonRows } from '../../widgets/states.tsx';
import { SaveTable } from '../../widgets/save-table.tsx';

const views = [
  { value: 'left', label: 'Budget left' },
  { value: 'burn', label: 'Burn rate' },
] as const;

/** How the budget was spent, which windows burn, and what spent it. */
export function SloDetail({ slo }: { readonly slo: Slo }): ReactElement {
  const { data } = useQuery(sloHistoryQuery(slo.id));
  const [view, setView] = useState<(typeof views)[number]['value']>('left');
  const { state } = slo;
  return (
    <section className="slo-detail">
      {state.problem !== null && <p className="error-text">{state.problem}</p>}
      <p>{stateSentence(slo)}</p>
      {state.spentAt !== null && (
        <p className="warn-text">At the pace of the last day nothing is left on {minuteOf(state.spentAt)}.</p>
      )}
      <div className="slo-chart-head">
        <h3>Over its window</h3>
        <Segmented label="What is drawn" value={view} options={views} onChange={setView} />
        <PinThis name={`budget left of ${slo.name}`} pin={async () => pinOfSlo(slo.name)} />
      </div>
      {data === undefined ? <SkeletonRows count={3} /> : <BudgetChart history={data} view={view} />}
      <Burns slo={slo} />
      {data !== undefined && <Incidents history={data} />}
      {state.countedFrom !== null && (
        <p className="small faint">
          Counted from {minuteOf(state.countedFrom)}
          {state.countedTo !== null && ` to ${minuteOf(state.countedTo)}`}.
        </p>
      )}
    </section>
  );
}

const minuteOf = (time: string): string => formatDateTime(msFromTimestamp(time)).slice(0, -7);

function stateSentence({ state, objective }: Slo): string {
  if (state.share === null) return 'Nothing was counted in its window yet.';
  const allowed = `${formatCount(Math.floor(state.allowedBad))} may be`;
  return `${shareWords(state.share)} of ${formatCount(Math.round(state.total))} are good, ${shareWords(objective)} are wanted. ${formatCount(Math.round(state.bad))} are bad, ${allowed}.`;
}

function BudgetChart({
  history,
  view,
}: {
  readonly history: SloHistoryResponse;
  readonly view: 'left' | 'burn';
}): ReactElement {
  const drawn = useMemo(() => {
    // What was before the first event is not worth a line.
    const since = Math.max(0, history.points.findIndex(({ total }) => total > 0) - 1);
    const points = history.points.slice(since).filter(({ total }) => total > 0 || view === 'left');
    return {
      fromMs: (history.points[since]?.at ?? 0) * 1000,
      xS: points.map(({ at }) => at + (view === 'left' ? history.stepS : 0)),
      values: points.map((point) => (view === 'left' ? point.left : point.burn)),
    };
  }, [history, view]);
  const range = { fromMs: drawn.fromMs, toMs: msFromTimestamp(history.to) };
  const label = view === 'left' ? 'Budget left' : 'Burn rate';
  return (
    <Chart
      label={`${label} over the window of the SLO`}
      range={range}
      xS={drawn.xS}
      series={[{ label, values: drawn.values, isShown: true }]}
      height={180}
      formatValue={(value) => (view === 'left' ? shareWords(value) : burnWords(value))}
    />
  );
}

function Burns({ slo }: { readonly slo: Slo }): ReactElement {
  return (
    <>
      <SaveTable name="burn rates" rows={slo.state.burns} />
      <div className="plain-table slo-burns" tabIndex={0} role="region" aria-label="Burn rates">
        <table>
          <thead>
            <tr>
              <th scope="col">Alert</th>
              <th scope="col" className="end">
                Beyond
              </th>
              <th scope="col" className="end">
                Long
              </th>
              <th scope="col" className="end">
                Short
              </th>
              <th scope="col">Now</th>
            </tr>
          </thead>
          <tbody>
            {slo.state.burns.map((burn) => (
              <tr key={burn.key}>
                <td>
                  {burn.ruleId === null ? (
                    <span className="soft">{burnNames[burn.key]}</span>
                  ) : (
                    <PageLink to="/alerts/rule" search={{ id: burn.ruleId }}>
                      {burnNames[burn.key]}
                    </PageLink>
                  )}
                </td>
                <td className="end">{burnWords(burn.factor)}</td>
                <td className="end" title={`over ${durationText(burn.longS)}`}>
                  <Rate of={burn.long} beyond={burn.factor} />{' '}
                  <span className="faint">{durationText(burn.longS)}</span>
                </td>
                <td className="end" title={`over ${durationText(burn.shortS)}`}>
                  <Rate of={burn.short} beyond={burn.factor} />{' '}
                  <span className="faint">{durationText(burn.shortS)}</span>
                </td>
                <td className={burn.isFiring ? 'error-text' : 'soft'}>{burnState(burn)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Rate({ of, beyond }: { readonly of: number | null; readonly beyond: number }): ReactElement {
  return <span className={of !== null && of > beyond ? 'error-text' : ''}>{burnWords(of)}</span>;
}

function Incidents({ history }: { readonly history: SloHistoryResponse }): ReactElement {
  if (history.incidents.length === 0)
    return <p className="soft">No hour spent more than its share of the budget.</p>;
  return (
    <>
      <h3>What spent it</h3>
      <ol className="slo-incidents">
        {history.incidents.map((incident) => {
          return (
            <li key={incident.from}>
              <span>
                {minuteOf(incident.from)} to {minuteOf(incident.to).slice(-5)}
              </span>
              <span className="soft">
                {formatCount(Math.round(incident.bad))} of {formatCount(Math.round(incident.total))} bad
              </span>
              <span className="mono small">{shareWords(incident.spent)}</span>
              {incident.link === null ? <span /> : <PageLink {...linkOf(incident.link)}>Look</PageLink>}
            </li>
          );
        })}
      </ol>
    </>
  );
}
