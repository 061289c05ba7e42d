import { useEffect, useRef, type ReactElement, type ReactNode } from 'react';
import { Button, IconButton, Key } from '../widgets/button.tsx';
import { PageLink } from '../widgets/page-link.tsx';
import { hintsCount, writeTourPlace } from '../widgets/tour-place.ts';
import './tour.css';

const hints: readonly { readonly title: string; readonly text: ReactNode }[] = [
  {
    title: 'Runs are the work of your agents',
    text: (
      <>
        <PageLink to="/runs">Runs</PageLink> lists each piece of work with its time, tokens and cost. Open one
        to see every step of it.
      </>
    ),
  },
  {
    title: 'Each tab answers one question',
    text: 'In a run, Waterfall shows where the time went, Conversation what the model was told and answered, Cost what each step cost.',
  },
  {
    title: 'Everything is a few keys away',
    text: (
      <>
        <Key>Ctrl</Key> <Key>K</Key> finds pages, traces and logs. <Key>?</Key> shows all keys.
      </>
    ),
  },
];

/** Three hints beside the page, which goes on working. Escape or the cross ends them for good. */
export function Tour({ place }: { readonly place: number }): ReactElement {
  const ref = useRef<HTMLElement>(null);
  const hint = hints[place];
  useEffect(() => ref.current?.focus(), []);
  const end = (): void => {
    // The focus goes where the page begins, and not to nowhere.
    document.querySelector<HTMLElement>('#main')?.focus({ preventScroll: true });
    writeTourPlace('seen');
  };
  return (
    <aside
      ref={ref}
      className="tour"
      tabIndex={-1}
      aria-label="Tour"
      onKeyDown={(event) => {
        // Enter presses the button that has the focus, and opens no row of the page.
        if (['Enter', ' ', 'Escape'].includes(event.key)) event.stopPropagation();
        if (event.key === 'Escape') end();
      }}
    >
      <header>
        <span className="faint small">
          Hint {place + 1} of {hintsCount}
        </span>
        <IconButton icon="close" label="End the tour" onClick={end} />
      </header>
      <div aria-live="polite">
        <h2>{hint?.title}</h2>
        <p>{hint?.text}</p>
      </div>
      <footer>
        <Button disabled={place === 0} onClick={() => writeTourPlace(place - 1)}>
          Back
        </Button>
        <Button look="primary" onClick={() => (place + 1 === hintsCount ? end() : writeTourPlace(place + 1))}>
          {place + 1 === hintsCount ? 'Done' : 'Next'}
        </Button>
      </footer>
    </aside>
  );
}
