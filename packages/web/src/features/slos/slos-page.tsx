import type { Slo } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { slosQuery } from '../../api/slo-queries.ts';
import {
  burnWords,
  indicatorWords,
  shareWords,
  slosSentence,
  statusWords,
  windowWords,
} from '../../model/slo-words.ts';
import { Button, IconButton } from '../../widgets/button.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';
import { ErrorNotice, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { SaveRows } from '../../widgets/save-rows.tsx';
import { SloDetail } from './slo-detail.tsx';
import { SloForm } from './slo-form.tsx';
import '../../widgets/form.css';
import './slos-page.css';

/** What share is to be good, what is left of the error budget, and what spends it. */
export function SlosPage(): ReactElement {
  const { search, patch } = useUrlState();
  const query = useQuery(slosQuery);
  const open = (slo: string | undefined): void => patch({ slo }, 'replace');
  useKeys('SLOs', [{ keys: 'c', label: 'New SLO', run: () => open('new') }]);
  const slos = query.data?.slos ?? [];
  // Links of alerts know the name.
  const chosen = slos.find(({ id, name }) => id === search['slo'] || name === search['slo']);
  const isOpen = search['slo'] === 'new' || chosen !== undefined;
  return (
    <Page
      title="SLOs"
      answer={
        query.data === undefined ? (
          query.error === null ? (
            <SkeletonText width={320} />
          ) : (
            'SLOs'
          )
        ) : (
          slosSentence(slos)
        )
      }
      actions={
        <>
          <SaveRows list="slos" asked={{}} />
          <Button look="primary" icon="plus" onClick={() => open('new')}>
            New SLO
          </Button>
        </>
      }
    >
      <KeptNote query={query} isShown={query.data !== undefined} onRetry={() => void query.refetch()} />
      {query.error !== null && query.data === undefined && (
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <SkeletonRows count={6} />}
      {query.data !== undefined && (
        <div className={isOpen ? 'slos' : 'page-scroll'}>
          <div className="slos-list">
            {slos.length === 0 ? (
              <Notice icon="scores" title="No objective is set yet">
                <p>
                  An SLO says what share of runs, calls or scores is to be good. What may be bad is its error
                  budget; an alert comes when the budget is spent too fast.
                </p>
                <Button icon="plus" onClick={() => open('new')}>
                  New SLO
                </Button>
              </Notice>
            ) : (
              <SloTable slos={slos} chosen={chosen?.id} onOpen={open} />
            )}
          </div>
          {isOpen && (
            <aside className="slos-side" aria-label={chosen?.name ?? 'New SLO'}>
              <header>
                <h2>{chosen?.name ?? 'New SLO'}</h2>
                <IconButton icon="close" label="Close" onClick={() => open(undefined)} />
              </header>
              {chosen !== undefined && <SloDetail slo={chosen} />}
              {chosen !== undefined && <h3 className="slo-form-head">Change it</h3>}
              <SloForm key={chosen?.updatedAt ?? 'new'} slo={chosen} onSaved={open} />
            </aside>
          )}
        </div>
      )}
    </Page>
  );
}

const tones = { met: 'good-text', burning: 'warn-text', spent: 'error-text', no_data: 'soft' } as const;

function SloTable(props: {
  readonly slos: readonly Slo[];
  readonly chosen: string | undefined;
  readonly onOpen: (id: string) => void;
}): ReactElement {
  return (
    <PlainTable label="SLOs">
      <table>
        <thead>
          <tr>
            <th scope="col">SLO</th>
            <th scope="col">Now</th>
            <th scope="col">Budget left</th>
            <th scope="col" className="end">
              Burns
            </th>
            <th scope="col" className="end">
              Good
            </th>
            <th scope="col" className="end">
              Objective
            </th>
            <th scope="col">Over</th>
            <th scope="col">Good are</th>
          </tr>
        </thead>
        <tbody>
          {props.slos.map((slo) => (
            <tr key={slo.id} aria-selected={slo.id === props.chosen}>
              <td>
                <button type="button" className="slo-name" onClick={() => props.onOpen(slo.id)}>
                  {slo.name}
                </button>
              </td>
              <td className={tones[slo.state.status]} title={slo.state.problem ?? ''}>
                {slo.state.problem === null ? statusWords[slo.state.status] : 'Cannot be counted'}
              </td>
              <td>
                <BudgetBar left={slo.state.left} />
              </td>
              <td className="end">{burnWords(slo.state.burns[0]?.long ?? null)}</td>
              <td className="end">{shareWords(slo.state.share)}</td>
              <td className="end">{shareWords(slo.objective)}</td>
              <td>{windowWords(slo)}</td>
              <td className="small grow" title={indicatorWords(slo)}>
                {indicatorWords(slo)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </PlainTable>
  );
}

/** How much of the budget is left. */
function BudgetBar({ left }: { readonly left: number | null }): ReactElement {
  const tone = left === null || left > 0.25 ? 'is-good' : left > 0 ? 'is-low' : 'is-spent';
  return (
    <span className="budget-bar">
      <span className="budget-lane">
        <span className={tone} style={{ width: `${Math.min(100, Math.max(0, (left ?? 0) * 100))}%` }} />
      </span>
      <span className={`mono small ${left !== null && left <= 0 ? 'error-text' : ''}`}>
        {shareWords(left)}
      </span>
    </span>
  );
}
