import type { PlaygroundEvent, PromptMessage } from '@sightline/schema/api';
import { renderMessages } from '@sightline/schema/prompts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactElement } from 'react';
import { askModel, connectionsQuery } from '../../api/quality-queries.ts';
import { formatCostUsd, formatCount, formatDurationMs } from '@sightline/base';
import {
  parameterLabels,
  parameterNames,
  type PlaygroundDraft,
  readDraft,
} from '../../model/playground-draft.ts';
import { Button, IconButton } from '../../widgets/button.tsx';
import { MessageImages, withImages } from './message-images.tsx';
import { SaveVariant } from './save-variant.tsx';

interface VariantProps {
  readonly title: string;
  readonly draft: PlaygroundDraft;
  readonly values: Readonly<Record<string, string>>;
  /** Goes up when all are to be asked. */
  readonly runNr: number;
  readonly source: { readonly traceId: string; readonly spanId: string } | undefined;
  readonly promptName: string;
  readonly recordedAnswer: string | undefined;
  readonly onChange: (changes: Partial<PlaygroundDraft>) => void;
  readonly onRemove: (() => void) | undefined;
}

const roles = ['system', 'user', 'assistant', 'tool'] as const;

/** One prompt with its settings, and what the model answers to it. */
export function Variant(props: VariantProps): ReactElement {
  const { title, draft, values, runNr, onChange, onRemove } = props;
  const connections = useQuery(connectionsQuery).data?.connections ?? [];
  const { events, problem, isAsking, ask, stop } = useAnswer(draft, values);
  const asked = useRef(runNr);
  useEffect(() => {
    if (asked.current !== runNr) ask();
    asked.current = runNr;
  }, [runNr, ask]);
  const setMessage = (at: number, message: PromptMessage | undefined): void =>
    onChange({
      messages: draft.messages.flatMap((each, place) =>
        place !== at ? [each] : message === undefined ? [] : [message],
      ),
    });
  const read = readDraft(draft);
  return (
    <section className="variant" aria-label={title}>
      <div className="row-actions">
        <strong>{title}</strong>
        <select
          aria-label="Models asked at"
          value={draft.connection}
          onChange={(event) => onChange({ connection: event.target.value })}
        >
          {connections.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <input
          className="mono"
          aria-label="Model"
          placeholder="Model"
          value={draft.model}
          onChange={(event) => onChange({ model: event.target.value })}
        />
        {onRemove !== undefined && <IconButton icon="close" label={`Remove ${title}`} onClick={onRemove} />}
      </div>
      {draft.messages.map((message, at) => (
        // Messages have no identity but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={at} className="message-row">
          <select
            aria-label={`Role of message ${at + 1}`}
            value={message.role}
            onChange={(event) =>
              setMessage(at, { ...message, role: event.target.value as PromptMessage['role'] })
            }
          >
            {roles.map((role) => (
              <option key={role}>{role}</option>
            ))}
          </select>
          <div>
            <textarea
              aria-label={`Message ${at + 1}`}
              rows={Math.min(16, Math.max(2, message.content.split('\n').length))}
              value={message.content}
              onChange={(event) => setMessage(at, { ...message, content: event.target.value })}
            />
            <MessageImages
              message={message}
              onChange={(images) => setMessage(at, withImages(message, images))}
            />
            {message.toolCalls?.map((call) => (
              <code key={call.id} className="small soft">
                → {call.name}({JSON.stringify(call.arguments).slice(0, 300)}){' '}
              </code>
            ))}
          </div>
          <IconButton
            icon="minus"
            label={`Remove message ${at + 1}`}
            onClick={() => setMessage(at, undefined)}
          />
        </div>
      ))}
      <div className="row-actions">
        <Button
          look="quiet"
          icon="plus"
          onClick={() => onChange({ messages: [...draft.messages, { role: 'user', content: '' }] })}
        >
          Message
        </Button>
      </div>
      <details>
        <summary>Parameters, tools and the form of the answer</summary>
        <div className="form-fields" style={{ paddingTop: 8 }}>
          <div className="form-row">
            {parameterNames.map((name) => (
              <label key={name} className="field">
                <span>{parameterLabels[name]}</span>
                <input
                  className="mono"
                  value={draft.parameters[name]}
                  onChange={(event) =>
                    onChange({ parameters: { ...draft.parameters, [name]: event.target.value } })
                  }
                />
              </label>
            ))}
          </div>
          <TextField
            label="Tools, a JSON list"
            value={draft.tools}
            placeholder='[{"name": "look_up", "parameters": {}}]'
            onChange={(tools) => onChange({ tools })}
          />
          <TextField
            label="Stubs: what each tool answers"
            value={draft.stubs}
            placeholder='{"look_up": {"state": "sent"}}'
            onChange={(stubs) => onChange({ stubs })}
          />
          <TextField
            label="JSON Schema of the answer"
            value={draft.responseSchema}
            placeholder='{"type": "object", "properties": {}}'
            onChange={(responseSchema) => onChange({ responseSchema })}
          />
        </div>
      </details>
      <div className="row-actions">
        {isAsking ? (
          <Button icon="pause" onClick={stop}>
            Stop
          </Button>
        ) : (
          <Button icon="play" onClick={ask}>
            Ask
          </Button>
        )}
        {'content' in read && (
          <SaveVariant
            content={read.content}
            messages={renderMessages(read.content.messages, values)}
            values={values}
            connection={draft.connection}
            answer={textOf(events)}
            source={props.source}
            promptName={props.promptName}
          />
        )}
      </div>
      {problem !== '' && <p className="form-problem">{problem}</p>}
      <AnswerView events={events} isAsking={isAsking} />
      {props.recordedAnswer !== undefined && props.recordedAnswer !== '' && (
        <details>
          <summary>What was answered then</summary>
          <div className="variant-answer soft">{props.recordedAnswer}</div>
        </details>
      )}
    </section>
  );
}

function TextField(props: {
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly onChange: (value: string) => void;
}): ReactElement {
  return (
    <label className="field">
      <span>{props.label}</span>
      <textarea
        className="mono"
        rows={props.value === '' ? 2 : 8}
        value={props.value}
        placeholder={props.placeholder}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </label>
  );
}

function AnswerView({
  events,
  isAsking,
}: {
  readonly events: readonly PlaygroundEvent[];
  readonly isAsking: boolean;
}): ReactElement | null {
  if (events.length === 0 && !isAsking) return null;
  const last = events.at(-1);
  return (
    <div aria-live="polite" aria-busy={isAsking}>
      <div className="variant-answer" data-testid="answer">
        {mergeTexts(events).map((event, at) => (
          // Events have no identity but their place.
          // oxlint-disable-next-line react/no-array-index-key
          <EventView key={at} event={event} />
        ))}
        {isAsking && <span className="faint">…</span>}
      </div>
      {last?.type === 'end' && (
        <p className="faint small">
          {[
            formatDurationMs(last.durationMs),
            ...(last.firstTokenMs === null ? [] : [`first token ${formatDurationMs(last.firstTokenMs)}`]),
            ...(last.inputTokens === null ? [] : [`${formatCount(last.inputTokens)} tokens in`]),
            ...(last.outputTokens === null ? [] : [`${formatCount(last.outputTokens)} out`]),
            last.costUsd === null ? 'cost unknown' : formatCostUsd(last.costUsd),
            ...(last.finishReason === 'stop' ? [] : [`ended by ${last.finishReason}`]),
            ...last.warnings,
          ].join(' · ')}
        </p>
      )}
    </div>
  );
}

function EventView({ event }: { readonly event: PlaygroundEvent }): ReactElement | null {
  if (event.type === 'text') return <>{event.text}</>;
  if (event.type === 'reasoning') return <span className="faint">{event.text}</span>;
  if (event.type === 'tool-call')
    return (
      <span className="tool-line">
        → {event.name}({JSON.stringify(event.arguments)})
      </span>
    );
  if (event.type === 'tool-result')
    return <span className="tool-line">← {JSON.stringify(event.result)}</span>;
  if (event.type === 'error')
    return (
      <span className="error-text">
        {event.message} {event.hint}
      </span>
    );
  return null;
}

function mergeTexts(events: readonly PlaygroundEvent[]): readonly PlaygroundEvent[] {
  const merged: PlaygroundEvent[] = [];
  for (const event of events) {
    const last = merged.at(-1);
    if (event.type === 'text' && last?.type === 'text')
      merged[merged.length - 1] = { ...last, text: last.text + event.text };
    else merged.push(event);
  }
  return merged;
}

const textOf = (events: readonly PlaygroundEvent[]): string =>
  events.flatMap((event) => (event.type === 'text' ? [event.text] : [])).join('');

interface AnswerState {
  readonly events: readonly PlaygroundEvent[];
  readonly problem: string;
  readonly isAsking: boolean;
  readonly ask: () => void;
  readonly stop: () => void;
}

function useAnswer(draft: PlaygroundDraft, values: Readonly<Record<string, string>>): AnswerState {
  const [events, setEvents] = useState<readonly PlaygroundEvent[]>([]);
  const [problem, setProblem] = useState('');
  const [isAsking, setIsAsking] = useState(false);
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const ask = (): void => {
    const read = readDraft(draft);
    setProblem('problem' in read ? read.problem : '');
    if ('problem' in read) return;
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    setEvents([]);
    setIsAsking(true);
    const collect = async (): Promise<void> => {
      const body = {
        connection: draft.connection,
        content: read.content,
        variables: values,
        stubs: read.stubs,
      };
      for await (const event of askModel(body, control.signal))
        if (!control.signal.aborted) setEvents((before) => [...before, event]);
    };
    void collect()
      .catch((error: unknown) => {
        if (!control.signal.aborted) setProblem(error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        if (running.current === control) setIsAsking(false);
      });
  };
  const stop = (): void => {
    running.current?.abort();
    setIsAsking(false);
  };
  return { events, problem, isAsking, ask, stop };
}
