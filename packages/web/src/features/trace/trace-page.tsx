import type { Run } from '@sightline/schema/api';
import { useParams } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState, type ReactElement } from 'react';
import { loadPart } from '../../api/load-part.ts';
import { aiStepsOf, hasOtherSteps } from '../../model/ai-steps.ts';
import { findCriticalPath } from '@sightline/schema/analysis';
import { counted } from '@sightline/base';
import { formatDateTime, timeZoneName } from '../../model/timestamp.ts';
import { firstCause, traceDetail, traceName, traceSentence } from '../../model/trace-summary.ts';
import type { TraceModel } from '../../model/trace-model.ts';
import { Button, IconButton } from '../../widgets/button.tsx';
import { WayIn } from '../../widgets/facts.tsx';
import { FeedbackButtons } from '../../widgets/feedback.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import type { KeptNoteProps } from '../../widgets/kept-note.tsx';
import { FailureNote } from '../../widgets/failure-note.tsx';
import { AddToDataset } from '../../widgets/open-add-to-dataset.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { usePathname, useUrlState } from '../../widgets/url-state.ts';
import { useGoUp } from '../../widgets/use-go-up.ts';
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
  const { search } = useUrlState();
  const view = useRunView();
  const isReduced = search['steps'] === 'ai' && view === 'waterfall';
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
      // What is open and selected is told by places in the model.
      key={`${traceId} ${isReduced}`}
      whole={model}
      isReduced={isReduced}
      query={query}
      onRefresh={() => void query.refetch()}
      limits={query.data?.limitsMet}
    />
  );
}

interface LoadedTraceProps {
  /** All of it: what the headline is about. */
  readonly whole: TraceModel;
  /** Only steps of agents, models, tools and retrievals are drawn. */
  readonly isReduced: boolean;
  readonly query: KeptNoteProps['query'];
  readonly onRefresh: () => void;
  readonly limits: Parameters<typeof LimitsNote>[0]['limits'];
}

function LoadedTrace({ whole, isReduced, query, onRefresh, limits }: LoadedTraceProps): ReactElement {
  const view = useRunView();
  const model = useMemo(() => (isReduced ? aiStepsOf(whole) : whole), [whole, isReduced]);
  const trace = useTraceView(model);
  const namedBy = usePathname().startsWith('/runs/') ? 'agent' : 'root';
  const { run } = useRun(model.traceId);
  const settling = run?.limitsMet?.filter(({ limit }) => limit === 'settling');
  const wholePath = useMemo(
    () => (isReduced ? findCriticalPath(whole) : trace.path),
    [isReduced, whole, trace.path],
  );
  const sentence = useMemo(() => traceSentence(whole, namedBy), [whole, namedBy]);
  const detail = useMemo(() => traceDetail(whole, wholePath, run?.run), [whole, wholePath, run]);
  useTraceKeys(trace);
  return (
    <Page
      title={traceName(whole, namedBy) || 'Trace'}
      answer={sentence}
      detail={detail}
      actions={
        <>
          {run !== null && <FeedbackButtons traceId={model.traceId} of="run" />}
          {run !== null && <AddToDataset what="the run" from={async () => [{ traceId: model.traceId }]} />}
          <BackButton />
          {run !== null && (
            <PageLink to="/replays" search={{ of: model.traceId }} className="button">
              Replay
            </PageLink>
          )}
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
      {namedBy === 'agent' && (
        <p className="run-question clip" title={run?.run.question ?? undefined}>
          {run?.run.question}
        </p>
      )}
      <FailureNote query={query} isShown onRetry={onRefresh} />
      <LimitsNote limits={limits} />
      <LimitsNote limits={settling} />
      <RunProblems trace={trace} />
      <RunTabs traceId={model.traceId} />
      {view === 'waterfall' && <TraceToolbar trace={trace} canReduce={isReduced || hasOtherSteps(whole)} />}
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
  const { sessionId, userId, status, errorCount } = run;
  return (
    <>
      {status === 'ok' && errorCount > 0 && (
        <span className="trace-of">{counted(errorCount, 'error')} handled</span>
      )}
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
  const goUp = useGoUp();
  return (
    <Button icon="chevronLeft" onClick={goUp}>
      Back
    </Button>
  );
}

function useTraceKeys(trace: TraceView): void {
  const { model, selected } = trace;
  const goUp = useGoUp();
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
    { keys: '[', label: 'Collapse one level', run: () => collapse(-1) },
    { keys: ']', label: 'Expand one level', run: () => collapse(1) },
    { keys: 'p', label: 'Critical path on or off', run: () => trace.setShowsPath(!trace.showsPath) },
    { keys: 'n', label: 'Next found span', run: () => trace.step(1) },
    { keys: 'N', label: 'Previous found span', run: () => trace.step(-1) },
    { keys: '1', label: 'Waterfall', run: () => trace.setMode('waterfall') },
    { keys: '2', label: 'Flame graph', run: () => trace.setMode('flame') },
    { keys: '3', label: 'Tree', run: () => trace.setMode('tree') },
    {
      keys: 'Escape',
      label: 'Close the span, or back to the list',
      run: () => (selected === -1 ? goUp() : trace.clearSelection()),
    },
  ]);
}
