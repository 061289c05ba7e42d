import type { Run } from '@sightline/schema/api';
import { useNavigate, useParams, useRouter } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { loadPart } from '../../api/load-part.ts';
import { formatDateTime, timeZoneName } from '../../model/timestamp.ts';
import { firstCause, traceDetail, traceSentence } from '../../model/trace-summary.ts';
import type { TraceModel } from '../../model/trace-model.ts';
import { Button, IconButton } from '../../widgets/button.tsx';
import { WayIn } from '../../widgets/facts.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { copyText } from '../../widgets/copy-text.ts';
import { RunProblems } from './run-problems.tsx';
import { RunTabs, useRun, useRunView } from './run-tabs.tsx';
import { RunViewBody } from './run-view.tsx';
import { SpanPanel } from './span-panel.tsx';
import { TraceToolbar } from './trace-toolbar.tsx';
import { useTraceModel, useTraceView, type TraceView } from './use-trace-view.ts';
import { Waterfall, zoomToSpan } from './waterfall.tsx';
import './trace-page.css';

const Flame = lazy(loadPart(async () => ({ default: (await import('./flame.tsx')).Flame })));
const SpanTree = lazy(loadPart(async () => ({ default: (await import('./span-tree.tsx')).SpanTree })));

/** One trace: what happened, why, how long. */
export function TracePage(): ReactElement {
  const { traceId = '' } = useParams({ strict: false });
  const { query, model } = useTraceModel(traceId);
  if (query.error !== null && model === undefined) {
    return (
      <Page
        title="Trace"
        answer="This trace cannot be shown"
        detail={<span className="mono">{traceId}</span>}
        actions={<BackButton />}
      >
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      </Page>
    );
  }
  if (model === undefined) {
    return (
      <Page title="Trace" answer={<SkeletonText width={460} />} actions={<BackButton />}>
        <SkeletonRows count={20} />
      </Page>
    );
  }
  return (
    <LoadedTrace
      key={traceId}
      model={model}
      onRefresh={() => void query.refetch()}
      limits={query.data?.limitsMet}
    />
  );
}

interface LoadedTraceProps {
  readonly model: TraceModel;
  readonly onRefresh: () => void;
  readonly limits: Parameters<typeof LimitsNote>[0]['limits'];
}

function LoadedTrace({ model, onRefresh, limits }: LoadedTraceProps): ReactElement {
  const trace = useTraceView(model);
  const view = useRunView();
  const { run } = useRun(model.traceId);
  useTraceKeys(trace);
  return (
    <Page
      title={trace.model.slim.tables.names[0] ?? 'Trace'}
      answer={traceSentence(model)}
      detail={traceDetail(model, trace.path, run?.run)}
      actions={
        <>
          <BackButton />
          <PageLink to="/timeline" search={{ id: model.traceId }} className="button">
            Timeline
          </PageLink>
          <IconButton icon="refresh" label="Refresh" onClick={onRefresh} />
        </>
      }
    >
      <p className="trace-facts faint small">
        <time dateTime={model.slim.startTime}>
          {formatDateTime(model.startMs)} {timeZoneName(model.startMs)}
        </time>
        <button
          type="button"
          className="mono trace-id"
          title="Copy the trace id"
          onClick={() => void copyText(model.traceId)}
        >
          {model.traceId}
        </button>
        {run !== null && run !== undefined && <RunOf run={run.run} />}
      </p>
      <LimitsNote limits={limits} />
      <RunProblems trace={trace} />
      <RunTabs traceId={model.traceId} />
      {view === 'waterfall' && <TraceToolbar trace={trace} />}
      <div
        className={view === 'waterfall' ? 'trace-body' : 'trace-body run-body'}
        id="run-view"
        role="tabpanel"
        aria-labelledby={`run-tab-${view}`}
      >
        <Suspense fallback={<SkeletonRows count={16} />}>
          {view !== 'waterfall' && <RunViewBody trace={trace} view={view} />}
          {view === 'waterfall' && trace.mode === 'waterfall' && <Waterfall trace={trace} />}
          {view === 'waterfall' && trace.mode === 'flame' && <Flame trace={trace} />}
          {view === 'waterfall' && trace.mode === 'tree' && <SpanTree trace={trace} />}
        </Suspense>
        {trace.selected !== -1 && <SpanPanel key={trace.selected} trace={trace} span={trace.selected} />}
      </div>
    </Page>
  );
}

/** Whose run it is, and of which conversation: the ways to what else they did. */
function RunOf({ run }: { readonly run: Run }): ReactElement {
  const { sessionId, userId } = run;
  return (
    <>
      {sessionId !== null && (
        <span className="trace-of">
          session <WayIn to={`/sessions/${encodeURIComponent(sessionId)}`} label={sessionId} />
        </span>
      )}
      {userId !== null && (
        <span className="trace-of">
          user <WayIn to="/runs" search={{ user: userId }} label={userId} />
        </span>
      )}
    </>
  );
}

function BackButton(): ReactElement {
  const router = useRouter();
  const navigate = useNavigate();
  return (
    <Button
      icon="chevronLeft"
      onClick={() => {
        if (window.history.length > 1) router.history.back();
        else void navigate({ to: '/traces' } as never);
      }}
    >
      Back
    </Button>
  );
}

function useTraceKeys(trace: TraceView): void {
  const { model, selected } = trace;
  const router = useRouter();
  const [depth, setDepth] = useState(model.depthMax);
  const collapse = (by: number): void => {
    const next = Math.min(model.depthMax, Math.max(0, depth + by));
    setDepth(next);
    trace.collapseTo(next);
  };
  useKeys('Trace', [
    { keys: 'j', label: 'Next span', run: () => trace.stepRow(1) },
    { keys: 'k', label: 'Previous span', run: () => trace.stepRow(-1) },
    { keys: 'e', label: 'First error', run: () => trace.select(firstCause(model)) },
    {
      keys: 'z',
      label: 'Zoom to the span',
      run: () => trace.setView(zoomToSpan(trace, selected === -1 ? model.root : selected)),
    },
    {
      keys: '0',
      label: 'Show all of the time',
      run: () => trace.setView({ fromUs: 0, toUs: model.durationUs }),
    },
    { keys: '[', label: 'Close one level', run: () => collapse(-1) },
    { keys: ']', label: 'Open one level', run: () => collapse(1) },
    { keys: 'p', label: 'Critical path on or off', run: () => trace.setShowsPath(!trace.showsPath) },
    { keys: 'n', label: 'Next found span', run: () => trace.step(1) },
    { keys: 'N', label: 'Previous found span', run: () => trace.step(-1) },
    { keys: '1', label: 'Waterfall', run: () => trace.setMode('waterfall') },
    { keys: '2', label: 'Flame graph', run: () => trace.setMode('flame') },
    { keys: '3', label: 'Tree', run: () => trace.setMode('tree') },
    { keys: 'Escape', label: 'Back to the list', run: () => router.history.back() },
  ]);
}
