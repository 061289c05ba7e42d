import { Outlet } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState, type ReactElement } from 'react';
import { useConnection } from '../api/connection.ts';
import { IconButton } from '../widgets/button.tsx';
import { Icon, type IconName } from '../widgets/icon.tsx';
import { keyboard, useKeys } from '../widgets/keyboard.ts';
import { PageLink } from '../widgets/page-link.tsx';
import { carriedSearch, useGo, usePathname, useUrlState } from '../widgets/url-state.ts';
import { ThemeButton } from './theme-button.tsx';
import './shell.css';

const loadPalette = async () => ({ default: (await import('./palette.tsx')).Palette });
const Palette = lazy(loadPalette);
const KeyHelp = lazy(async () => ({ default: (await import('./key-help.tsx')).KeyHelp }));

const pages: readonly { to: string; label: string; icon: IconName; key: string }[] = [
  { to: '/traces', label: 'Traces', icon: 'traces', key: 'g t' },
  { to: '/logs', label: 'Logs', icon: 'logs', key: 'g l' },
  { to: '/metrics/explore', label: 'Metrics', icon: 'metrics', key: 'g m' },
  { to: '/timeline', label: 'Timeline', icon: 'timeline', key: 'g i' },
  { to: '/status', label: 'Status', icon: 'status', key: 'g s' },
];

/** What stays while pages change: the way to every page, the palette, the keys, and word of a lost server. */
export function Shell(): ReactElement {
  const [dialog, setDialog] = useState<'none' | 'palette' | 'keys'>('none');
  const { search } = useUrlState();
  const go = useGo();
  const carried = carriedSearch(search);
  useKeys('Everywhere', [
    ...pages.map((page) => ({ keys: page.key, label: page.label, run: () => go(page.to, carried) })),
    { keys: 'g g', label: 'Get started', run: () => go('/get-started') },
    { keys: '?', label: 'Keys', run: () => setDialog('keys') },
  ]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setDialog((before) => (before === 'palette' ? 'none' : 'palette'));
      } else keyboard.handle(event);
    };
    // Loaded ahead of need: the letters typed right after Ctrl-K belong to it.
    requestIdleCallback(() => void loadPalette());
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        Skip to the content
      </a>
      <header className="top-bar">
        <PageLink to="/traces" search={carried} className="brand" aria-label="Sightline">
          <BrandMark />
          <span>Sightline</span>
        </PageLink>
        <nav className="page-nav" aria-label="Pages">
          {pages.map((page) => (
            <NavLink key={page.to} page={page} search={carried} />
          ))}
        </nav>
        <div className="top-actions">
          <button type="button" className="palette-button" onClick={() => setDialog('palette')}>
            <Icon name="search" size={14} />
            <span>Find anything</span>
            <kbd>{/mac/i.test(navigator.userAgent) ? '⌘K' : 'Ctrl K'}</kbd>
          </button>
          <PageLink to="/get-started" className="get-started-link">
            Get started
          </PageLink>
          <IconButton
            icon="keyboard"
            label="Keys"
            className="keys-button"
            onClick={() => setDialog('keys')}
          />
          <ThemeButton />
        </div>
      </header>
      <ConnectionBanner />
      <main id="main" className="main" tabIndex={-1}>
        <Outlet />
      </main>
      <Suspense>
        {dialog === 'palette' && <Palette pages={pages} onClose={() => setDialog('none')} />}
        {dialog === 'keys' && <KeyHelp onClose={() => setDialog('none')} />}
      </Suspense>
    </div>
  );
}

function NavLink(props: {
  page: (typeof pages)[number];
  search: Record<string, string | undefined>;
}): ReactElement {
  const path = usePathname();
  const isCurrent = path === props.page.to || path.startsWith(`${props.page.to}/`);
  return (
    <PageLink
      to={props.page.to}
      search={props.search}
      {...(isCurrent ? { 'aria-current': 'page' as const } : {})}
    >
      <Icon name={props.page.icon} />
      <span>{props.page.label}</span>
    </PageLink>
  );
}

function ConnectionBanner(): ReactElement {
  const state = useConnection();
  return (
    <div role="status" className="connection">
      {state === 'lost' && (
        <p className="connection-lost">
          <Icon name="warning" size={14} />
          The server does not answer. What you see is what it said last; looking for it again…
        </p>
      )}
    </div>
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
