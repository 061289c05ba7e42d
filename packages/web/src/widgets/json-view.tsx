import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState, type ReactElement } from 'react';
import { jsonLines, shownLines, type JsonLine } from '../model/json-lines.ts';
import { Button, IconButton } from './button.tsx';
import { Icon } from './icon.tsx';
import { copyText } from './copy-text.ts';
import './json-view.css';

interface JsonViewProps {
  readonly value: unknown;
  readonly label: string;
  /** Rows shown before it scrolls by itself. */
  readonly rowsMax?: number;
}

const rowHeight = 20;

/** JSON of any size: folds, search, wrap, and the path of any line by a click. */
export function JsonView({ value, label, rowsMax = 28 }: JsonViewProps): ReactElement {
  const scroller = useRef<HTMLDivElement>(null);
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const [find, setFind] = useState('');
  const [wraps, setWraps] = useState(false);
  const lines = useMemo(() => jsonLines(value), [value]);
  const shown = useMemo(() => shownLines(lines, folded), [lines, folded]);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  const wanted = find.toLowerCase();
  const isFound = (line: JsonLine): boolean =>
    wanted !== '' &&
    (line.text.toLowerCase().includes(wanted) || (line.key ?? '').toLowerCase().includes(wanted));
  const findNext = (): void => {
    const first = virtual.getVirtualItems()[0]?.index ?? 0;
    const indexes = shown.flatMap((lineIndex, i) => {
      const line = lines[lineIndex];
      return line !== undefined && isFound(line) ? [i] : [];
    });
    const next = indexes.find((index) => index > first + 8) ?? indexes[0];
    if (next !== undefined) virtual.scrollToIndex(next, { align: 'center' });
  };
  const toggle = (index: number): void =>
    setFolded((before) => {
      const next = new Set(before);
      if (!next.delete(index)) next.add(index);
      return next;
    });
  return (
    <div className="json">
      <div className="json-bar">
        <input
          type="search"
          aria-label={`Search in ${label}`}
          placeholder="Search"
          value={find}
          onChange={(event) => setFind(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') findNext();
          }}
        />
        <Button look="quiet" pressed={wraps} onClick={() => setWraps(!wraps)}>
          Wrap
        </Button>
        <IconButton
          icon="copy"
          label={`Copy ${label}`}
          onClick={() => void copyText(JSON.stringify(value, undefined, 2))}
        />
      </div>
      <div
        ref={scroller}
        className={wraps ? 'json-scroll json-wraps' : 'json-scroll'}
        style={{ height: Math.min(shown.length, rowsMax) * rowHeight + 12 }}
        tabIndex={0}
        role="region"
        aria-label={label}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const lineIndex = shown[item.index] ?? 0;
            const line = lines[lineIndex];
            if (line === undefined) return null;
            return (
              <div
                key={lineIndex}
                data-index={item.index}
                ref={wraps ? virtual.measureElement : undefined}
                className={isFound(line) ? 'json-line json-found' : 'json-line'}
                style={{ transform: `translateY(${item.start}px)`, paddingLeft: 18 + line.depth * 14 }}
              >
                {line.closes !== -1 && (
                  <button
                    type="button"
                    className="json-fold"
                    aria-label={folded.has(lineIndex) ? 'Unfold' : 'Fold'}
                    style={{ left: line.depth * 14 }}
                    onClick={() => toggle(lineIndex)}
                  >
                    <Icon name={folded.has(lineIndex) ? 'chevronRight' : 'chevronDown'} size={12} />
                  </button>
                )}
                {line.key !== undefined && (
                  <button
                    type="button"
                    className="json-key"
                    title={`Copy the path ${line.path}`}
                    onClick={() => void copyText(line.path)}
                  >
                    {line.key}
                  </button>
                )}
                <span className={`json-${line.kind}`}>
                  {line.text}
                  {folded.has(lineIndex) && <span className="faint"> … {line.count} inside</span>}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
