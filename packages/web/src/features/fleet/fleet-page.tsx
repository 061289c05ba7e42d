import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState, type ReactElement } from 'react';
import { fleetQuery } from '../../api/fleet-queries.ts';
import { filterFleet, fleetOrders, fleetSentence, type HealthFilter, sortFleet } from '../../model/fleet.ts';
import { formatCount, counted } from '@sightline/base';
import { describeRangeInSentence } from '../../model/time-range.ts';
import { Segmented } from '../../widgets/button.tsx';
import { Filler } from '../../widgets/filler.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { carriedSearch } from '../../widgets/url-state.ts';
import { useKept } from '../../widgets/use-kept.ts';
import { useQuestion } from '../../widgets/use-question.ts';
import { FleetTiles } from './fleet-tiles.tsx';
import './fleet-page.css';

/** So many whole tiles are taken in at a glance; more stand small until somebody asks for the whole ones. */
const wholeTilesMax = 60;

const sizes = [
  { value: 'whole', label: 'Whole' },
  { value: 'small', label: 'Small' },
] as const;

/** Every agent as a tile, first who needs a look. */
export function FleetPage(): ReactElement {
  const question = useQuestion();
  const { range, asOf, search, patch } = question;
  const query = useQuery(fleetQuery(range, asOf));
  const fleet = useKept(query.data, query.error);
  const find = useRef<HTMLInputElement>(null);
  useKeys('Fleet', [
    { keys: '/', label: 'Find an agent', run: () => find.current?.focus() },
    { keys: 'r', label: 'Refresh', run: question.refresh },
  ]);
  // Kept here as well: the address follows a moment after a letter.
  const [text, setText] = useState(search['find'] ?? '');
  const setFind = (next: string): void => {
    setText(next);
    patch({ find: next }, 'replace');
  };
  const order = fleetOrders.find(({ value }) => value === search['sort'])?.value ?? 'need';
  const health: HealthFilter =
    search['health'] === 'look' || search['health'] === 'well' ? search['health'] : 'all';
  const agents = useMemo(() => fleet?.agents ?? [], [fleet]);
  const isPart = fleet?.limitsMet !== undefined;
  const shown = useMemo(
    () => sortFleet(filterFleet(agents, { text, health }), order),
    [agents, text, health, order],
  );
  const size = sizes.find(({ value }) => value === search['tiles'])?.value;
  const isSmall = (size ?? (agents.length > wholeTilesMax ? 'small' : 'whole')) === 'small';
  const ill = agents.filter((agent) => agent.health !== 'well').length;
  const carried = carriedSearch(search);
  // Before the first answer nothing was counted.
  const known = (count: number): string => (fleet === undefined ? '' : ` ${formatCount(count)}`);
  return (
    <Page
      title="Fleet"
      answer={
        fleet === undefined ? (
          query.error === null ? (
            <SkeletonText width={420} />
          ) : (
            'Fleet'
          )
        ) : (
          fleetSentence(agents, describeRangeInSentence(range, asOf), { isPart })
        )
      }
      detail={
        fleet === undefined ? undefined : (
          <>
            An agent needs a look beyond the thresholds of{' '}
            <PageLink to="/performance" search={carried}>
              Performance
            </PageLink>
            {fleet.otherGroups > 0 &&
              `; ${counted(fleet.otherGroups, 'agent')} with fewer runs ${fleet.otherGroups === 1 ? 'is' : 'are'} not shown`}
            {fleet.missing !== undefined && <span className="warn-text"> {fleet.missing}</span>}
          </>
        )
      }
      actions={<TimeRangePicker range={range} onChange={question.setRange} onRefresh={question.refresh} />}
    >
      <div className="fleet-bar">
        <input
          ref={find}
          type="search"
          aria-label="Find an agent"
          placeholder="Find an agent"
          value={text}
          onChange={(event) => setFind(event.target.value)}
        />
        <Segmented
          label="Health"
          value={health}
          options={[
            { value: 'all', label: `All${known(agents.length)}` },
            { value: 'look', label: `Need a look${known(ill)}` },
            { value: 'well', label: `Well${known(agents.length - ill)}` },
          ]}
          onChange={(next) => patch({ health: next === 'all' ? undefined : next }, 'replace')}
        />
        <select
          aria-label="Order"
          value={order}
          onChange={(event) =>
            patch({ sort: event.target.value === 'need' ? undefined : event.target.value }, 'replace')
          }
        >
          {fleetOrders.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <Segmented
          label="Tiles"
          value={isSmall ? 'small' : 'whole'}
          options={sizes}
          onChange={(tiles) => patch({ tiles }, 'replace')}
        />
      </div>
      <LimitsNote limits={fleet?.limitsMet} />
      <KeptNote query={query} isShown={fleet !== undefined} onRetry={question.refresh} />
      <div className="page-scroll fleet-body" data-stale={query.isPlaceholderData}>
        {query.error !== null && fleet === undefined && (
          <ErrorNotice error={query.error} onRetry={question.refresh} />
        )}
        {query.isPending && <SkeletonRows count={12} />}
        {fleet !== undefined && agents.length === 0 && !isPart && (
          <Notice icon="agent" title="No agent was at work in this range">
            <p>Agents are spans with gen_ai.agent.name, or what your SDK calls it.</p>
            <Filler page="agents" />
          </Notice>
        )}
        {agents.length > 0 && shown.length === 0 && (
          <Notice icon="filter" title="No agent is left">
            <button
              type="button"
              className="button"
              onClick={() => {
                setText('');
                patch({ find: undefined, health: undefined }, 'replace');
              }}
            >
              Show all {formatCount(agents.length)}
            </button>
          </Notice>
        )}
        <FleetTiles agents={shown} isSmall={isSmall} carried={carried} />
      </div>
    </Page>
  );
}
