import type { Span } from '@sightline/schema/api';
import type { ReactElement, ReactNode } from 'react';
import { formatCostUsd, formatCount, formatDurationMs } from '@sightline/base';
import { formatDateTime, msFromTimestamp } from '../../model/timestamp.ts';
import { PageLink } from '../../widgets/page-link.tsx';
import { ValueMenu } from '../../widgets/value-menu.tsx';
import { useValueActions } from '../../widgets/use-value-actions.ts';

/** What Sightline reads out of the attributes, whatever dialect they are in. */
export function SpanFacts({ span }: { readonly span: Span }): ReactElement {
  const actions = useValueActions('/traces');
  const linked = (field: string, value: string | null): ReactNode =>
    value === null || value === '' ? undefined : (
      <ValueMenu field={field} value={value} actions={actions(field, value)} className="mono">
        {value}
      </ValueMenu>
    );
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Started', <span key="t">{formatDateTime(msFromTimestamp(span.startTime))}</span>],
    ['Operation', span.operation === 'other' ? undefined : linked('operation', span.operation)],
    ['Kind', span.kind === 'unspecified' ? undefined : linked('kind', span.kind)],
    ['Provider', linked('provider', span.provider)],
    ['Model', linked('model', span.model)],
    ['Asked for', span.requestModel === span.model ? undefined : linked('request_model', span.requestModel)],
    ['Tokens', tokenWords(span)],
    ['Cost', costWords(span)],
    [
      'First token',
      span.timeToFirstTokenMs === null ? undefined : `after ${formatDurationMs(span.timeToFirstTokenMs)}`,
    ],
    ['Agent', linked('agent', span.agentName)],
    ['Tool', linked('tool', span.toolName)],
    ['Session', linked('session', span.sessionId)],
    ['User', linked('user', span.userId)],
    [
      'Correlation',
      span.correlationId === null || span.correlationId === '' ? undefined : (
        <PageLink to="/timeline" search={{ id: span.correlationId }} className="mono">
          {span.correlationId}
        </PageLink>
      ),
    ],
    ['Span id', linked('span', span.spanId)],
  ];
  return (
    <dl className="span-facts">
      {facts.map(([label, value]) =>
        value === undefined ? null : (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** The computed cost, and what the client reported where that is not the same. */
function costWords(span: Span): ReactNode {
  const { costUsd, reportedCostUsd, priceVersion, costDiffers } = span;
  if (costUsd === null) {
    const isCall = ['llm', 'embedding', 'rerank'].includes(span.operation) && span.inputTokens !== null;
    return isCall ? (
      <PageLink to="/prices" className="warn-text">
        unknown: no price for this model
      </PageLink>
    ) : undefined;
  }
  if (priceVersion === null) return `${formatCostUsd(costUsd)}, as the client reported`;
  return (
    <span title={`Computed by ${priceVersion}`}>
      {formatCostUsd(costUsd)}
      {reportedCostUsd !== null && (
        <span className={costDiffers ? 'warn-text' : 'faint'}>
          {costDiffers ? ', but the client reported ' : ', reported '}
          {formatCostUsd(reportedCostUsd)}
        </span>
      )}
    </span>
  );
}

function tokenWords(span: Span): string | undefined {
  if (span.inputTokens === null && span.outputTokens === null) return undefined;
  const parts = [`${formatCount(span.inputTokens ?? 0)} in`, `${formatCount(span.outputTokens ?? 0)} out`];
  if (span.cacheReadTokens !== null && span.cacheReadTokens > 0)
    parts.push(`${formatCount(span.cacheReadTokens)} from cache`);
  if (span.reasoningTokens !== null && span.reasoningTokens > 0)
    parts.push(`${formatCount(span.reasoningTokens)} reasoning`);
  return parts.join(', ');
}
