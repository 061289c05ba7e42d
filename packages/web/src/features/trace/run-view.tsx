import { lazy, type ReactElement } from 'react';
import { loadPart } from '../../api/load-part.ts';
import { ErrorNotice, Notice, SkeletonRows } from '../../widgets/states.tsx';
import { LogsTab } from './logs-tab.tsx';
import { useRun, type RunView } from './run-tabs.tsx';
import type { TraceView } from './use-trace-view.ts';
import './run-view.css';

const ConversationTab = lazy(
  loadPart(async () => ({ default: (await import('./conversation-tab.tsx')).ConversationTab })),
);
const GraphTab = lazy(loadPart(async () => ({ default: (await import('./graph-tab.tsx')).GraphTab })));
const PipelineTab = lazy(
  loadPart(async () => ({ default: (await import('./pipeline-tab.tsx')).PipelineTab })),
);
const CostTab = lazy(loadPart(async () => ({ default: (await import('./cost-tab.tsx')).CostTab })));

/** One of the ways to look at a run beside the waterfall. */
export function RunViewBody({
  trace,
  view,
}: {
  readonly trace: TraceView;
  readonly view: RunView;
}): ReactElement {
  const { run, error, refetch } = useRun(trace.model.traceId);
  if (view === 'logs') return <LogsTab trace={trace} />;
  if (error !== null && run === undefined)
    return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (run === undefined) return <SkeletonRows count={12} />;
  if (run === null) {
    return (
      <Notice icon="runs" title="No agent, model or tool took part in this trace">
        <p>
          This view reads spans that say what they did: gen_ai attributes, or those of OpenInference,
          OpenLLMetry, the AI SDK, LangSmith and others. The waterfall shows what there is.
        </p>
      </Notice>
    );
  }
  if (view === 'conversation') return <ConversationTab trace={trace} run={run} />;
  if (view === 'graph') return <GraphTab trace={trace} />;
  if (view === 'pipeline') return <PipelineTab trace={trace} />;
  return <CostTab trace={trace} />;
}
