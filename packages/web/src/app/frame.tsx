import { Outlet } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { usePathname } from '../widgets/url-state.ts';
import { Shell } from './shell.tsx';
import './shell.css';

/** Where links to dashboards lead. */
export const sharedPath = '/shared';

/** What stands around each page. Whoever has a link and no key sees one page, and asks the server nothing beside it. */
export function Frame(): ReactElement {
  if (usePathname() !== sharedPath) return <Shell />;
  return (
    <div className="shell">
      <div className="shell-page">
        <main id="main" className="main">
          <Outlet />
        </main>
      </div>
    </div>
  );
}
