import type { McpTool } from '@sightline/schema/api';
import { useState, type ReactElement } from 'react';
import { formatBytes, formatCount, formatShare } from '@sightline/base';
import { sortRows, toggleSort, type SortOrder } from '../../model/table-sort.ts';
import { Dash, DurationValue, TimeAgo } from '../../widgets/facts.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import type { UrlSearch } from '../../widgets/url-state.ts';
import { SaveTable } from '../../widgets/save-table.tsx';

const columns: readonly {
  id: string;
  label: string;
  by: (tool: McpTool) => number | string;
  isText?: true;
}[] = [
  { id: 'tool', label: 'Tool', by: (tool) => tool.tool, isText: true },
  { id: 'server', label: 'Server', by: (tool) => tool.server, isText: true },
  { id: 'calls', label: 'Calls', by: (tool) => tool.calls },
  { id: 'errors', label: 'Failed', by: (tool) => tool.errors },
  { id: 'p50Ms', label: 'p50', by: (tool) => tool.p50Ms ?? -1 },
  { id: 'p95Ms', label: 'p95', by: (tool) => tool.p95Ms ?? -1 },
  { id: 'requestBytes', label: 'Request', by: (tool) => tool.requestBytes ?? -1 },
  { id: 'responseBytes', label: 'Response', by: (tool) => tool.responseBytes ?? -1 },
  { id: 'schemas', label: 'Definitions', by: (tool) => tool.schemas },
  { id: 'lastTime', label: 'Last call', by: (tool) => tool.lastTime },
];

/** Every tool of every server, sortable; a failure leads to the run in which it happened. */
export function McpTools(props: {
  readonly tools: readonly McpTool[];
  readonly nowMs: number;
  readonly carried: UrlSearch;
}): ReactElement {
  const [order, setOrder] = useState<SortOrder | undefined>({ column: 'errors', direction: 'desc' });
  const by = columns.find((column) => column.id === order?.column)?.by;
  const rows =
    by === undefined || order === undefined ? props.tools : sortRows(props.tools, by, order.direction);
  return (
    <section className="mcp-tools">
      <SaveTable name="MCP tools" rows={props.tools} />
      <h2>Tools</h2>
      <PlainTable label="Tools" className="mcp-table">
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column.id}
                  scope="col"
                  className={column.isText === true ? '' : 'num'}
                  {...(order?.column === column.id
                    ? {
                        'aria-sort':
                          order.direction === 'asc' ? ('ascending' as const) : ('descending' as const),
                      }
                    : {})}
                >
                  <button
                    type="button"
                    className="table-sort"
                    onClick={() => setOrder(toggleSort(order, column.id))}
                  >
                    {column.label}
                    {order?.column === column.id && (
                      <Icon name={order.direction === 'asc' ? 'chevronUp' : 'chevronDown'} size={12} />
                    )}
                  </button>
                </th>
              ))}
              <th scope="col">Last failure</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((tool) => (
              <tr key={`${tool.server} ${tool.tool}`}>
                <th scope="row">
                  <PageLink to="/runs" search={{ ...props.carried, tool: tool.tool }} className="mono">
                    {tool.tool}
                  </PageLink>
                </th>
                <td className="soft">{tool.server}</td>
                <td className="num">{formatCount(tool.calls)}</td>
                <td className="num">
                  {tool.errors === 0 ? (
                    <Dash />
                  ) : (
                    <span className="error-text">
                      {formatCount(tool.errors)} ({formatShare(tool.errorRate)})
                    </span>
                  )}
                </td>
                <td className="num">
                  <DurationValue ms={tool.p50Ms} />
                </td>
                <td className="num">
                  <DurationValue ms={tool.p95Ms} />
                </td>
                <td className="num">
                  {tool.requestBytes === null ? <Dash /> : formatBytes(Math.round(tool.requestBytes))}
                </td>
                <td className="num">
                  {tool.responseBytes === null ? <Dash /> : formatBytes(Math.round(tool.responseBytes))}
                </td>
                <td className="num">
                  {tool.schemas === 0 ? (
                    <Dash />
                  ) : (
                    <span className={tool.schemas > 1 ? 'warn-text' : ''}>{tool.schemas}</span>
                  )}
                </td>
                <td className="num">
                  <TimeAgo time={tool.lastTime} nowMs={props.nowMs} />
                </td>
                <td className="mcp-failure grow">
                  {tool.lastError === null ? (
                    <Dash />
                  ) : (
                    <PageLink
                      to={`/runs/${tool.lastError.traceId}`}
                      search={{ span: tool.lastError.spanId }}
                      title={tool.lastError.message}
                    >
                      {tool.lastError.message === '' ? 'failed without a message' : tool.lastError.message}
                    </PageLink>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </PlainTable>
    </section>
  );
}
