import type { Slo } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { slosQuery } from '../../api/slo-queries.ts';
import { shownSlos, sloStatuses } from '../../model/slo-list.ts';
import { formatCount, counted } from '@sightline/base';
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
import { ViewsMenu } from '../../widgets/views-menu.tsx';
import { SaveTable } from '../../widgets/save-table.tsx';
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
  const shown = shownSlos(slos, search);
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
          <ViewsMenu />
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
            {slos.length > 0 && <SloTools slos={slos} shown={shown} />}
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
              <SloTable slos={shown} chosen={chosen?.id} onOpen={open} />
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

/** Which SLOs are listed, and which come first. */
function SloTools(props: { readonly slos: readonly Slo[]; readonly shown: readonly Slo[] }): ReactElement {
  const { search, patch } = useUrlState();
  return (
    <div className="slos-tools">
      <input
        type="search"
        aria-label="Words in the name"
        placeholder="Words in the name"
        value={search['find'] ?? ''}
        onChange={(event) => patch({ find: event.target.value }, 'replace')}
      />
      <select
        aria-label="Status"
        value={search['status'] ?? ''}
        onChange={(event) => patch({ status: event.target.value }, 'replace')}
      >
        <option value="">Any status</option>
        {sloStatuses.map((status) => (
          <option key={status} value={status}>
            {statusWords[status]}
          </option>
        ))}
      </select>
      <select
        aria-label="Order"
        value={search['sort'] ?? ''}
        onChange={(event) => patch({ sort: event.target.value }, 'replace')}
      >
        <option value="">By name</option>
        <option value="left">Least budget first</option>
        <option value="burn">Fastest burn first</option>
      </select>
      {props.shown.length < props.slos.length && (
        <span className="small soft">
          {formatCount(props.shown.length)} of {counted(props.slos.length, 'SLO')}
        </span>
      )}
      <SaveTable name="SLOs" rows={props.shown} />
    </div>
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
