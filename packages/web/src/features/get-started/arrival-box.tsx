import type { ReactElement } from 'react';
import { type Arrival, runFacts } from '../../model/arrival.ts';
import { formatNumber } from '@sightline/base';
import { startTour } from '../../widgets/tour-place.ts';
import { Icon } from '../../widgets/icon.tsx';
import { PageLink } from '../../widgets/page-link.tsx';

/** Waits, and turns green for what came now. */
export function ArrivalBox({
  arrival,
  receivedSpans,
}: {
  readonly arrival: Arrival | undefined;
  readonly receivedSpans: number;
}): ReactElement {
  return (
    <div
      className={arrival === undefined ? 'arrival' : 'arrival arrival-good'}
      role="status"
      data-testid="arrival"
    >
      <span className="arrival-mark">
        <Icon name={arrival === undefined ? 'live' : 'check'} />
      </span>
      {arrival === undefined ? (
        <Waiting receivedSpans={receivedSpans} />
      ) : arrival.kind === 'run' ? (
        <>
          <span>
            <strong>Your run is here.</strong> {runFacts(arrival.run).join(' · ')}
          </span>
          <PageLink
            to={`/runs/${arrival.run.traceId}`}
            className="button button-primary"
            onClick={() => startTour('unseen')}
          >
            Open the run
          </PageLink>
        </>
      ) : (
        <>
          <span>
            <strong>{arrival.trace.name}</strong> from {arrival.trace.service} is here. No agent, model or
            tool took part in it, so it is a trace and not a run.
          </span>
          <PageLink to={`/traces/${arrival.trace.traceId}`} className="button button-primary">
            Open the trace
          </PageLink>
        </>
      )}
    </div>
  );
}

function Waiting({ receivedSpans }: { readonly receivedSpans: number }): ReactElement {
  if (receivedSpans === 0) return <span>Waiting for your first run…</span>;
  return (
    <>
      <span>
        Waiting for the next run… {formatNumber(receivedSpans)}{' '}
        {receivedSpans === 1 ? 'span was' : 'spans were'} received before.
      </span>
      <PageLink to="/runs" className="button">
        See the runs
      </PageLink>
    </>
  );
}
