import type { AnnotationQueue } from '@sightline/schema/api';
import type { ReactElement } from 'react';

/** How much of a queue is done. */
export function QueueProgress({
  queue,
}: {
  readonly queue: Pick<AnnotationQueue, 'open' | 'done' | 'skipped'>;
}): ReactElement {
  const all = queue.open + queue.done + queue.skipped;
  const share = all === 0 ? 0 : (queue.done + queue.skipped) / all;
  return (
    <span
      className="queue-progress"
      role="progressbar"
      aria-label="Progress"
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <span style={{ width: `${share * 100}%` }} />
    </span>
  );
}
