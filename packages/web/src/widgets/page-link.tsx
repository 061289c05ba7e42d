import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useRef, type AnchorHTMLAttributes, type MouseEvent, type ReactElement } from 'react';
import { loadPart } from '../api/load-part.ts';
import { useGo, withoutEmpty, type UrlSearch } from './url-state.ts';

interface PageLinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  readonly to: string;
  readonly search?: UrlSearch;
}

const intentMs = 50;
const noSearch: UrlSearch = {};
const loadAsking = loadPart(() => import('./ask-ahead.ts'));

/**
 * A link inside the product: a real address, opened without leaving the page, whose page loads once somebody points at it, and asks its first questions. The router's own link asks
 * for the state of the router in each of them, which is most of what a row of a long list takes to draw.
 */
export function PageLink({ to, search = noSearch, onClick, ...rest }: PageLinkProps): ReactElement {
  const router = useRouter();
  const go = useGo();
  const queryClient = useQueryClient();
  const intent = useRef<AbortController>(undefined);
  const target = withoutEmpty(search);
  const preload = (): void => {
    // Pressing a link focuses it: what was asked when it was pointed at goes on.
    if (intent.current !== undefined) return;
    const { signal } = (intent.current = new AbortController());
    const ask = async (): Promise<void> => {
      const { askAhead } = await loadAsking();
      if (!signal.aborted) signal.addEventListener('abort', askAhead(queryClient, to, target));
    };
    const load = (): void => {
      if (signal.aborted) return;
      // The page loads and asks again when it is opened, where that could not be done ahead.
      router.preloadRoute({ to, search: target } as never).catch(() => undefined);
      if (to !== globalThis.location.pathname) ask().catch(() => undefined);
    };
    setTimeout(load, intentMs);
  };
  const forget = (): void => {
    intent.current?.abort();
    intent.current = undefined;
  };
  const open = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    const isElsewhere =
      event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
    if (event.defaultPrevented || isElsewhere || (rest.target ?? '_self') !== '_self') return;
    event.preventDefault();
    // What was asked ahead is for the page that opens now.
    intent.current = undefined;
    go(to, target);
  };
  return (
    <a
      {...rest}
      href={`${to}${router.options.stringifySearch?.(target) ?? ''}`}
      onClick={open}
      onPointerEnter={preload}
      onPointerLeave={forget}
      onFocus={preload}
      onBlur={forget}
    />
  );
}
