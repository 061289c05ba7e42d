import type { Span } from '@sightline/schema/api';
import { useState, type ReactElement } from 'react';
import { attributeText } from '../../model/attribute-rows.ts';
import { Icon } from '../../widgets/icon.tsx';
import { PageLink } from '../../widgets/page-link.tsx';

/** Why the span failed: its status message and the exceptions it recorded, with their stack traces. */
export function SpanFailure({ span }: { readonly span: Span }): ReactElement | null {
  const exceptions = span.events.filter((event) => event.name === 'exception');
  if (span.status.code !== 'error' && exceptions.length === 0) return null;
  return (
    <div className="span-failure">
      <p className="span-failure-title">
        <Icon name="error" size={14} />
        <strong>
          {span.status.message ||
            (span.status.code === 'error' ? 'Failed, without a message' : 'Recorded an exception')}
        </strong>
        <PageLink
          to="/errors"
          search={{ trace: span.traceId, from: '-30d', state: 'all' }}
          className="small nowrap"
        >
          Errors of this run
        </PageLink>
      </p>
      {exceptions.map((event, index) => (
        <Exception
          key={`${event.time} ${index}`}
          type={attributeText(event.attributes['exception.type'] ?? '')}
          message={attributeText(event.attributes['exception.message'] ?? '')}
          stack={attributeText(event.attributes['exception.stacktrace'] ?? '')}
        />
      ))}
    </div>
  );
}

function Exception({ type, message, stack }: { type: string; message: string; stack: string }): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const lines = stack.split('\n');
  const shown = isOpen ? lines : lines.slice(0, 5);
  return (
    <div>
      <p className="exception-words">
        {type !== '' && <span className="mono">{type}</span>} {message}
      </p>
      {stack !== '' && (
        <pre className="stack" tabIndex={0} aria-label="Stack trace">
          {shown.join('\n')}
        </pre>
      )}
      {lines.length > 5 && (
        <button
          type="button"
          className="attribute-more"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? 'Less' : `All ${lines.length} lines`}
        </button>
      )}
    </div>
  );
}
