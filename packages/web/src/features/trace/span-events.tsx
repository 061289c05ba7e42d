import type { Span } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { attributeRows, type AttributeRow } from '../../model/attribute-rows.ts';
import { formatDurationMs } from '@sightline/base';
import { msFromTimestamp } from '../../model/timestamp.ts';
import { AttributeTable } from '../../widgets/attribute-table.tsx';
import type { ValueAction } from '../../widgets/value-menu.tsx';

interface SpanEventsProps {
  readonly span: Span;
  readonly actionsFor: (row: AttributeRow) => readonly ValueAction[];
}

export function SpanEvents({ span, actionsFor }: SpanEventsProps): ReactElement {
  const startMs = msFromTimestamp(span.startTime);
  if (span.events.length === 0 && span.droppedEventsCount === 0)
    return <p className="tab-empty soft">This span recorded no events.</p>;
  return (
    <>
      {span.events.map((event, index) => (
        <section key={`${event.time} ${index}`} className="span-event">
          <h3>
            {event.name}{' '}
            <span className="faint mono">+{formatDurationMs(msFromTimestamp(event.time) - startMs)}</span>
          </h3>
          <AttributeTable
            title=""
            rows={attributeRows('attr', event.attributes)}
            actionsFor={actionsFor}
            dropped={event.droppedAttributesCount}
          />
        </section>
      ))}
      {span.droppedEventsCount > 0 && (
        <p className="warn-text small">{span.droppedEventsCount} more events were dropped by the sender.</p>
      )}
    </>
  );
}
