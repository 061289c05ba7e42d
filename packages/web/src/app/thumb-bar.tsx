import { useState, type ReactElement } from 'react';
import { IconButton } from '../widgets/button.tsx';
import { Icon } from '../widgets/icon.tsx';
import { Modal } from '../widgets/modal.tsx';
import { PageLink } from '../widgets/page-link.tsx';
import type { UrlSearch } from '../widgets/url-state.ts';
import { pageGroups, thumbPages } from './pages.ts';
import { NavLink } from './side-bar.tsx';
import { ThemeButton } from './theme-button.tsx';

/** The navigation of a phone: four pages under the thumb, all others in a sheet. */
export function ThumbBar({
  search,
  onFind,
}: {
  readonly search: UrlSearch;
  readonly onFind: () => void;
}): ReactElement {
  const [isOpen, setOpen] = useState(false);
  return (
    <nav className="thumb-bar" aria-label="Main pages">
      {thumbPages.map((page) => (
        <NavLink key={page.to} page={page} search={search} />
      ))}
      <button
        type="button"
        className="thumb-more"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setOpen(true)}
      >
        <Icon name="more" />
        <span>More</span>
      </button>
      {isOpen && (
        <Modal className="thumb-sheet" label="Pages" onClose={() => setOpen(false)}>
          <header>
            <h2>Pages</h2>
            <ThemeButton />
            <IconButton
              icon="search"
              label="Find anything"
              onClick={() => {
                setOpen(false);
                onFind();
              }}
            />
            <IconButton icon="close" label="Close" onClick={() => setOpen(false)} />
          </header>
          {/* A tap on any link inside ends the choosing. */}
          <div className="thumb-pages" onClick={() => setOpen(false)}>
            {pageGroups.map((group) => (
              <ul key={group.label} aria-label={group.label}>
                {group.pages.map((page) => (
                  <li key={page.to}>
                    <NavLink page={page} search={search} />
                  </li>
                ))}
              </ul>
            ))}
            <ul>
              <li>
                <PageLink to="/get-started">
                  <Icon name="start" />
                  <span>Get started</span>
                </PageLink>
              </li>
            </ul>
          </div>
        </Modal>
      )}
    </nav>
  );
}
