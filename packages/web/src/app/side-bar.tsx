import { useState, type ReactElement } from 'react';
import { IconButton } from '../widgets/button.tsx';
import { Icon } from '../widgets/icon.tsx';
import { PageLink } from '../widgets/page-link.tsx';
import { type UrlSearch, usePathname } from '../widgets/url-state.ts';
import { type AppPage, isCurrentPage, type PageGroup, pageGroups, shownPages } from './pages.ts';
import { AlertBell } from './alert-bell.tsx';
import { ThemeButton } from './theme-button.tsx';
import './side-bar.css';

interface SideBarProps {
  readonly search: UrlSearch;
  readonly onFind: () => void;
  readonly onKeys: () => void;
}

const storageKey = 'sightline.sideBar';

/** The way to every page; a strip of icons where the window is narrow or the person wants the room. */
export function SideBar({ search, onFind, onKeys }: SideBarProps): ReactElement {
  const [isNarrow, setNarrow] = useState(() => localStorage.getItem(storageKey) === 'narrow');
  const toggle = (): void => {
    localStorage.setItem(storageKey, isNarrow ? 'wide' : 'narrow');
    setNarrow(!isNarrow);
  };
  return (
    <header className={isNarrow ? 'side-bar is-narrow' : 'side-bar'}>
      <PageLink to="/" search={search} className="brand" aria-label="Sightline">
        <BrandMark />
        <span>Sightline</span>
      </PageLink>
      <div className="find-row">
        <button
          type="button"
          className="find-button"
          title="Find anything"
          aria-label="Find anything"
          onClick={onFind}
        >
          <Icon name="search" size={14} />
          <span>Find</span>
          <kbd>{/mac/i.test(navigator.userAgent) ? '⌘K' : 'Ctrl K'}</kbd>
        </button>
        <AlertBell />
      </div>
      <nav className="page-nav" aria-label="Pages">
        {pageGroups.map((group) => (
          <NavGroup key={group.label} group={group} search={search} />
        ))}
      </nav>
      <div className="side-foot">
        <PageLink to="/get-started" className="side-start" title="Get started">
          <Icon name="start" />
          <span>Get started</span>
        </PageLink>
        <div className="side-actions">
          <IconButton icon="keyboard" label="Keys" onClick={onKeys} />
          <ThemeButton />
          <IconButton
            icon="sidebar"
            label={isNarrow ? 'Show the names of the pages' : 'Show icons only'}
            className="side-toggle"
            onClick={toggle}
          />
        </div>
      </div>
    </header>
  );
}

function NavGroup({
  group,
  search,
}: {
  readonly group: PageGroup;
  readonly search: UrlSearch;
}): ReactElement {
  const path = usePathname();
  const storedAs = `${storageKey}.${group.label}`;
  const [isOpen, setOpen] = useState(() => localStorage.getItem(storedAs) === 'open');
  const { label, pages } = group;
  const toggle = (): void => {
    localStorage.setItem(storedAs, isOpen ? 'folded' : 'open');
    setOpen(!isOpen);
  };
  return (
    <div className="nav-group">
      {pages.some((page) => page.isFolded === true) && (
        <button
          type="button"
          className="nav-group-name"
          aria-expanded={isOpen}
          title={isOpen ? `Fewer pages: ${label}` : `All pages: ${label}`}
          onClick={toggle}
        >
          <span>{label}</span>
          <Icon name={isOpen ? 'chevronDown' : 'chevronRight'} size={12} />
        </button>
      )}
      <ul aria-label={label}>
        {shownPages(group, path, isOpen).map((page) => (
          <li key={page.to}>
            <NavLink page={page} search={search} />
          </li>
        ))}
      </ul>
    </div>
  );
}

export function NavLink({
  page,
  search,
}: {
  readonly page: AppPage;
  readonly search: UrlSearch;
}): ReactElement {
  const path = usePathname();
  return (
    <PageLink
      to={page.to}
      search={search}
      title={page.label}
      {...(isCurrentPage(page, path) ? { 'aria-current': 'page' as const } : {})}
    >
      <Icon name={page.icon} />
      <span>{page.label}</span>
    </PageLink>
  );
}

function BrandMark(): ReactElement {
  return (
    <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="var(--accent)" />
      <path d="M6 10h13M10 16h16M14 22h8" stroke="var(--on-accent)" strokeWidth="3" strokeLinecap="round" />
    </svg>
  );
}
