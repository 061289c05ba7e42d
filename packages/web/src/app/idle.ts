import type { Query, QueryClient } from '@tanstack/react-query';
import type { AnyRouter } from '@tanstack/react-router';
import { busy } from '../api/busy.ts';

/** Frames without work before the page counts as idle: effects of the last render get to start theirs. */
const calmFramesMin = 3;

/**
 * Keeps `<html data-idle>`: true once no query, navigation or drawing is under way for a few frames and no skeleton is
 * left, so that what was asked for is on the screen. Tests and scripts wait on it instead of on time.
 */
export function watchIdle(queryClient: QueryClient, router: AnyRouter): void {
  let calmFrames = 0;
  let frame = 0;
  const isBusy = (): boolean =>
    queryClient.isFetching({ predicate: isAwaited }) > 0 ||
    queryClient.isMutating() > 0 ||
    router.state.status === 'pending' ||
    busy.count > 0;
  const step = (): void => {
    calmFrames = isBusy() || isUnfinished() ? 0 : calmFrames + 1;
    frame = calmFrames < calmFramesMin ? requestAnimationFrame(step) : 0;
    if (frame === 0) document.documentElement.dataset['idle'] = 'true';
  };
  const update = (): void => {
    if (!isBusy()) return;
    document.documentElement.dataset['idle'] = 'false';
    calmFrames = 0;
    if (frame === 0) frame = requestAnimationFrame(step);
  };
  queryClient.getQueryCache().subscribe(update);
  queryClient.getMutationCache().subscribe(update);
  busy.subscribe(update);
  for (const event of ['onBeforeNavigate', 'onBeforeLoad', 'onLoad', 'onResolved', 'onRendered'] as const) {
    router.subscribe(event, update);
  }
  frame = requestAnimationFrame(step);
}

/** A page that renews itself is not unfinished while it asks again for what it shows already. */
function isAwaited(query: Query): boolean {
  return query.meta?.['background'] !== true || query.state.data === undefined;
}

/** No page yet, or one that still promises what will come. */
function isUnfinished(): boolean {
  return (
    document.querySelector('h1') === null ||
    document.querySelector(':not([data-sample]) > :is(.skeleton-rows, .skeleton-text)') !== null
  );
}
