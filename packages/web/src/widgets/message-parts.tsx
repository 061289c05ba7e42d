import type { ConversationPart } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { partQuery } from '../api/agent-queries.ts';
import { formatBytes, formatCount } from '@sightline/base';
import { type MediaPart, mediaBytes, mediaName, mediaShape } from '../model/media-source.ts';
import { openedValue, previewValue } from '../model/value-preview.ts';
import { Icon } from './icon.tsx';
import { JsonView } from './json-view.tsx';
import { Markdown } from './markdown.tsx';
import { ShowAllButton } from './show-all-button.tsx';
import './message-parts.css';

/** Where the rest of a part that was cut is asked for. */
export interface PartPlace {
  readonly traceId: string;
  readonly spanId: string | null;
}

interface PartProps {
  readonly part: ConversationPart;
  readonly place: PartPlace;
}

/** One part of a message that stands by itself; tool calls with their results are `ToolCallLine`. */
export function MessagePartView({ part, place }: PartProps): ReactElement {
  if (part.cutAt !== undefined) return <CutPart part={part} place={place} />;
  return <WholePart part={part} />;
}

/** The beginning, and the whole for the asking. */
function CutPart({ part, place }: PartProps): ReactElement {
  const [isAsked, setAsked] = useState(false);
  const whole = useQuery({
    ...partQuery(place.traceId, place.spanId ?? '', part.partId),
    enabled: isAsked && place.spanId !== null,
  });
  if (whole.data !== undefined) return <LongText text={whole.data} isWhole />;
  return (
    <>
      <WholePart part={part} />
      <p className="part-cut small warn-text">
        The first {formatCount(part.cutAt?.shown ?? 0)} of {formatCount(part.cutAt?.characters ?? 0)}{' '}
        characters.{' '}
        {place.spanId !== null && (
          <button
            type="button"
            className="text-button"
            disabled={whole.isFetching}
            onClick={() => setAsked(true)}
          >
            {whole.isFetching ? 'Loading…' : 'Load all of it'}
          </button>
        )}
        {whole.error !== null && <span className="error-text"> {whole.error.message}</span>}
      </p>
    </>
  );
}

function WholePart({ part }: { readonly part: ConversationPart }): ReactElement {
  switch (part.type) {
    case 'text':
      return <LongText text={part.text} />;
    case 'reasoning':
      return <Reasoning text={part.text} />;
    case 'tool_call':
      return <ValueBlock label={`Call of ${part.name}`} value={part.arguments} />;
    case 'tool_result':
      return (
        <ValueBlock
          label={part.name === undefined ? 'Result' : `Result of ${part.name}`}
          value={part.result}
        />
      );
    case 'raw':
      return <ValueBlock label="As it came: no rule reads this" value={part.value} />;
    default:
      return <Media part={part} />;
  }
}

const shownChars = 6000;

/** A megabyte of prompt opens with its first page; the rest is one click away. JSON is shown as JSON. */
function LongText({
  text,
  isWhole: isWholeAtFirst = false,
}: {
  readonly text: string;
  readonly isWhole?: boolean;
}): ReactElement {
  const [isWhole, setWhole] = useState(isWholeAtFirst);
  const opened = text.length > 2 ? openedValue(text) : text;
  if (typeof opened === 'object' && opened !== null)
    return <SmallJson value={opened} label="the message as JSON" />;
  if (isWhole && text.length > 200_000)
    return (
      <pre dir="auto" className="message-plain">
        {text}
      </pre>
    );
  return (
    <>
      <Markdown text={isWhole || text.length <= shownChars ? text : text.slice(0, shownChars)} />
      {text.length > shownChars && (
        <ShowAllButton characters={text.length} isWhole={isWhole} onChange={setWhole} />
      )}
    </>
  );
}

function Reasoning({ text }: { readonly text: string }): ReactElement {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="reasoning">
      <button type="button" className="fold-line" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name={isOpen ? 'chevronDown' : 'chevronRight'} size={12} />
        <span className="soft">Reasoning</span>
        {!isOpen && <span className="faint clip">{previewValue(text)}</span>}
      </button>
      {isOpen && (
        <div className="reasoning-text">
          <LongText text={text} />
        </div>
      )}
    </div>
  );
}

/** Any value with its name: short ones in place, long ones to be searched and folded. */
export function ValueBlock({
  label,
  value,
}: {
  readonly label: string;
  readonly value: unknown;
}): ReactElement {
  const opened = openedValue(value);
  return (
    <div className="value-block">
      <p className="faint small">{label}</p>
      {typeof opened === 'string' ? (
        opened === '' ? (
          <p className="faint">(empty)</p>
        ) : (
          <LongText text={opened} />
        )
      ) : opened === undefined ? (
        <p className="faint">Not recorded.</p>
      ) : (
        <SmallJson value={opened} label={label} />
      )}
    </div>
  );
}

function SmallJson({ value, label }: { readonly value: unknown; readonly label: string }): ReactElement {
  const text = JSON.stringify(value, undefined, 2) ?? '';
  if (text.length > 1200) return <JsonView value={value} label={label} rowsMax={16} />;
  return <pre className="message-json">{text}</pre>;
}

function Media({ part }: { readonly part: MediaPart }): ReactElement {
  const media = mediaShape(part);
  const bytes = mediaBytes(part);
  const name = mediaName(part);
  if (media.shape === 'image')
    return <img className="message-image" src={media.src} alt={name} title={name} />;
  if (media.shape === 'audio')
    return <audio className="message-audio" controls src={media.src} aria-label={name} />;
  return (
    <p className="message-file">
      <Icon name={part.type === 'image' ? 'image' : 'file'} />
      {media.href === undefined ? (
        <span className="mono">{part.uri ?? name}</span>
      ) : media.href.startsWith('data:') ? (
        <a href={media.href} download={part.name ?? 'file'}>
          {name}
        </a>
      ) : (
        <a href={media.href} target="_blank" rel="noreferrer noopener">
          {part.name ?? media.href}
        </a>
      )}
      <span className="faint small">
        {[part.name === undefined ? '' : (part.mimeType ?? ''), bytes === undefined ? '' : formatBytes(bytes)]
          .filter((word) => word !== '')
          .join(', ')}
      </span>
    </p>
  );
}

interface ToolCallLineProps {
  readonly name: string;
  readonly arguments: unknown;
  /** `undefined` where nothing came back or nothing was recorded. */
  readonly result: unknown;
  readonly hasResult: boolean;
  readonly isError: boolean;
  readonly note?: string | undefined;
  readonly isSelected?: boolean;
  readonly onOpen?: (() => void) | undefined;
}

/** A call of a tool with what came back, folded into one line. */
export function ToolCallLine(props: ToolCallLineProps): ReactElement {
  const { name, result, hasResult, isError, note, isSelected = false, onOpen } = props;
  const [isOpen, setOpen] = useState(false);
  return (
    <div className={`tool-call${isError ? ' is-error' : ''}${isSelected ? ' is-selected' : ''}`}>
      <div className="tool-call-head">
        <button type="button" className="fold-line" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name={isOpen ? 'chevronDown' : 'chevronRight'} size={12} />
          <span className="family family-tool">
            <Icon name="tool" size={14} />
          </span>
          <span className="mono tool-call-name">{name}</span>
          {!isOpen && (
            <span className="tool-call-words clip">
              <span className="soft">{previewValue(props.arguments)}</span>
              {hasResult && (
                <span className={isError ? 'error-text' : 'faint'}> → {previewValue(result)}</span>
              )}
              {!hasResult && <span className="warn-text"> → no result recorded</span>}
            </span>
          )}
        </button>
        {note !== undefined && <span className="faint small nowrap mono">{note}</span>}
        {onOpen !== undefined && (
          <button type="button" className="text-button small" onClick={onOpen}>
            span
          </button>
        )}
      </div>
      {isOpen && (
        <div className="tool-call-body">
          <ValueBlock label="Arguments" value={props.arguments} />
          {hasResult ? (
            <ValueBlock label={isError ? 'Failed with' : 'Result'} value={result} />
          ) : (
            <p className="warn-text small">No result of this call was recorded.</p>
          )}
        </div>
      )}
    </div>
  );
}
