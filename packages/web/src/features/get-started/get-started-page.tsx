import { useQuery } from '@tanstack/react-query';
import { Tabs } from 'radix-ui';
import { useState, type ReactElement } from 'react';
import { storedApiKey } from '../../api/api-key.ts';
import { statusQuery } from '../../api/queries.ts';
import { snippetFor, type SnippetLanguage } from '../../model/snippets.ts';
import { Button } from '../../widgets/button.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { copyText } from '../../widgets/copy-text.ts';
import { useFirstTrace } from './use-first-trace.ts';
import '../../widgets/tabs.css';
import './get-started-page.css';

const languages: readonly SnippetLanguage[] = [
  'node',
  'node-opentelemetry',
  'python',
  'curl',
  'claude-code',
  'codex',
  'gemini-cli',
];
const codingAgents: readonly SnippetLanguage[] = ['claude-code', 'codex', 'gemini-cli'];

/** From nothing to a first trace: what to paste, and the moment it arrived. */
export function GetStartedPage(): ReactElement {
  const { search, patch } = useUrlState();
  const status = useQuery(statusQuery);
  const first = useFirstTrace();
  const language = languages.find((one) => one === search['with']) ?? 'node';
  const to = {
    server: window.location.origin,
    endpoint: status.data?.endpoints.otlpHttp ?? '',
    apiKey: status.data?.apiKeyRequired === true ? (storedApiKey() ?? 'YOUR_API_KEY') : undefined,
  };
  return (
    <Page
      title="Get started"
      answer={first === undefined ? 'Send your first trace' : 'Your trace has arrived'}
      detail="Any program that speaks OpenTelemetry works, in any language. These need nothing else."
    >
      <div className="page-scroll get-started">
        <Arrival first={first} />
        {status.error !== null && <ErrorNotice error={status.error} onRetry={() => void status.refetch()} />}
        {status.isPending && <SkeletonRows count={8} />}
        {status.data !== undefined && (
          <Tabs.Root
            value={language}
            onValueChange={(value) => patch({ with: value === 'node' ? undefined : value }, 'replace')}
          >
            <Tabs.List className="tab-list get-started-tabs" aria-label="Language">
              {languages.map((one) => (
                <Tabs.Trigger key={one} value={one}>
                  {snippetFor(one, to).title}
                </Tabs.Trigger>
              ))}
            </Tabs.List>
            <Tabs.Content value={language} className="get-started-parts">
              {snippetFor(language, to).parts.map((part) => (
                <CodeBlock key={part.caption} caption={part.caption} code={part.code} />
              ))}
              {codingAgents.includes(language) && (
                <p>
                  Sessions, tokens, cost, tools and lines are then on{' '}
                  <PageLink to="/coding-agents">Coding agents</PageLink>.
                </p>
              )}
            </Tabs.Content>
          </Tabs.Root>
        )}
        {status.data !== undefined && (
          <section className="get-started-endpoints">
            <h2>Already instrumented?</h2>
            <p>
              Point the exporter at <code>{status.data.endpoints.otlpHttp}</code> (OTLP over HTTP, protobuf or
              JSON) or <code>{status.data.endpoints.otlpGrpc}</code> (gRPC). Traces, logs and metrics go to
              the same place.
            </p>
            <p>
              LangChain over Anthropic’s SDK: that SDK traces its calls by itself, in traces of their own, so
              that each is counted twice. Set <code>ANTHROPIC_OPEN_TELEMETRY=false</code> beside LangChain’s
              instrumentation.
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

function Arrival({ first }: { readonly first: ReturnType<typeof useFirstTrace> }): ReactElement {
  return (
    <div
      className={first === undefined ? 'arrival' : 'arrival arrival-good'}
      role="status"
      data-testid="arrival"
    >
      <span className="arrival-mark">
        <Icon name={first === undefined ? 'live' : 'check'} />
      </span>
      {first === undefined ? (
        <span>Waiting for your first trace…</span>
      ) : (
        <>
          <span>
            <strong>{first.name}</strong> from {first.service} is here.
          </span>
          <PageLink to={`/traces/${first.traceId}`} className="button button-primary">
            Open the trace
          </PageLink>
        </>
      )}
    </div>
  );
}

function CodeBlock({ caption, code }: { readonly caption: string; readonly code: string }): ReactElement {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void copyText(code).then(() => setCopied(true));
  };
  return (
    <figure className="code-block">
      <figcaption>
        <span>{caption}</span>
        <Button look="quiet" icon={copied ? 'check' : 'copy'} onClick={copy} onBlur={() => setCopied(false)}>
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </figcaption>
      <pre tabIndex={0} aria-label={caption}>
        {code}
      </pre>
    </figure>
  );
}
