import type { ReactElement } from 'react';
import { Button } from '../../widgets/button.tsx';
import { DidYouMean } from '../../widgets/did-you-mean.tsx';
import { Filler } from '../../widgets/filler.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { Notice } from '../../widgets/states.tsx';
import type { Question } from '../../widgets/use-question.ts';

export function NoLogs({ question }: { readonly question: Question }): ReactElement {
  const isFiltered = question.filter !== '';
  return (
    <Notice icon="logs" title={isFiltered ? 'No log line matches this filter' : 'No log lines in this range'}>
      <DidYouMean filter={question.filter} signal="logs" onApply={question.setFilter} />
      <p>
        {isFiltered
          ? 'Look further back, or take a part of the filter away.'
          : 'Logs come over OTLP, like traces, and find the trace they belong to by themselves.'}
      </p>
      <div className="notice-actions">
        {isFiltered ? (
          <Button onClick={() => question.setFilter('')}>Clear the filter</Button>
        ) : (
          <PageLink to="/get-started" className="button">
            Get started
          </PageLink>
        )}
        <Button onClick={() => question.setRange({ from: '-7d', to: 'now' })}>Last 7 days</Button>
      </div>
      {!isFiltered && <Filler page="logs" />}
    </Notice>
  );
}
