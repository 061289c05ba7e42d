import { printText } from '@sightline/schema/filter';
import type { ModelFacts, ModelsResponse } from '@sightline/schema/api';
import { useMemo, type ReactElement } from 'react';
import { callsDetail, modelsSentence } from '../../model/agent-answers.ts';
import { callColumns, lastColumn, usageColumns } from '../../widgets/call-columns.tsx';
import { useGroupPicks } from '../../widgets/compare-picks.tsx';
import type { Column } from '../../widgets/data-table.tsx';
import { DurationValue, ShareValue } from '../../widgets/facts.tsx';
import { ListPage, useListPage } from '../../widgets/list-page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { carriedSearch } from '../../widgets/url-state.ts';

const modelsOf = (page: object): readonly ModelFacts[] => (page as ModelsResponse).models;

const runsOf = ({ model }: ModelFacts): string => (model === '' ? '-model:*' : `model:${printText(model)}`);

/** The models that were called: how fast, how dear, how often they failed. */
export function ModelsPage(): ReactElement {
  const state = useListPage();
  const { question, nowMs } = state;
  const { search } = question;
  const columns = useMemo((): readonly Column<ModelFacts>[] => {
    const carried = carriedSearch(search);
    return [
      {
        id: 'model',
        label: 'Model',
        render: (row) => (
          <span className="name-and-more">
            {row.model === '' ? (
              <span
                className="clip"
                title="Usage that was reported without a model, such as the sums of agents"
              >
                Unknown model
              </span>
            ) : (
              <PageLink
                to="/runs"
                search={{ ...carried, model: row.model }}
                className="row-link clip"
                title={row.provider === null ? row.model : `${row.model}, ${row.provider}`}
              >
                {row.model}
              </PageLink>
            )}
            {row.provider !== null && <span className="faint small clip">{row.provider}</span>}
          </span>
        ),
      },
      // Rate and calls say how many failed; the names of models are long.
      ...callColumns<ModelFacts>().map((column) => ({
        ...column,
        hidden: column.id === 'errors' || column.id === 'runs',
        onPhone: false,
      })),
      {
        id: 'ttftP50Ms',
        label: 'First token',
        width: 72,
        align: 'end',
        sortBy: (row) => row.ttftP50Ms ?? -1,
        render: (row) => <DurationValue ms={row.ttftP50Ms} />,
      },
      {
        id: 'cacheHitRate',
        label: 'Cached',
        width: 52,
        align: 'end',
        sortBy: (row) => row.cacheHitRate ?? -1,
        render: (row) => <ShareValue share={row.cacheHitRate} />,
      },
      ...usageColumns<ModelFacts>().map((column) => ({ ...column, onPhone: column.id === 'costUsd' })),
      lastColumn<ModelFacts>(nowMs),
    ];
  }, [nowMs, search]);
  const compare = useGroupPicks(state, runsOf);
  return (
    <ListPage
      state={state}
      name="models"
      title="Models"
      noun="model"
      icon="llm"
      actions={compare.link}
      columns={[...columns, compare.column]}
      rowsOf={modelsOf}
      rowKey={(row) => `${row.provider ?? ''}/${row.model}`}
      initialSort="-costUsd"
      emptyHint="Calls of models are spans with gen_ai.request.model, or what your SDK calls it."
      detail={({ rows, hasMore }) => callsDetail(rows, hasMore)}
      sentence={({ rows, hasMore }) =>
        modelsSentence(rows, { range: question.range, nowMs: question.asOf, hasMore })
      }
    />
  );
}
