import type { RunResponse } from '@sightline/schema/api';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo, type ReactElement } from 'react';
import { conversationQuery } from '../../api/agent-queries.ts';
import { mayComeLater } from '../../model/conversation-rows.ts';
import { Conversation } from '../../widgets/conversation.tsx';
import { FailureNote } from '../../widgets/failure-note.tsx';
import { ErrorNotice, LimitsNote, Notice, SkeletonRows } from '../../widgets/states.tsx';
import { useNextPage } from '../../widgets/use-next-page.ts';
import type { TraceView } from './use-trace-view.ts';

/** What was said in the run, with the calls of tools and what came of them in their places. */
export function ConversationTab({
  trace,
  run,
}: {
  readonly trace: TraceView;
  readonly run: RunResponse;
}): ReactElement {
  const { model, selected } = trace;
  const query = useInfiniteQuery(conversationQuery({ traceId: model.traceId }));
  const turns = useMemo(() => query.data?.pages.flatMap((page) => page.turns) ?? [], [query.data]);
  const onReachEnd = useNextPage(query);
  const spanId = model.slim.columns.spanId[selected];
  const spanStartMs = model.startMs + (model.slim.columns.startOffsetUs[selected] ?? 0) / 1000;
  const isAwaited = useMemo(
    () => spanId !== undefined && mayComeLater(turns, { spanId, startMs: spanStartMs }),
    [turns, spanId, spanStartMs],
  );
  const isFailed = query.error !== null;
  useEffect(() => {
    if (isAwaited && !isFailed) onReachEnd();
  }, [isAwaited, isFailed, onReachEnd]);
  if (query.error !== null && turns.length === 0)
    return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows count={12} />;
  if (turns.length === 0) return <NotRecorded calls={run.run.llmCalls} />;
  return (
    <div className="run-view-column">
      <FailureNote query={query} isShown onRetry={() => void query.refetch()} />
      <LimitsNote limits={query.data.pages.at(-1)?.limitsMet} />
      <Conversation
        turns={turns}
        startMs={model.startMs}
        selectedSpan={spanId}
        onSelectSpan={(_turn, chosen) => {
          const span = model.indexOf.get(chosen);
          if (span !== undefined) trace.select(span);
        }}
        onReachEnd={onReachEnd}
        footer={
          query.isFetchingNextPage ? (
            <p className="conversation-foot faint small">Loading what was said next…</p>
          ) : undefined
        }
      />
    </div>
  );
}

function NotRecorded({ calls }: { readonly calls: number }): ReactElement {
  return (
    <Notice icon="sessions" title="No words were recorded in this run">
      {calls === 0 ? (
        <p>No model was called, so nothing was said.</p>
      ) : (
        <p>
          The models were called, but their messages were not captured. Most SDKs leave them out until told:
          OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true for OpenTelemetry, captureContent for
          Sightline’s own.
        </p>
      )}
    </Notice>
  );
}
