import { useLayoutEffect, useRef, type ReactElement, type ReactNode } from 'react';
import './plain-table.css';

/**
 * A table of a few rows. On a phone a row is a card: its first cell, then every other value behind the title of its
 * column, without those that are missing.
 */
export function PlainTable(props: {
  readonly label: string;
  readonly className?: string;
  /** The `<table>`. */
  readonly children: ReactNode;
}): ReactElement {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (ref.current !== null) nameCells(ref.current);
  });
  return (
    <div
      ref={ref}
      className={`plain-table plain-cards ${props.className ?? ''}`}
      tabIndex={0}
      role="region"
      aria-label={props.label}
    >
      {props.children}
    </div>
  );
}

/** Writes the title of its column on each cell, for the style sheet. */
function nameCells(frame: HTMLElement): void {
  const titles = [...frame.querySelectorAll('thead th')].map((head) =>
    head.querySelector('.visually-hidden') === null ? (head.textContent ?? '') : '',
  );
  for (const row of frame.querySelectorAll<HTMLTableRowElement>('tbody tr')) {
    let column = 0;
    for (const cell of row.cells) {
      const title = cell.colSpan === 1 ? (titles[column] ?? '') : '';
      if (title === '') delete cell.dataset['label'];
      else cell.dataset['label'] = title;
      const text = cell.textContent ?? '';
      cell.toggleAttribute('data-missing', text === '–' || (text === '' && cell.childElementCount === 0));
      column += cell.colSpan;
    }
  }
}
