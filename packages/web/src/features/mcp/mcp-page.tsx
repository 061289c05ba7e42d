import type { McpServer } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { mcpQuery } from '../../api/agent-queries.ts';
import { filterProblemOf } from '../../api/client.ts';
import { mcpSentence } from '../../model/agent-answers.ts';
import { formatBytes, formatCount, counted } from '@sightline/base';
import { DurationValue, ErrorsValue, TimeAgo } from '../../widgets/facts.tsx';
import { FilterBar } from '../../widgets/filter-bar.tsx';
import { FilterChips } from '../../widgets/filter-chips.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { NoRows } from '../../widgets/list-page.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { carriedSearch } from '../../widgets/url-state.ts';
import { useExactFilters } from '../../widgets/use-exact-filters.ts';
import { useKept } from '../../widgets/use-kept.ts';
import { useNow } from '../../widgets/use-now.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { SaveRows } from '../../widgets/save-rows.tsx';
import { ViewsMenu } from '../../widgets/views-menu.tsx';
import { McpTools } from './mcp-tools.tsx';
import { SchemaChanges } from './schema-changes.tsx';
import './mcp-page.css';

/** MCP servers and their tools: who calls them, how they answer, and whether their definitions changed. */
export function McpPage(): ReactElement {
  const question = useQuestion();
  const { range, asked, asOf, filter, search } = question;
  const filters = useExactFilters();
  const nowMs = useNow();
  const { status: _status, tool: _tool, model: _model, ...narrowed } = filters.values;
  const query = useQuery(mcpQuery({ ...asked, ...narrowed }, asOf));
  const mcp = useKept(query.data, query.error);
  const server = search['server'];
  const tools = useMemo(
    () => mcp?.tools.filter((tool) => server === undefined || tool.server === server) ?? [],
    [mcp, server],
  );
  return (
    <Page
      title="MCP"
      answer={
        mcp === undefined ? (
          query.error === null ? (
            <SkeletonText width={420} />
          ) : (
            'MCP'
          )
        ) : (
          mcpSentence(mcp, { range, nowMs: asOf })
        )
      }
      actions={
        <>
          <ViewsMenu />
          <SaveRows list="mcp-servers" asked={{ ...asked, ...narrowed }} />
          <TimeRangePicker range={range} onChange={question.setRange} onRefresh={question.refresh} />
        </>
      }
    >
      <FilterBar
        signal="traces"
        value={filter}
        range={range}
        placeholder="Filter: service:api agent:planner status:error"
        problem={filterProblemOf(query.error)}
        onApply={question.setFilter}
      />
      <FilterChips filters={filters} />
      <LimitsNote limits={mcp?.limitsMet} />
      <KeptNote query={query} isShown={mcp !== undefined} onRetry={question.refresh} />
      <div className="mcp-body" tabIndex={0} role="region" aria-label="MCP servers and tools">
        {query.error !== null && mcp === undefined && (
          <ErrorNotice error={query.error} onRetry={question.refresh} />
        )}
        {query.isPending && <SkeletonRows count={12} />}
        {mcp?.servers.length === 0 && (
          <NoRows
            icon="mcp"
            noun="MCP call"
            hint="Spans with mcp.method.name, of the client or of the server, appear here. The SDK traces both ends of the MCP library."
            question={question}
            filters={filters}
            filler="mcp"
          />
        )}
        {mcp !== undefined && mcp.servers.length > 0 && (
          <>
            <ul className="mcp-servers">
              {mcp.servers.map((one) => (
                <ServerCard
                  key={one.server}
                  server={one}
                  nowMs={nowMs}
                  isChosen={one.server === server}
                  onChoose={() =>
                    question.patch({ server: one.server === server ? undefined : one.server }, 'replace')
                  }
                />
              ))}
            </ul>
            <McpTools tools={tools} nowMs={nowMs} carried={carriedSearch(search)} />
            <SchemaChanges
              changes={mcp.schemaChanges.filter((change) => server === undefined || change.server === server)}
              isRecorded={mcp.tools.some((tool) => tool.schemas > 0)}
            />
          </>
        )}
      </div>
    </Page>
  );
}

function ServerCard(props: {
  readonly server: McpServer;
  readonly nowMs: number;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}): ReactElement {
  const { server, isChosen } = props;
  const facts: readonly (readonly [string, ReactElement | string])[] = [
    ['Calls', formatCount(server.calls)],
    ['Failed', <ErrorsValue key="e" count={server.errors} share={server.errorRate} />],
    ['p50', <DurationValue key="50" ms={server.p50Ms} />],
    ['p95', <DurationValue key="95" ms={server.p95Ms} />],
    ['Request', server.requestBytes === null ? '–' : formatBytes(Math.round(server.requestBytes))],
    ['Response', server.responseBytes === null ? '–' : formatBytes(Math.round(server.responseBytes))],
    ['Sessions', server.sessions === 0 ? '–' : formatCount(server.sessions)],
    ['Last call', <TimeAgo key="t" time={server.lastTime} nowMs={props.nowMs} />],
  ];
  return (
    <li className={isChosen ? 'mcp-server is-chosen' : 'mcp-server'}>
      <header>
        <span className="family family-tool">
          <Icon name="mcp" />
        </span>
        <h2>
          <button type="button" aria-pressed={isChosen} title="Show only its tools" onClick={props.onChoose}>
            {server.server === '' ? '(no name)' : server.server}
          </button>
        </h2>
        <span className="faint small">
          {[server.transport, server.protocolVersion]
            .filter((word) => word !== null && word !== '')
            .join(', ')}
        </span>
      </header>
      <dl>
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="mcp-methods small soft">
        {server.methods.map((method) => (
          <span key={method.method} className="mcp-method">
            <code>{method.method}</code> {formatCount(method.calls)}
            {method.errors > 0 && <span className="error-text">, {formatCount(method.errors)} failed</span>}
          </span>
        ))}
      </p>
      {server.clients.length > 0 && (
        <p className="small soft">
          {counted(server.clients.length, 'client')}:{' '}
          {server.clients.map((client, index) => (
            <span key={client}>
              {index > 0 && ', '}
              <PageLink to="/runs" search={{ service: client }}>
                {client}
              </PageLink>
            </span>
          ))}
        </p>
      )}
    </li>
  );
}
