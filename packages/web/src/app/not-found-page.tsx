import type { ReactElement } from 'react';
import { Page } from '../widgets/page.tsx';
import { PageLink } from '../widgets/page-link.tsx';
import { Notice } from '../widgets/states.tsx';
import { usePathname } from '../widgets/url-state.ts';

export function NotFoundPage(): ReactElement {
  const path = usePathname();
  return (
    <Page title="Not found" answer="There is no page at this address">
      <Notice icon="search" title={path}>
        <p>The link may be cut off or from another version.</p>
        <PageLink to="/traces" className="button">
          Go to traces
        </PageLink>
      </Notice>
    </Page>
  );
}
