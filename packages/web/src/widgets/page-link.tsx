import { useRouter } from '@tanstack/react-router';
import { useRef, type AnchorHTMLAttributes, type MouseEvent, type ReactElement } from 'react';
import { useGo, withoutEmpty, type UrlSearch } from './url-state.ts';

interface PageLinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  readonly to: string;
  readonly search?: UrlSearch;
}

const intentMs = 50;
const noSearch: UrlSearch = {};

/**
 * A link inside the product: a real address, opened without leaving the page, whose page loads once somebody points at it. The router's own link asks
 * for the state of the router in each of them, which is most of what a row of a long list takes to draw.
 */
export function PageLink({ to, search = noSearch, onClick, ...rest }: PageLinkProps): ReactElement {
  const router = useRouter();
  const go = useGo();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const target = withoutEmpty(search);
  const preload = (): void => {
    // The page loads again when it is opened, where it could not be loaded ahead.
    const load = (): void => void router.preloadRoute({ to, search: target } as never).catch(() => undefined);
    timer.current = setTimeout(load, intentMs);
  };
  const forget = (): void => clearTimeout(timer.current);
  const open = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    const isElsewhere =
      event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
    if (event.defaultPrevented || isElsewhere || (rest.target ?? '_self') !== '_self') return;
    event.preventDefault();
    forget();
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
