import type { DemoState } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type ReactElement } from 'react';
import { changeDemo, demoQuery } from '../../api/start-queries.ts';
import { formatNumber } from '@sightline/base';
import { Button } from '../../widgets/button.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { startTour } from '../../widgets/tour-place.ts';

/** Something to look at before one's own programs send: loaded by a click, and taken away by two. */
export function DemoCard(): ReactElement {
  const client = useQueryClient();
  const demo = useQuery(demoQuery);
  const [isAsking, setAsking] = useState(false);
  const change = useMutation({
    mutationFn: changeDemo,
    onSuccess: (state) => client.setQueryData(demoQuery.queryKey, state),
  });
  const state = demo.data?.state;
  useEffect(() => {
    // Every other page has another answer now.
    if (state === 'loaded' || state === 'none')
      void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'demo' });
  }, [client, state]);
  const isBusy = state === 'loading' || state === 'deleting' || change.isPending;
  const spans = demo.data?.spans ?? 0;
  const failure = change.error?.message ?? demo.error?.message ?? demo.data?.error ?? undefined;
  return (
    <section className="demo-card" aria-labelledby="demo-heading">
      <div className="demo-words">
        <h2 id="demo-heading">Just looking?</h2>
        <p className="soft">
          The demo is the last half hour of a made-up shop: three agents, their tools and models, with errors,
          costs, logs and metrics.
        </p>
        <p role="status" className={failure === undefined ? 'soft' : 'error-text'}>
          {failure ?? wordsOf(demo.data)}
        </p>
        {isBusy && demo.data !== undefined && (
          <progress
            aria-label={state === 'deleting' ? 'Deleting demo data' : 'Loading demo data'}
            max={100}
            value={Math.round(demo.data.part * 100)}
          />
        )}
      </div>
      <div className="demo-actions">
        {spans === 0 && (
          <Button icon="play" disabled={isBusy || demo.isPending} onClick={() => change.mutate('POST')}>
            Load demo data
          </Button>
        )}
        {spans > 0 && state !== 'loading' && (
          <>
            <PageLink to="/runs" className="button button-primary" onClick={() => startTour('unseen')}>
              See its runs
            </PageLink>
            {!isAsking && (
              <Button disabled={isBusy} onClick={() => setAsking(true)}>
                Delete demo data
              </Button>
            )}
          </>
        )}
        {isAsking && !isBusy && (
          <div className="demo-asking" role="group" aria-label="Delete the demo data?">
            <p>
              Delete {formatNumber(spans)} spans of the demo, with their logs and metrics? Your own data
              stays.
            </p>
            <Button
              look="primary"
              autoFocus
              onClick={() => {
                setAsking(false);
                change.mutate('DELETE');
              }}
            >
              Delete
            </Button>
            <Button onClick={() => setAsking(false)}>Cancel</Button>
          </div>
        )}
      </div>
    </section>
  );
}

function wordsOf(demo: DemoState | undefined): string {
  if (demo === undefined || demo.state === 'none') return '';
  const percent = `${Math.round(demo.part * 100)} %`;
  const spans = `${formatNumber(demo.spans)} spans`;
  if (demo.state === 'loading') return `Loading: ${percent}, ${spans}.`;
  if (demo.state === 'deleting') return `Deleting: ${percent}.`;
  return `Loaded: ${spans}.`;
}
