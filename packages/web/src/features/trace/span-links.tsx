import type { Span } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { attributeRows, type AttributeRow } from '../../model/attribute-rows.ts';
import { AttributeTable } from '../../widgets/attribute-table.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import type { ValueAction } from '../../widgets/value-menu.tsx';

interface SpanLinksProps {
  readonly span: Span;
  readonly actionsFor: (row: AttributeRow) => readonly ValueAction[];
}

export function SpanLinks({ span, actionsFor }: SpanLinksProps): ReactElement {
  if (span.links.length === 0 && span.droppedLinksCount === 0)
    return <p className="tab-empty soft">This span links to no other.</p>;
  return (
    <>
      {span.links.map((link) => (
        <section key={`${link.traceId} ${link.spanId}`} className="span-event">
          <p className="mono">
            <PageLink to={`/traces/${link.traceId}`} search={{ span: link.spanId }}>
              {link.traceId}
            </PageLink>
            <span className="faint"> span {link.spanId}</span>
          </p>
          <AttributeTable
            title=""
            rows={attributeRows('attr', link.attributes)}
            actionsFor={actionsFor}
            dropped={link.droppedAttributesCount}
          />
        </section>
      ))}
      {span.droppedLinksCount > 0 && (
        <p className="warn-text small">{span.droppedLinksCount} more links were dropped by the sender.</p>
      )}
    </>
  );
}
