import { useQuery } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState, type ReactElement } from 'react';
import { useConnection } from '../api/connection.ts';
import { loadPart } from '../api/load-part.ts';
import { ledgerQuery } from '../api/queries.ts';
import { backlogSentence } from '../model/status-answer.ts';
import { Icon } from '../widgets/icon.tsx';
import { keyboard, useKeys } from '../widgets/keyboard.ts';
import { carriedSearch, useGo, useUrlState } from '../widgets/url-state.ts';
import { useTourPlace } from '../widgets/tour-place.ts';
import { allPages } from './pages.ts';
import { SideBar } from './side-bar.tsx';
import { ThumbBar } from './thumb-bar.tsx';
import './shell.css';

const loadPalette = loadPart(async () => ({ default: (await import('./palette.tsx')).Palette }));
const Palette = lazy(loadPalette);
const KeyHelp = lazy(loadPart(async () => ({ default: (await import('./key-help.tsx')).KeyHelp })));
const Tour = lazy(loadPart(async () => ({ default: (await import('./tour.tsx')).Tour })));

const signsOfLife = ['pointermove', 'pointerdown', 'keydown'] as const;

/** What stays while pages change: the way to every page, the palette, the keys, and word of a lost or late server. */
export function Shell(): ReactElement {
  const [dialog, setDialog] = useState<'none' | 'palette' | 'keys'>('none');
  const tourPlace = useTourPlace();
  const { search } = useUrlState();
  const go = useGo();
  const carried = carriedSearch(search);
  useKeys('Everywhere', [
    ...allPages.map((page) => ({ keys: page.key, label: page.label, run: () => go(page.to, carried) })),
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
    // Loaded ahead of need, once somebody is there: the letters typed right after Ctrl-K belong to it.
    const somebodyIsThere = (): void => void loadPalette();
    for (const sign of signsOfLife) window.addEventListener(sign, somebodyIsThere, { once: true });
    window.addEventListener('keydown', onKeyDown);
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      for (const sign of signsOfLife) window.removeEventListener(sign, somebodyIsThere);
    };
  }, []);
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        Skip to the content
      </a>
      <SideBar search={carried} onFind={() => setDialog('palette')} onKeys={() => setDialog('keys')} />
      <div className="shell-page">
        <Banner />
        <main id="main" className="main" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <ThumbBar search={carried} onFind={() => setDialog('palette')} />
      <Suspense>
        {dialog === 'palette' && <Palette onClose={() => setDialog('none')} />}
        {typeof tourPlace === 'number' && <Tour place={tourPlace} />}
        {dialog === 'keys' && <KeyHelp onClose={() => setDialog('none')} />}
      </Suspense>
    </div>
  );
}

const backlogEveryMs = 10_000;

/** That the server does not answer, or is behind with what it received. */
function Banner(): ReactElement {
  const isLost = useConnection() === 'lost';
  const ledger = useQuery({ ...ledgerQuery, refetchInterval: backlogEveryMs });
  const text = isLost
    ? 'The server does not answer. What you see is what it said last; looking for it again…'
    : backlogSentence(ledger.data);
  return (
    <div role="status" className="connection">
      {text !== undefined && (
        <p className="connection-lost">
          <Icon name="warning" size={14} />
          {text}
        </p>
      )}
    </div>
  );
}
