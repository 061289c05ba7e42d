import type { ConversationTurn } from '@sightline/schema/api';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, type ReactElement, type ReactNode } from 'react';
import {
  conversationRows,
  type ConversationRow,
  estimateHeight,
  rowOfSpan,
  turnKey,
  type TurnExtra,
} from '../model/conversation-rows.ts';
import { ConversationTurnHead } from './conversation-turn.tsx';
import { MessageView, type SelectSpan } from './message-view.tsx';
import { PageLink } from './page-link.tsx';
import { PromptExtra } from './prompt-extra.tsx';
import './conversation.css';

interface ConversationProps {
  readonly turns: readonly ConversationTurn[];
  /** Where the times of the turns count from. */
  readonly startMs: number;
  readonly selectedSpan: string | undefined;
  readonly onSelectSpan: SelectSpan | undefined;
  /** A line before the first turn of each run. */
  readonly showsRuns?: boolean;
  readonly onReachEnd?: () => void;
  readonly footer?: ReactNode;
}

/** What was said, in order: only what is on the screen exists, so that thousands of messages open at once. */
export function Conversation(props: ConversationProps): ReactElement {
  const { turns, selectedSpan, showsRuns = false, onReachEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [extras, setExtras] = useState<ReadonlyMap<string, TurnExtra>>(new Map());
  const rows = useMemo(() => conversationRows(turns, { extras, showsRuns }), [turns, extras, showsRuns]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => {
      const row = rows[index];
      return row === undefined ? 40 : estimateHeight(row);
    },
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 6,
  });
  const runOfSpan = useMemo(() => new Map(turns.map((turn) => [turn.spanId, turn.traceId])), [turns]);
  const setExtra = (turn: ConversationTurn, extra: TurnExtra | undefined): void =>
    setExtras((before) => {
      const next = new Map(before);
      if (extra === undefined) next.delete(turnKey(turn));
      else next.set(turnKey(turn), extra);
      return next;
    });
  const broughtTo = useRef<string>(undefined);
  useEffect(() => {
    if (broughtTo.current === selectedSpan) return;
    const row = selectedSpan === undefined ? -1 : rowOfSpan(rows, selectedSpan);
    // It may come with the next page.
    if (row === -1) return;
    broughtTo.current = selectedSpan;
    const shown = virtual.getVirtualItems();
    const isSeen = shown.some(
      (item) =>
        item.index === row &&
        item.start >= (virtual.scrollOffset ?? 0) &&
        item.end <= (virtual.scrollOffset ?? 0) + (scroller.current?.clientHeight ?? 0),
    );
    if (!isSeen) virtual.scrollToIndex(row, { align: 'start' });
    // Follows the selection only; what is opened or loaded must not move the page.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [selectedSpan, turns]);
  const items = virtual.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (lastIndex >= rows.length - 10) onReachEnd?.();
  }, [lastIndex, rows.length, onReachEnd]);

  return (
    <div
      ref={scroller}
      className="conversation"
      role="region"
      aria-label="Conversation"
      tabIndex={0}
      data-testid="conversation"
      data-rows={rows.length}
    >
      <div className="conversation-rows" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <div
              key={row.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className="conversation-row"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <Row
                row={row}
                startMs={props.startMs}
                selectedSpan={selectedSpan}
                onSelectSpan={props.onSelectSpan}
                onExtra={setExtra}
                runOfSpan={runOfSpan}
              />
            </div>
          );
        })}
      </div>
      {props.footer}
    </div>
  );
}

interface RowProps {
  readonly row: ConversationRow;
  readonly startMs: number;
  readonly selectedSpan: string | undefined;
  readonly onSelectSpan: SelectSpan | undefined;
  readonly onExtra: (turn: ConversationTurn, extra: TurnExtra | undefined) => void;
  /** In a session, the call before may stand in another run. */
  readonly runOfSpan: ReadonlyMap<string | null, string>;
}

function Row({ row, startMs, selectedSpan, onSelectSpan, onExtra, runOfSpan }: RowProps): ReactElement {
  switch (row.kind) {
    case 'run':
      return (
        <p className="conversation-run">
          <PageLink to={`/runs/${row.turn.traceId}`} search={{ view: 'conversation' }}>
            Run {row.number}
          </PageLink>
          <span className="mono faint small">{row.turn.traceId}</span>
        </p>
      );
    case 'turn':
      return (
        <ConversationTurnHead
          turn={row.turn}
          startMs={startMs}
          extra={row.extra}
          isSelected={selectedSpan !== undefined && row.turn.spanId === selectedSpan}
          onSelect={selectAction(onSelectSpan, row.turn)}
          onExtra={(extra) => onExtra(row.turn, extra)}
        />
      );
    case 'extra':
      return (
        <PromptExtra
          turn={row.turn}
          extra={row.extra}
          followsRun={runOfSpan.get(row.turn.follows) ?? row.turn.traceId}
        />
      );
    case 'silent':
      return <p className="conversation-silent faint">{silentWords(row.turn)}</p>;
    case 'message':
      return (
        <MessageView
          message={row.message}
          turn={row.turn}
          isAnswer={row.isAnswer}
          selectedSpan={selectedSpan}
          onSelectSpan={onSelectSpan}
        />
      );
  }
}

function selectAction(
  onSelectSpan: SelectSpan | undefined,
  turn: ConversationTurn,
): (() => void) | undefined {
  const { spanId } = turn;
  return onSelectSpan === undefined || spanId === null ? undefined : () => onSelectSpan(turn, spanId);
}

function silentWords(turn: ConversationTurn): string {
  if (turn.status.code === 'error')
    return turn.status.message === ''
      ? 'It failed before an answer came.'
      : `No answer: ${turn.status.message}`;
  return turn.operation === 'embedding' ? 'Embeddings hold no words to show.' : 'No answer was recorded.';
}
