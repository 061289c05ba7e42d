import { useParams } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Button } from '../../widgets/button.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { Notice } from '../../widgets/states.tsx';

/** Where a link with an id leads that nothing stored has: what it may be, and where to look. */
export function UnknownTracePage(): ReactElement {
  const { id = '' } = useParams({ strict: false });
  const quoted = `"${id.slice(0, 200).replaceAll(/["\\]/g, '')}"`;
  return (
    <Page title="Unknown trace" answer="Nothing stored has this id">
      <Notice icon="search" title={id.slice(0, 200)}>
        <p>No trace, run or request of this project has it.</p>
        <ul className="notice-list">
          <li>It may not have arrived yet: programs send every few seconds, and spans when they end.</li>
          <li>
            A trace id has 32 hex digits; a run id is what <code>traceWorkflow</code> was given; a correlation
            id is the value of <code>X-Correlation-ID</code>.
          </li>
          <li>It may be older than the retention, sampled away, or belong to another project.</li>
        </ul>
        <div className="notice-actions">
          <Button look="primary" icon="refresh" onClick={() => window.location.reload()}>
            Look again
          </Button>
          <PageLink to="/logs" search={{ q: quoted }} className="button">
            Search the logs for it
          </PageLink>
          <PageLink to="/traces" className="button">
            All traces
          </PageLink>
          <PageLink to="/status" className="button">
            What was received
          </PageLink>
        </div>
      </Notice>
    </Page>
  );
}
