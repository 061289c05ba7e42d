import type { TimelineEntry } from '@sightline/schema/api';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactElement } from 'react';
import { formatDurationMs } from '@sightline/base';
import type { TimelineModel } from '../../model/timeline-model.ts';
import { msFromTimestamp } from '../../model/timestamp.ts';
import { Icon, type IconName } from '../../widgets/icon.tsx';
import { PageLink } from '../../widgets/page-link.tsx';

interface TimelineEntriesProps {
  readonly model: TimelineModel;
  readonly entries: readonly TimelineEntry[];
  readonly selected: number;
  readonly onSelect: (entry: number) => void;
}

const rowHeight = 28;
const icons: Readonly<Record<TimelineEntry['type'], IconName>> = {
  span: 'traces',
  event: 'live',
  log: 'logs',
  metric: 'metrics',
};

/** Moment by moment: when, where, what. */
export function TimelineEntries({ model, entries, selected, onSelect }: TimelineEntriesProps): ReactElement {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  useEffect(() => {
    if (selected >= 0) virtual.scrollToIndex(selected, { align: 'auto' });
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [selected]);
  return (
    <div ref={scroller} className="timeline-entries" tabIndex={0} role="region" aria-label="Moments">
      <ol style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const entry = entries[item.index];
          if (entry === undefined) return null;
          return (
            <li
              key={item.index}
              className={item.index === selected ? 'timeline-entry is-selected' : 'timeline-entry'}
              style={{ transform: `translateY(${item.start}px)` }}
              onClick={() => onSelect(item.index)}
            >
              <span className="timeline-offset">
                +{formatDurationMs(msFromTimestamp(entry.time) - model.startMs)}
              </span>
              <span className="timeline-where clip soft">{entry.service}</span>
              <span
                className={
                  entry.severity === 'error'
                    ? 'error-text'
                    : entry.severity === 'warning'
                      ? 'warn-text'
                      : 'faint'
                }
                title={entry.type}
              >
                <Icon name={entry.severity === 'error' ? 'error' : icons[entry.type]} size={14} />
              </span>
              <EntryTitle entry={entry} />
              {entry.durationMs !== null && (
                <span className="timeline-duration num">{formatDurationMs(entry.durationMs)}</span>
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function EntryTitle({ entry }: { readonly entry: TimelineEntry }): ReactElement {
  const tone = entry.severity === 'error' ? 'error-text' : entry.severity === 'warning' ? 'warn-text' : '';
  const className = `timeline-title clip ${entry.type === 'log' ? 'mono' : ''} ${tone}`;
  const title = entry.title === '' ? '(no name)' : entry.title;
  if (entry.traceId === null) return <span className={className}>{title}</span>;
  return (
    <PageLink
      to={`/traces/${entry.traceId}`}
      search={{
        span: entry.spanId ?? undefined,
        tab: entry.type === 'log' ? 'logs' : entry.type === 'event' ? 'events' : undefined,
      }}
      className={`${className} timeline-link`}
    >
      {title}
    </PageLink>
  );
}
