import { Link, type LinkProps } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, ReactElement } from 'react';
import { withoutEmpty, type UrlSearch } from './url-state.ts';

interface PageLinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  readonly to: string;
  readonly search?: UrlSearch;
}

/** A link inside the product: a real address, opened without leaving the page. */
export function PageLink({ to, search = {}, ...rest }: PageLinkProps): ReactElement {
  // The router's types want each address spelled out; here it is a string by design.
  const props = { ...rest, to, search: withoutEmpty(search), preload: 'intent' } as unknown;
  return <Link {...(props as LinkProps)} />;
}
