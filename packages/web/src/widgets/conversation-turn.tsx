import type { ConversationTurn } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import type { TurnExtra } from '../model/conversation-rows.ts';
import { counted, formatCount, formatDurationMs } from '@sightline/base';
import { operationFamily } from '../model/operation.ts';
import { formatClock, msFromTimestamp } from '../model/timestamp.ts';
import { costNote, costWords, tokenWords, totalTokens } from '../model/usage-words.ts';
import { FamilyIcon } from './icon.tsx';

interface TurnHeadProps {
  readonly turn: ConversationTurn;
  readonly startMs: number;
  readonly extra: TurnExtra | undefined;
  readonly isSelected: boolean;
  readonly onSelect: (() => void) | undefined;
  readonly onExtra: (extra: TurnExtra | undefined) => void;
}

/** Who, when, how long, how many tokens and at what cost; and the prompt as a whole, as a difference, as JSON. */
export function ConversationTurnHead(props: TurnHeadProps): ReactElement {
  const { turn, startMs, extra, isSelected, onSelect, onExtra } = props;
  const beganMs = msFromTimestamp(turn.startTime);
  const tokens = totalTokens(turn);
  const name = turn.agent ?? turn.name;
  const toggle = (wanted: TurnExtra): void => onExtra(extra === wanted ? undefined : wanted);
  return (
    <header
      className={`turn-head${isSelected ? ' is-selected' : ''}${turn.status.code === 'error' ? ' is-error' : ''}`}
    >
      <FamilyIcon family={operationFamily(turn.operation)} />
      {onSelect === undefined ? (
        <span className="turn-name clip">{name}</span>
      ) : (
        <button type="button" className="turn-name clip" title={`Select ${turn.name}`} onClick={onSelect}>
          {name}
        </button>
      )}
      <span className="soft clip">{turn.model ?? (turn.agent === null ? '' : turn.name)}</span>
      <span className="turn-facts mono faint">
        <time dateTime={turn.startTime} title={formatClock(beganMs)}>
          +{formatDurationMs(Math.max(0, beganMs - startMs))}
        </time>
        <span>{formatDurationMs(turn.durationMs)}</span>
        {tokens !== null && <span title={tokenWords(turn)}>{formatCount(tokens)} tok</span>}
        {costWords(turn) !== '–' && (
          <span title={turn.isCounted ? costNote(turn) : 'Counted at another span, not again in the total'}>
            {costWords(turn)}
            {!turn.isCounted && ' (counted elsewhere)'}
          </span>
        )}
      </span>
      {turn.spanId !== null && turn.operation === 'llm' && (
        <span className="turn-extras" role="group" aria-label="The prompt of this call">
          {turn.foldedMessages > 0 && (
            <button
              type="button"
              className="text-button small"
              aria-pressed={extra === 'prompt'}
              onClick={() => toggle('prompt')}
            >
              {extra === 'prompt'
                ? 'Only what is new'
                : `Whole prompt (${counted(turn.promptMessages, 'message')})`}
            </button>
          )}
          {turn.follows !== null && (
            <button
              type="button"
              className="text-button small"
              aria-pressed={extra === 'diff'}
              onClick={() => toggle('diff')}
            >
              Diff
            </button>
          )}
          <button
            type="button"
            className="text-button small"
            aria-pressed={extra === 'json'}
            onClick={() => toggle('json')}
          >
            JSON
          </button>
        </span>
      )}
    </header>
  );
}
