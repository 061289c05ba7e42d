import { useRouter } from '@tanstack/react-router';
import { useCallback } from 'react';
import { useGo, usePathname } from './url-state.ts';

/** To the page before; to the list above where this is the first page of the product in this tab. Never out of it. */
export function useGoUp(): () => void {
  const router = useRouter();
  const path = usePathname();
  const go = useGo();
  return useCallback(() => {
    if (router.history.canGoBack()) router.history.back();
    else go(path.replace(/\/[^/]+$/, '') || '/');
  }, [router, path, go]);
}
