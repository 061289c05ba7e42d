import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { ApiError } from '../../api/client.ts';
import { conversationQuery } from '../../api/agent-queries.ts';
import { msFromTimestamp } from '../../model/timestamp.ts';
import { Conversation } from '../../widgets/conversation.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, Notice, SkeletonRows } from '../../widgets/states.tsx';
import { useNextPage } from '../../widgets/use-next-page.ts';

/** What was said in a run. */
export function RunInQueue({ traceId }: { readonly traceId: string }): ReactElement {
  const query = useInfiniteQuery(conversationQuery({ traceId }));
  const onReachEnd = useNextPage(query);
  if (query.error instanceof ApiError && query.error.code === 'trace_not_found')
    return (
      <Notice icon="sessions" title="This run is not stored">
        <p>It was deleted, is older than what is kept, or has not come yet. Skip it, or come back to it.</p>
      </Notice>
    );
  if (query.error !== null) return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows count={8} />;
  const turns = query.data.pages.flatMap((page) => page.turns);
  const [first] = turns;
  if (first === undefined)
    return (
      <Notice icon="sessions" title="Nothing was said in this run">
        <p>Its program captures no messages, or it calls no model.</p>
        <PageLink to={`/runs/${traceId}`} className="button">
          Open the run
        </PageLink>
      </Notice>
    );
  return (
    <Conversation
      turns={turns}
      startMs={msFromTimestamp(first.startTime)}
      selectedSpan={undefined}
      onSelectSpan={undefined}
      onReachEnd={onReachEnd}
    />
  );
}
