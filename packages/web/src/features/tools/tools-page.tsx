import { printText } from '@sightline/schema/filter';
import type { ToolFacts, ToolsResponse } from '@sightline/schema/api';
import { useMemo, type ReactElement } from 'react';
import { callsDetail, toolsSentence } from '../../model/agent-answers.ts';
import { formatCount } from '@sightline/base';
import { callColumns, lastColumn } from '../../widgets/call-columns.tsx';
import { useGroupPicks } from '../../widgets/compare-picks.tsx';
import type { Column } from '../../widgets/data-table.tsx';
import { Dash, WayIn } from '../../widgets/facts.tsx';
import { ListPage, useListPage } from '../../widgets/list-page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { carriedSearch } from '../../widgets/url-state.ts';
import { ToolFailures } from './tool-failures.tsx';

const toolsOf = (page: object): readonly ToolFacts[] => (page as ToolsResponse).tools;

const runsOf = ({ tool }: ToolFacts): string => (tool === '' ? '-tool:*' : `tool:${printText(tool)}`);

/** The tools that agents called: which fail, which are slow, and for whom. */
export function ToolsPage(): ReactElement {
  const state = useListPage();
  const { question, nowMs } = state;
  const { search } = question;
  const { tool } = state.filters.values;
  const columns = useMemo((): readonly Column<ToolFacts>[] => {
    const carried = carriedSearch(search);
    return [
      {
        id: 'tool',
        label: 'Tool',
        width: 150,
        render: (row) => (
          <PageLink to="/tools" search={{ ...carried, tool: row.tool }} className="row-link clip mono">
            {row.tool}
          </PageLink>
        ),
      },
      {
        id: 'byAgent',
        label: 'Called by',
        width: 150,
        least: 110,
        yields: 2,
        render: ({ byAgent }) => {
          const known = byAgent.filter((one) => one.agent !== null);
          const [first, ...rest] = known;
          if (first?.agent === undefined || first.agent === null) return <Dash />;
          const title = known
            .map(
              (one) =>
                `${one.agent ?? ''}: ${formatCount(one.calls)} calls, ${formatCount(one.errors)} failed`,
            )
            .join('\n');
          return (
            <>
              <WayIn to="/runs" search={{ ...carried, agent: first.agent }} label={first.agent} />
              {rest.length > 0 && (
                <span className="faint" title={title}>
                  +{rest.length}
                </span>
              )}
            </>
          );
        },
      },
      ...callColumns<ToolFacts>().filter((column) => column.id !== 'runs'),
      {
        id: 'lastError',
        label: 'Last failure',
        least: 240,
        render: ({ lastError }) =>
          lastError === null ? (
            <Dash />
          ) : (
            <WayIn
              to={`/runs/${lastError.traceId}`}
              search={{ span: lastError.spanId }}
              label={lastError.message === '' ? 'failed without a message' : lastError.message}
            />
          ),
      },
      lastColumn<ToolFacts>(nowMs),
    ];
  }, [nowMs, search]);
  const compare = useGroupPicks(state, runsOf);
  return (
    <ListPage
      state={state}
      name="tools"
      title="Tools"
      noun="tool"
      icon="tool"
      actions={compare.link}
      columns={[...columns, compare.column]}
      rowsOf={toolsOf}
      rowKey={(row) => row.tool}
      rowClass={(row) => (row.errors > 0 ? 'has-error' : '')}
      chart={tool === undefined ? undefined : <ToolFailures state={state} tool={tool} />}
      initialSort="-errors"
      emptyHint="Calls of tools are spans with gen_ai.tool.name, or what your SDK calls it."
      detail={({ rows, hasMore }) => callsDetail(rows, hasMore)}
      sentence={({ rows, hasMore }) =>
        toolsSentence(rows, { range: question.range, nowMs: question.asOf, hasMore })
      }
    />
  );
}
