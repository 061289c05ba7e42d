import type { ReactElement } from 'react';
import { Button } from '../../widgets/button.tsx';
import { DidYouMean } from '../../widgets/did-you-mean.tsx';
import { Filler } from '../../widgets/filler.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { Notice } from '../../widgets/states.tsx';
import type { Question } from '../../widgets/use-question.ts';

/** Nothing found: widen the question, or send the first trace. */
export function NoTraces({ question }: { readonly question: Question }): ReactElement {
  if (question.filter !== '') {
    return (
      <Notice icon="search" title="No trace matches this filter">
        <DidYouMean filter={question.filter} signal="traces" onApply={question.setFilter} />
        <p>Look further back, or take a part of the filter away.</p>
        <div className="notice-actions">
          <Button onClick={() => question.setFilter('')}>Clear the filter</Button>
          <Button onClick={() => question.setRange({ from: '-7d', to: 'now' })}>Last 7 days</Button>
        </div>
      </Notice>
    );
  }
  return (
    <Notice icon="traces" title="No traces in this range">
      <p>Point an OpenTelemetry exporter at this server, and the first trace is here within a second.</p>
      <div className="notice-actions">
        <PageLink to="/get-started" className="button button-primary">
          Send the first trace
        </PageLink>
        <Button onClick={() => question.setRange({ from: '-7d', to: 'now' })}>Last 7 days</Button>
      </div>
      <Filler page="traces" />
    </Notice>
  );
}
