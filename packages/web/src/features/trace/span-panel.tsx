import type { Span } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { Tabs } from 'radix-ui';
import type { ReactElement } from 'react';
import { spanQuery } from '../../api/queries.ts';
import { attributeRows } from '../../model/attribute-rows.ts';
import { formatDurationMs, formatShare } from '@sightline/base';
import { type OperationFamily, operationFamilies } from '../../model/operation.ts';
import { wordsKind, wordsLabels } from '../../model/span-words.ts';
import { at, spanName, spanService } from '../../model/trace-model.ts';
import { AttributeTable } from '../../widgets/attribute-table.tsx';
import { IconButton } from '../../widgets/button.tsx';
import { FeedbackButtons } from '../../widgets/feedback.tsx';
import { FamilyIcon } from '../../widgets/icon.tsx';
import { JsonView } from '../../widgets/json-view.tsx';
import { ScorePanel } from '../../widgets/score-panel.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { useValueActions } from '../../widgets/use-value-actions.ts';
import { SpanEvents } from './span-events.tsx';
import { SpanFacts } from './span-facts.tsx';
import { SpanFailure } from './span-failure.tsx';
import { SpanLinks } from './span-links.tsx';
import { SpanLogs } from './span-logs.tsx';
import { SpanWays } from './span-ways.tsx';
import { SpanWords } from './span-words.tsx';
import type { TraceView } from './use-trace-view.ts';
import '../../widgets/tabs.css';
import './span-panel.css';

/** The answer of a model is judged where it stands; these by themselves. */
const judgedFamilies: ReadonlySet<OperationFamily> = new Set(['agent', 'tool', 'retrieval']);

/** Everything known of one span, with every value a way on. */
export function SpanPanel({
  trace,
  span,
}: {
  readonly trace: TraceView;
  readonly span: number;
}): ReactElement {
  const { model, path } = trace;
  const { patch } = useUrlState();
  const spanId = model.slim.columns.spanId[span] ?? '';
  const query = useQuery(spanQuery(model.traceId, spanId));
  const durationUs = at(model.endUs, span) - at(model.startUs, span);
  const family = operationFamilies[at(model.family, span)] ?? 'other';
  const onPathUs = at(path.onPathUs, span);
  return (
    <aside className="span-panel" aria-label="Span" data-testid="span-panel">
      <header className="span-panel-head">
        <FamilyIcon family={family} />
        <div className="span-panel-title">
          <h2>{spanName(model, span) || '(no name)'}</h2>
          <p className="soft">
            {spanService(model, span)} · {formatDurationMs(durationUs / 1000)}
            <span className="faint">
              , own {formatDurationMs(at(model.selfUs, span) / 1000)}
              {onPathUs > 0 && `, ${formatShare(onPathUs / Math.max(1, path.totalUs))} of the critical path`}
            </span>
          </p>
        </div>
        {judgedFamilies.has(family) && <FeedbackButtons traceId={model.traceId} spanId={spanId} of="step" />}
        <IconButton
          icon="close"
          label="Close the span"
          onClick={() => patch({ span: undefined, tab: undefined }, 'replace')}
        />
      </header>
      {query.error !== null && <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <SkeletonRows count={10} />}
      {query.data !== undefined && <SpanTabs trace={trace} span={query.data} />}
    </aside>
  );
}

function SpanTabs({ trace, span }: { readonly trace: TraceView; readonly span: Span }): ReactElement {
  const { search, patch } = useUrlState();
  const actions = useValueActions('/traces');
  const words = wordsKind(span);
  const first = words === undefined ? 'span' : 'words';
  const actionsFor = (row: { field: string; text: string }) => actions(row.field, row.text);
  return (
    <Tabs.Root
      className="span-tabs"
      value={search['tab'] ?? first}
      onValueChange={(tab) => patch({ tab: tab === first ? undefined : tab }, 'replace')}
    >
      <Tabs.List className="tab-list" aria-label="Parts of the span">
        {words !== undefined && <Tabs.Trigger value="words">{wordsLabels[words]}</Tabs.Trigger>}
        <Tabs.Trigger value="span">Attributes</Tabs.Trigger>
        <Tabs.Trigger value="events">
          Events {span.events.length > 0 && <em>{span.events.length}</em>}
        </Tabs.Trigger>
        <Tabs.Trigger value="links">
          Links {span.links.length > 0 && <em>{span.links.length}</em>}
        </Tabs.Trigger>
        <Tabs.Trigger value="logs">Logs</Tabs.Trigger>
        <Tabs.Trigger value="scores">Scores</Tabs.Trigger>
        <Tabs.Trigger value="json">JSON</Tabs.Trigger>
      </Tabs.List>
      {words !== undefined && (
        <Tabs.Content value="words" className="tab-content">
          <SpanFailure span={span} />
          <SpanWays span={span} isCall={words === 'messages'} />
          <SpanWords trace={trace} span={span} />
        </Tabs.Content>
      )}
      <Tabs.Content value="span" className="tab-content">
        <SpanFailure span={span} />
        <SpanFacts span={span} />
        <AttributeTable
          title="Attributes"
          rows={attributeRows('attr', span.attributes)}
          actionsFor={actionsFor}
          dropped={span.droppedAttributesCount}
        />
        <AttributeTable
          title="Resource"
          rows={attributeRows('resource', span.resource.attributes)}
          actionsFor={actionsFor}
          dropped={span.resource.droppedAttributesCount}
        />
        <AttributeTable title="Scope" rows={scopeRows(span)} actionsFor={actionsFor} />
      </Tabs.Content>
      <Tabs.Content value="events" className="tab-content">
        <SpanEvents span={span} actionsFor={actionsFor} />
      </Tabs.Content>
      <Tabs.Content value="links" className="tab-content">
        <SpanLinks span={span} actionsFor={actionsFor} />
      </Tabs.Content>
      <Tabs.Content value="logs" className="tab-content">
        <SpanLogs trace={trace} spanId={span.spanId} />
      </Tabs.Content>
      <Tabs.Content value="scores" className="tab-content">
        <ScorePanel
          place={{ traceId: span.traceId }}
          spanId={span.spanId}
          names={['quality', 'relevance', 'hallucination']}
        />
      </Tabs.Content>
      <Tabs.Content value="json" className="tab-content">
        <JsonView value={span} label="the span as JSON" rowsMax={40} />
      </Tabs.Content>
    </Tabs.Root>
  );
}

function scopeRows(span: Span) {
  const named = [
    { key: 'name', value: span.scope.name, text: span.scope.name, field: 'scope' },
    { key: 'version', value: span.scope.version, text: span.scope.version, field: 'scope.version' },
  ].filter((row) => row.text !== '');
  return [...named, ...attributeRows('scope', span.scope.attributes)];
}
