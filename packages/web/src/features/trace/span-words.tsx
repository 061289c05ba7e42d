/** What a span said or was given, as people read it: messages of a model, a tool with its result, documents of a retrieval. */
import type { ConversationMessage, ConversationTurn, Span } from '@sightline/schema/api';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { conversationQuery, pipelineQuery, turnQuery } from '../../api/agent-queries.ts';
import { ApiError } from '../../api/client.ts';
import { counted } from '@sightline/base';
import { drawnMeasure, hasStores, withTexts } from '../../model/pipeline-documents.ts';
import { exchangeBelow, wordsKind } from '../../model/span-words.ts';
import { Icon } from '../../widgets/icon.tsx';
import { MessageView } from '../../widgets/message-view.tsx';
import { ValueBlock } from '../../widgets/message-parts.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';
import { usePathname, useUrlState } from '../../widgets/url-state.ts';
import { DocumentCard } from './document-card.tsx';
import { SpanFacts } from './span-facts.tsx';
import type { TraceView } from './use-trace-view.ts';
import '../../widgets/conversation.css';
import './pipeline-tab.css';
import './span-words.css';

interface SpanWordsProps {
  readonly trace: TraceView;
  readonly span: Span;
}

export function SpanWords({ trace, span }: SpanWordsProps): ReactElement {
  const kind = wordsKind(span);
  if (kind === 'documents') return <RetrievedDocuments span={span} />;
  if (kind === 'exchange') return <AgentExchange trace={trace} span={span} />;
  return <TurnWords trace={trace} span={span} />;
}

/** A call of a model with its whole prompt, or a call of a tool with what came back. */
function TurnWords({ trace, span }: SpanWordsProps): ReactElement {
  const query = useQuery(turnQuery(span.traceId, span.spanId));
  if (query.error instanceof ApiError && query.error.status === 404) return <Unrecorded span={span} />;
  if (query.error !== null) return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows count={8} />;
  const { turn } = query.data;
  const [first] = turn.output[0]?.parts ?? [];
  return (
    <>
      {turn.operation !== 'llm' && first?.type === 'tool_call' ? (
        <div className="span-call">
          <ValueBlock label="Arguments" value={first.arguments} />
          {first.outcome?.result === undefined ? (
            <p className="warn-text small">No result of this call was recorded.</p>
          ) : (
            <ValueBlock
              label={first.outcome.isError ? 'Failed with' : 'Result'}
              value={first.outcome.result}
            />
          )}
        </div>
      ) : (
        <TurnMessages trace={trace} turn={turn} />
      )}
      <ToView span={span.spanId} view="conversation" label="In the conversation" />
    </>
  );
}

/** What is new in the prompt and the answer; what earlier calls said already is folded. */
function TurnMessages({
  trace,
  turn,
}: {
  readonly trace: TraceView;
  readonly turn: ConversationTurn;
}): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const earlier = turn.input.filter(({ isRepeated }) => isRepeated);
  const fresh = turn.input.filter(({ isRepeated }) => !isRepeated);
  return (
    <div className="span-messages">
      {earlier.length > 0 && (
        <button type="button" className="fold-line" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name={isOpen ? 'chevronDown' : 'chevronRight'} size={12} />
          <span className="soft">{counted(earlier.length, 'earlier message')} of the prompt</span>
        </button>
      )}
      {isOpen && <Messages trace={trace} turn={turn} messages={earlier} />}
      <Messages trace={trace} turn={turn} messages={fresh} />
      <Messages trace={trace} turn={turn} messages={turn.output} isAnswer />
      {turn.output.length === 0 && turn.status.code !== 'error' && (
        <p className="faint">No answer was recorded.</p>
      )}
    </div>
  );
}

function Messages(props: {
  readonly trace: TraceView;
  readonly turn: ConversationTurn;
  readonly messages: readonly ConversationMessage[];
  readonly isAnswer?: boolean;
}): ReactElement {
  const { trace, turn, messages, isAnswer = false } = props;
  return (
    <>
      {messages.map((message, index) => (
        <MessageView
          // Messages have no identity but their place.
          // oxlint-disable-next-line react/no-array-index-key
          key={index}
          message={message}
          turn={turn}
          isAnswer={isAnswer}
          selectedSpan={undefined}
          onSelectSpan={(_turn, chosen) => selectSpan(trace, chosen)}
        />
      ))}
    </>
  );
}

/** An agent is what it was asked first and what it said last. */
function AgentExchange({ trace, span }: SpanWordsProps): ReactElement {
  const { model, selected } = trace;
  const query = useInfiniteQuery(conversationQuery({ traceId: span.traceId }));
  if (query.error !== null) return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows count={8} />;
  const { first, last, calls } = exchangeBelow(
    query.data.pages.flatMap(({ turns }) => turns),
    { model, span: selected },
  );
  if (first === undefined || last === undefined) return <Unrecorded span={span} />;
  return (
    <div className="span-messages">
      <Messages trace={trace} turn={first} messages={first.input.filter(isAsked)} />
      <p className="faint small span-between">
        {counted(calls, 'call')} of {calls === 1 ? 'a model' : 'models'}
        {query.hasNextPage && ', of those read so far'}
      </p>
      <Messages trace={trace} turn={last} messages={last.output} isAnswer />
      <ToView span={first.spanId ?? span.spanId} view="conversation" label="In the conversation" />
    </div>
  );
}

function isAsked({ role }: ConversationMessage): boolean {
  return role !== 'system' && role !== 'developer';
}

/** What was searched for, and what was found. */
function RetrievedDocuments({ span }: { readonly span: Span }): ReactElement {
  const query = useQuery(pipelineQuery(span.traceId));
  if (query.error instanceof ApiError && query.error.status === 404) return <Unrecorded span={span} />;
  if (query.error !== null) return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <SkeletonRows count={8} />;
  const stage = query.data.stages.find(({ spanId }) => spanId === span.spanId);
  const documents = withTexts(query.data.documents).filter(({ spanId }) => spanId === span.spanId);
  return (
    <div className="span-documents">
      {typeof stage?.query === 'string' && <ValueBlock label="Searched for" value={stage.query} />}
      {documents.length === 0 ? (
        <p className="faint">No documents were recorded at this step.</p>
      ) : (
        <>
          <p className="faint small">{counted(documents.length, 'document')}</p>
          <ol className="pipeline-documents">
            {documents.map((document) => (
              <DocumentCard
                key={document.rank}
                document={document}
                measure={drawnMeasure(document, documents)}
                showsStore={hasStores(documents)}
              />
            ))}
          </ol>
        </>
      )}
      <ToView span={span.spanId} view="pipeline" label="In the pipeline" />
    </div>
  );
}

/** The same step where the whole run is told. */
function ToView(props: {
  readonly span: string;
  readonly view: 'conversation' | 'pipeline';
  readonly label: string;
}): ReactElement {
  const { search } = useUrlState();
  const path = usePathname();
  return (
    <p className="span-to-view">
      <PageLink to={path} search={{ ...search, view: props.view, span: props.span }}>
        {props.label}
      </PageLink>
    </p>
  );
}

function Unrecorded({ span }: { readonly span: Span }): ReactElement {
  return (
    <>
      <p className="span-unrecorded soft">
        {span.operation === 'llm'
          ? 'The messages of this call were not captured. Most SDKs leave them out until told: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true for OpenTelemetry, captureContent for Sightline’s own.'
          : 'Neither arguments nor a result were captured with this step.'}
      </p>
      <SpanFacts span={span} />
    </>
  );
}

function selectSpan(trace: TraceView, spanId: string): void {
  const span = trace.model.indexOf.get(spanId);
  if (span !== undefined) trace.select(span);
}
