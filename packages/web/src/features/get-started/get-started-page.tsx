import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { ledgerQuery, statusQuery } from '../../api/queries.ts';
import { demoQuery } from '../../api/start-queries.ts';
import { Button } from '../../widgets/button.tsx';
import { Page } from '../../widgets/page.tsx';
import { sendToOf } from '../../widgets/send-to.ts';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { startTour } from '../../widgets/tour-place.ts';
import { ArrivalBox } from './arrival-box.tsx';
import { DemoCard } from './demo-card.tsx';
import { StackTabs } from './stack-tabs.tsx';
import { useArrival } from './use-arrival.ts';
import './get-started-page.css';

/** From nothing to a first run with its cost: what to paste, and the moment it arrived. */
export function GetStartedPage(): ReactElement {
  const status = useQuery(statusQuery);
  const ledger = useQuery(ledgerQuery);
  const demo = useQuery(demoQuery);
  const arrival = useArrival(demo.data?.state === 'loading');
  const receivedSpans = (ledger.data?.rows ?? [])
    // The server's own probe has a project whose name begins so.
    .filter(({ project, signal }) => signal === 'traces' && !project.startsWith('_'))
    .reduce((sum, { stored }) => sum + stored, 0);
  return (
    <Page
      title="Get started"
      answer={arrival === undefined ? 'Send your first run' : 'Your run has arrived'}
      detail="Any program that speaks OpenTelemetry works, in any language. These need nothing else."
      actions={
        <Button icon="play" onClick={() => startTour('everybody')}>
          Take the tour
        </Button>
      }
    >
      <div className="page-scroll get-started">
        <ArrivalBox arrival={arrival} receivedSpans={receivedSpans} />
        <DemoCard />
        {status.error !== null && <ErrorNotice error={status.error} onRetry={() => void status.refetch()} />}
        {status.isPending && <SkeletonRows count={8} />}
        {status.data !== undefined && <StackTabs to={sendToOf(status.data)} />}
        {status.data !== undefined && (
          <section className="get-started-endpoints">
            <h2>Already instrumented?</h2>
            <p>
              Point the exporter at <code>{status.data.endpoints.otlpHttp}</code> (OTLP over HTTP, protobuf or
              JSON) or <code>{status.data.endpoints.otlpGrpc}</code> (gRPC). Traces, logs and metrics go to
              the same place.
            </p>
            {status.data.apiKeyRequired && (
              <p>
                This server asks for an API key: send it as <code>Authorization: Bearer …</code>.
              </p>
            )}
          </section>
        )}
      </div>
    </Page>
  );
}
