import type { Span } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { AddToDataset } from '../../widgets/open-add-to-dataset.tsx';
import { PageLink } from '../../widgets/page-link.tsx';

/** Where a step can go on to: a dataset, and a call of a model to the playground. */
export function SpanWays({ span, isCall }: { readonly span: Span; readonly isCall: boolean }): ReactElement {
  const { traceId, spanId, operation } = span;
  return (
    <p className="span-ways">
      {isCall && (
        <PageLink to="/playground" search={{ trace: traceId, span: spanId }} className="button">
          Open in playground
        </PageLink>
      )}
      {(isCall || operation === 'tool' || operation === 'retrieval') && (
        <PageLink to="/replays" search={{ of: traceId, step: spanId }} className="button">
          What if from here
        </PageLink>
      )}
      <AddToDataset what="the step" from={async () => [{ traceId, spanId }]} />
    </p>
  );
}
