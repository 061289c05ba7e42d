import type { QueryClient } from '@tanstack/react-query';
import type { AnyRouter } from '@tanstack/react-router';
import { busy } from '../api/busy.ts';

/**
 * Keeps `<html data-idle>`: true once no query, navigation or drawing is under way and two frames have passed, so that
 * what was asked for is on the screen. Tests and scripts wait on it instead of on time.
 */
export function watchIdle(queryClient: QueryClient, router: AnyRouter): void {
  let generation = 0;
  const isBusy = (): boolean =>
    queryClient.isFetching() > 0 ||
    queryClient.isMutating() > 0 ||
    router.state.status === 'pending' ||
    busy.count > 0;
  const update = (): void => {
    const mine = ++generation;
    if (isBusy()) {
      document.documentElement.dataset['idle'] = 'false';
      return;
    }
    afterTwoFrames(() => {
      if (mine === generation && !isBusy()) document.documentElement.dataset['idle'] = 'true';
    });
  };
  queryClient.getQueryCache().subscribe(update);
  queryClient.getMutationCache().subscribe(update);
  busy.subscribe(update);
  for (const event of ['onBeforeNavigate', 'onBeforeLoad', 'onLoad', 'onResolved', 'onRendered'] as const) {
    router.subscribe(event, update);
  }
  update();
}

function afterTwoFrames(run: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(run));
}
