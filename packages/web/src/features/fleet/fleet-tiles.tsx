import { useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { type FleetAgent, healthWords } from '../../model/fleet.ts';
import { formatCount, formatDurationMs, formatShare } from '@sightline/base';
import { costNote, costWords } from '../../model/usage-words.ts';
import { ClipMiddle } from '../../widgets/clip-middle.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { PageLink } from '../../widgets/page-link.tsx';
import { PinThis } from '../../widgets/pin-this.tsx';
import type { UrlSearch } from '../../widgets/url-state.ts';
import { FleetSpark } from './fleet-spark.tsx';

/** Agents as tiles, of which one is reached by Tab and the others by arrows from there. */
export function FleetTiles(props: {
  readonly agents: readonly FleetAgent[];
  readonly isSmall: boolean;
  readonly carried: UrlSearch;
}): ReactElement {
  const { agents, isSmall, carried } = props;
  const list = useRef<HTMLUListElement>(null);
  const [current, setCurrent] = useState<string | undefined>(undefined);
  const place = Math.max(
    0,
    agents.findIndex(({ name }) => name === current),
  );
  const tiles = (): HTMLElement[] => [
    ...(list.current?.querySelectorAll<HTMLElement>('.fleet-tile > a.fleet-name') ?? []),
  ];
  const focusAt = (index: number): void => tiles()[Math.min(agents.length - 1, Math.max(0, index))]?.focus();
  const move = (by: number): void => {
    const isInside = list.current?.contains(document.activeElement) === true;
    focusAt(isInside ? place + by : place);
  };
  useKeys('Fleet', [
    { keys: 'j', label: 'Next agent', run: () => move(1) },
    { keys: 'k', label: 'Previous agent', run: () => move(-1) },
  ]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = target(event.key, place, columnsOf(tiles()), agents.length);
    if (to === undefined) return;
    event.preventDefault();
    focusAt(to);
  };
  return (
    <ul
      ref={list}
      className={isSmall ? 'fleet-tiles is-small' : 'fleet-tiles'}
      aria-label="Agents"
      onKeyDown={onKeyDown}
    >
      {agents.map((agent, index) => (
        <FleetTile
          key={agent.name}
          agent={agent}
          isSmall={isSmall}
          carried={carried}
          tabIndex={index === place ? 0 : -1}
          onFocus={() => setCurrent(agent.name)}
        />
      ))}
    </ul>
  );
}

function target(key: string, place: number, columns: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return place + 1;
    case 'ArrowLeft':
      return place - 1;
    case 'ArrowDown':
      return place + columns;
    case 'ArrowUp':
      return place - columns;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}

/** Tiles that stand in the first row. */
function columnsOf(tiles: readonly HTMLElement[]): number {
  const top = tiles[0]?.getBoundingClientRect().top;
  const inRow = tiles.findIndex((tile) => tile.getBoundingClientRect().top !== top);
  return inRow === -1 ? tiles.length : inRow;
}

function FleetTile(props: {
  readonly agent: FleetAgent;
  readonly isSmall: boolean;
  readonly carried: UrlSearch;
  readonly tabIndex: number;
  readonly onFocus: () => void;
}): ReactElement {
  const { agent, isSmall, carried, tabIndex } = props;
  const { name, health, facts, steps, changed } = agent;
  const [reason] = agent.reasons;
  const ofAgent = { ...carried, agent: name };
  const failed = facts.failedRuns ?? 0;
  const runs = facts.runs === null ? '–' : formatCount(facts.runs);
  return (
    <li
      className={`fleet-tile is-${health}`}
      title={isSmall ? tileWords(agent) : name}
      onFocus={props.onFocus}
    >
      <PageLink
        to="/agents/one"
        search={ofAgent}
        className="fleet-name"
        tabIndex={tabIndex}
        aria-label={tileWords(agent)}
      >
        {health !== 'well' && <Icon name={health === 'critical' ? 'error' : 'warning'} size={14} />}
        <ClipMiddle text={name} />
      </PageLink>
      {isSmall ? (
        <p className="fleet-line small">
          <span className={reason === undefined ? 'faint' : 'fleet-reason'}>
            {reason ?? `${runs} runs${failed === 0 ? '' : `, ${formatCount(failed)} failed`}`}
          </span>
        </p>
      ) : (
        <>
          <p className="fleet-line small">
            <span className={reason === undefined ? 'faint clip' : 'fleet-reason clip'}>
              {agent.reasons.length === 0 ? healthWords.well : agent.reasons.join(', ')}
            </span>
            <span className="faint nowrap">{changed}</span>
          </p>
          <dl className="fleet-facts">
            <Fact label="Runs">{runs}</Fact>
            <Fact label="Failed">
              {failed === 0 ? (
                <span className="faint">–</span>
              ) : (
                <PageLink
                  to="/runs"
                  search={{ ...ofAgent, status: 'error' }}
                  className="fleet-failed"
                  tabIndex={tabIndex}
                  aria-label={`${formatCount(failed)} failed runs of ${name}`}
                >
                  {formatCount(failed)}
                </PageLink>
              )}
            </Fact>
            <Fact label="p95" title="Of the runs that the agent took part in">
              {facts.p95Ms === null ? '–' : formatDurationMs(facts.p95Ms)}
            </Fact>
            <Fact label="Cost" title={costNote(facts)}>
              {costWords(facts)}
            </Fact>
          </dl>
        </>
      )}
      {!isSmall && (
        <span className="fleet-pin">
          <PinThis
            name={`runs of ${name}`}
            tabIndex={tabIndex}
            pin={async () => (await import('../../model/pinned-chart.ts')).pinOfAgent(name)}
          />
        </span>
      )}
      <FleetSpark steps={steps} />
    </li>
  );
}

function Fact(props: {
  readonly label: string;
  readonly title?: string;
  readonly children: ReactElement | string;
}): ReactElement {
  return (
    <div {...(props.title ? { title: props.title } : {})}>
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function tileWords({ name, health, reasons, facts, changed }: FleetAgent): string {
  const parts = [
    `${name}: ${reasons.length === 0 ? healthWords[health] : `${healthWords[health]}, ${reasons.join(', ')}`}`,
    `${formatCount(facts.runs ?? 0)} runs`,
    facts.errorRate === null || facts.errorRate === 0
      ? 'none failed'
      : `${formatShare(facts.errorRate)} failed`,
    facts.p95Ms === null ? '' : `p95 ${formatDurationMs(facts.p95Ms)}`,
    facts.costUsd === null ? '' : costWords(facts),
    changed,
  ];
  return parts.filter((part) => part !== '').join(', ');
}
