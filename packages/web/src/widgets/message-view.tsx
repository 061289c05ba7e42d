import { formatDurationMs, ownValue } from '@sightline/base';
import type { ConversationMessage, ConversationTurn } from '@sightline/schema/api';
import { useState, type ReactElement } from 'react';
import { shownParts } from '../model/conversation-rows.ts';
import { previewValue } from '../model/value-preview.ts';
import { FeedbackButtons } from './feedback.tsx';
import { Icon } from './icon.tsx';
import { MessagePartView, ToolCallLine } from './message-parts.tsx';

/** A span of a turn was chosen: its own, or that of a tool it called. */
export type SelectSpan = (turn: ConversationTurn, spanId: string) => void;

const roleLabels: Readonly<Record<string, string>> = {
  system: 'System',
  developer: 'Developer',
  user: 'User',
  assistant: 'Assistant',
  tool: 'Tool',
};

interface MessageViewProps {
  readonly message: ConversationMessage;
  readonly turn: ConversationTurn;
  readonly isAnswer: boolean;
  readonly selectedSpan: string | undefined;
  readonly onSelectSpan: SelectSpan | undefined;
}

/** One message: who said it, then its parts; instructions are folded, as they are long and always the same. */
export function MessageView(props: MessageViewProps): ReactElement {
  const { message, turn, isAnswer, selectedSpan, onSelectSpan } = props;
  const isInstruction = message.role === 'system' || message.role === 'developer';
  const [isOpen, setOpen] = useState(!isInstruction);
  const parts = shownParts(message);
  const label = ownValue(roleLabels, message.role) ?? message.role;
  return (
    <article
      className={`message role-${roleClass(message.role)}${isAnswer ? ' is-answer' : ''}`}
      aria-label={label}
    >
      <p className="message-role">
        {isInstruction ? (
          <button type="button" className="fold-line" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            <Icon name={isOpen ? 'chevronDown' : 'chevronRight'} size={12} />
            <span>{label}</span>
            {!isOpen && <span className="message-preview clip">{previewValue(firstText(message), 160)}</span>}
          </button>
        ) : (
          <>
            {label}
            {message.name !== undefined && <span className="faint"> {message.name}</span>}
          </>
        )}
        {message.finishReason !== undefined &&
          message.finishReason !== 'stop' &&
          message.finishReason !== 'tool_call' && (
            <span className="warn-text small">ended by {message.finishReason}</span>
          )}
        {message.isCut === true && (
          <span className="warn-text small">cut: of a value 1 MiB is kept, what came behind is lost</span>
        )}
      </p>
      {isAnswer && turn.spanId !== null && turn.operation === 'llm' && (
        <div className="message-feedback">
          <FeedbackButtons traceId={turn.traceId} spanId={turn.spanId} of="answer" />
        </div>
      )}
      {isOpen && (
        <div className="message-parts">
          {parts.map((part) =>
            part.type === 'tool_call' ? (
              <ToolCallLine
                key={part.partId}
                name={part.name}
                arguments={part.arguments}
                result={part.outcome?.result}
                hasResult={part.outcome?.result !== undefined}
                isError={part.outcome?.isError === true}
                note={toolNote(part.outcome)}
                isSelected={selectedSpan !== undefined && part.outcome?.spanId === selectedSpan}
                onOpen={toolAction(onSelectSpan, turn, part.outcome?.spanId)}
              />
            ) : (
              <MessagePartView key={part.partId} part={part} place={turn} />
            ),
          )}
        </div>
      )}
    </article>
  );
}

function toolNote(outcome: { durationMs: number | null; isError: boolean } | undefined): string | undefined {
  if (outcome === undefined || outcome.durationMs === null) return undefined;
  return `${outcome.isError ? 'failed after ' : ''}${formatDurationMs(outcome.durationMs)}`;
}

function toolAction(
  onSelectSpan: SelectSpan | undefined,
  turn: ConversationTurn,
  spanId: string | null | undefined,
): (() => void) | undefined {
  if (onSelectSpan === undefined || spanId === null || spanId === undefined) return undefined;
  return () => onSelectSpan(turn, spanId);
}

function firstText(message: ConversationMessage): string {
  const part = message.parts.find((one) => one.type === 'text');
  return part?.type === 'text' ? part.text : '';
}

function roleClass(role: string): string {
  return role in roleLabels ? role : 'other';
}
