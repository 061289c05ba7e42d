import type { AnnotationItem, AnnotationQueue, AnnotationState } from '@sightline/schema/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { markItem, queueItemsQuery } from '../../api/score-queries.ts';
import { formatCount, counted } from '@sightline/base';
import { readAnnotator } from '../../widgets/annotator.ts';
import { Button, Key } from '../../widgets/button.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ScorePanel } from '../../widgets/score-panel.tsx';
import { ErrorNotice, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { QueueProgress } from './queue-progress.tsx';
import { RunInQueue } from './run-in-queue.tsx';

/** One run after the other: what was said on the left, the judgement on the right, all of it by keyboard. */
export function QueueWork({ queue }: { readonly queue: AnnotationQueue }): ReactElement {
  const { search, patch } = useUrlState();
  const client = useQueryClient();
  const query = useQuery(queueItemsQuery(queue.id));
  const items = query.data?.items ?? [];
  const firstOpen = items.find(({ state }) => state === 'open');
  const item = items.find(({ id }) => id === search['item']) ?? firstOpen ?? items.at(0);
  const index = item === undefined ? -1 : items.indexOf(item);
  const go = (to: AnnotationItem | undefined): void => {
    if (to !== undefined) patch({ item: to.id }, 'replace');
  };
  const [problem, setProblem] = useState('');
  const mark = useMutation({
    mutationFn: ({ of, state }: { readonly of: AnnotationItem; readonly state: AnnotationState }) =>
      markItem(queue.id, of.id, state, readAnnotator()),
    onSuccess: async (changed) => {
      setProblem('');
      const next = items.find(
        ({ id, state }) => state === 'open' && id !== changed.id && Number(id) > Number(changed.id),
      );
      if (changed.state !== 'open')
        go(next ?? items.find(({ id, state }) => state === 'open' && id !== changed.id));
      await client.invalidateQueries({ queryKey: ['annotation-items', queue.id] });
      await client.invalidateQueries({ queryKey: ['annotation-queues'] });
    },
    onError: (error) => setProblem(error.message),
  });
  const set = (state: AnnotationState): void => {
    if (item !== undefined) mark.mutate({ of: item, state });
  };
  useKeys('Annotate', [
    { keys: 'j', label: 'Next run', run: () => go(items[index + 1]) },
    { keys: 'k', label: 'Previous run', run: () => go(items[index - 1]) },
    { keys: 'd', label: 'Done', run: () => set('done') },
    { keys: 's', label: 'Skip', run: () => set('skipped') },
    { keys: 'u', label: 'Open again', run: () => set('open') },
    { keys: 'Escape', label: 'Back to the queues', run: () => patch({ queue: undefined, item: undefined }) },
  ]);
  const progress = query.data ?? queue;
  return (
    <Page
      title={queue.name}
      answer={query.data === undefined ? <SkeletonText width={360} /> : sentence(queue.name, progress)}
      detail={<QueueProgress queue={progress} />}
      actions={
        <>
          <Button icon="chevronLeft" onClick={() => patch({ queue: undefined, item: undefined })}>
            Queues
          </Button>
          <Button onClick={() => patch({ edit: queue.id, queue: undefined, item: undefined })}>Edit</Button>
        </>
      }
    >
      {query.error !== null && <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <SkeletonRows count={12} />}
      {query.data !== undefined && item === undefined && (
        <Notice icon="check" title="This queue is empty">
          <p>
            {queue.follow
              ? 'New runs that fit are added as they come.'
              : 'Edit it to fill it with stored runs.'}
          </p>
        </Notice>
      )}
      {item !== undefined && (
        <div className="annotate">
          <section className="annotate-run" aria-label="The run">
            <header>
              <span>
                {formatCount(index + 1)} of {formatCount(items.length)}
                {items.length < progress.open + progress.done + progress.skipped && ' that are open'}
                {item.state !== 'open' && (
                  <span className={item.state === 'done' ? 'good-text' : 'faint'}>
                    {' '}
                    {item.state}
                    {item.who !== null && ` by ${item.who}`}
                  </span>
                )}
              </span>
              <PageLink to={`/runs/${item.traceId}`} className="mono clip">
                {item.traceId}
              </PageLink>
            </header>
            <RunInQueue key={item.traceId} traceId={item.traceId} />
          </section>
          <aside className="annotate-side" aria-label="Judge it">
            {queue.instructions !== '' && <p className="annotate-instructions">{queue.instructions}</p>}
            <div className="annotate-steps">
              <Button look="primary" icon="check" disabled={mark.isPending} onClick={() => set('done')}>
                Done <Key>d</Key>
              </Button>
              <Button disabled={mark.isPending} onClick={() => set('skipped')}>
                Skip <Key>s</Key>
              </Button>
              <Button icon="chevronLeft" disabled={index <= 0} onClick={() => go(items[index - 1])}>
                <Key>k</Key>
              </Button>
              <Button
                icon="chevronRight"
                disabled={index >= items.length - 1}
                onClick={() => go(items[index + 1])}
              >
                <Key>j</Key>
              </Button>
            </div>
            {problem !== '' && (
              <p className="form-problem" role="alert">
                {problem}
              </p>
            )}
            <ScorePanel key={item.id} place={{ traceId: item.traceId }} names={queue.scoreNames} />
          </aside>
        </div>
      )}
    </Page>
  );
}

function sentence(
  name: string,
  { open, done, skipped }: Pick<AnnotationQueue, 'open' | 'done' | 'skipped'>,
): string {
  const all = open + done + skipped;
  if (open === 0 && all > 0) return `${name}: all ${counted(all, 'run')} are judged`;
  return `${name}: ${formatCount(done + skipped)} of ${counted(all, 'run')} judged`;
}
