import type { PipelineResponse, PipelineStage } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { pipelineQuery } from '../../api/agent-queries.ts';
import { formatDurationMs, counted } from '@sightline/base';
import type { OperationFamily } from '../../model/operation.ts';
import { distinctDocuments, drawnMeasure, hasStores, withTexts } from '../../model/pipeline-documents.ts';
import { FailureNote } from '../../widgets/failure-note.tsx';
import { FamilyIcon } from '../../widgets/icon.tsx';
import { Markdown } from '../../widgets/markdown.tsx';
import { LimitsNote, Notice, SkeletonRows } from '../../widgets/states.tsx';
import { DocumentCard } from './document-card.tsx';
import type { TraceView } from './use-trace-view.ts';
import './pipeline-tab.css';

/** How an answer was found: the stages with their times, what was retrieved, and what of it the answer used. */
export function PipelineTab({ trace }: { readonly trace: TraceView }): ReactElement {
  const query = useQuery(pipelineQuery(trace.model.traceId));
  const failure = (
    <FailureNote query={query} isShown={query.data !== undefined} onRetry={() => void query.refetch()} />
  );
  if (query.data === undefined) return query.error === null ? <SkeletonRows count={12} /> : failure;
  const { stages, documents } = query.data;
  if (stages.length === 0 || (documents.length === 0 && stages.every((stage) => isPlain(stage)))) {
    return (
      <Notice icon="pipeline" title="Nothing was retrieved in this run">
        <p>
          The pipeline is read from spans of retrieval, reranking and embedding, and from spans with a stage
          attribute.
        </p>
      </Notice>
    );
  }
  return (
    <>
      {failure}
      <LoadedPipeline trace={trace} pipeline={query.data} />
    </>
  );
}

function isPlain(stage: PipelineStage): boolean {
  return ['generation', 'verification', 'other'].includes(stage.type);
}

function LoadedPipeline({
  trace,
  pipeline,
}: {
  readonly trace: TraceView;
  readonly pipeline: PipelineResponse;
}): ReactElement {
  const { stages, documents, question, answer } = pipeline;
  const selectedId = trace.model.slim.columns.spanId[trace.selected];
  const select = (spanId: string): void => {
    const span = trace.model.indexOf.get(spanId);
    if (span !== undefined) trace.select(span);
  };
  const bySpan = useMemo(() => Map.groupBy(withTexts(documents), (one) => one.spanId), [documents]);
  const distinct = distinctDocuments(documents);
  const used = distinct.filter((one) => one.isUsed === true).length;
  const isKnown = documents.some((one) => one.isUsed !== null);
  return (
    <div className="run-view-scroll pipeline" tabIndex={0} role="region" aria-label="Pipeline">
      <LimitsNote limits={pipeline.limitsMet} />
      <p className="pipeline-answer">
        {documents.length === 0
          ? `${counted(stages.length, 'stage')}, no documents recorded`
          : !isKnown
            ? `${counted(distinct.length, 'document')} retrieved; whether the answer used them cannot be told without its text`
            : used === 0
              ? `${counted(distinct.length, 'document')} retrieved; the answer shows no words of them`
              : `The answer used ${used} of ${counted(distinct.length, 'document')}`}
      </p>
      {question !== null && (
        <section className="pipeline-words">
          <h2>Question</h2>
          <Markdown text={question} />
        </section>
      )}
      <h2>Stages</h2>
      <ol className="pipeline-stages">
        {stages.map((stage) => (
          <Stage
            key={stage.spanId}
            stage={stage}
            depth={depthOf(stage, stages)}
            totalMs={pipeline.durationMs}
            isSelected={stage.spanId === selectedId}
            onSelect={() => select(stage.spanId)}
          />
        ))}
      </ol>
      {stages
        .filter((stage) => bySpan.has(stage.spanId))
        .map((stage) => (
          <section key={stage.spanId} className="pipeline-documents">
            <h2>
              {stageLabels[stage.type]}: {counted(bySpan.get(stage.spanId)?.length ?? 0, 'document')}
              {stage.source !== null && <span className="faint"> from {stage.source}</span>}
            </h2>
            {stage.query !== null && <p className="soft">for “{stage.query}”</p>}
            <ol>
              {bySpan.get(stage.spanId)?.map((document) => (
                <DocumentCard
                  key={`${document.spanId} ${document.rank}`}
                  document={document}
                  measure={drawnMeasure(document, bySpan.get(stage.spanId) ?? [])}
                  showsStore={hasStores(bySpan.get(stage.spanId) ?? [])}
                />
              ))}
            </ol>
          </section>
        ))}
      {answer !== null && (
        <section className="pipeline-words">
          <h2>
            Answer{' '}
            <button type="button" className="text-button small" onClick={() => select(answer.spanId)}>
              span
            </button>
          </h2>
          <Markdown text={answer.text} />
        </section>
      )}
    </div>
  );
}

const stageLabels: Readonly<Record<PipelineStage['type'], string>> = {
  query_analysis: 'Query analysis',
  routing: 'Routing',
  embedding: 'Embedding',
  retrieval: 'Retrieval',
  reranking: 'Reranking',
  generation: 'Generation',
  verification: 'Verification',
  other: 'Other',
};

const stageFamilies: Readonly<Record<PipelineStage['type'], OperationFamily>> = {
  query_analysis: 'agent',
  routing: 'agent',
  embedding: 'llm',
  retrieval: 'retrieval',
  reranking: 'retrieval',
  generation: 'llm',
  verification: 'tool',
  other: 'other',
};

function depthOf(stage: PipelineStage, stages: readonly PipelineStage[]): number {
  let depth = 0;
  for (let above = stage.parentSpanId; above !== null && depth < 6; depth++) {
    const parent = stages.find((one) => one.spanId === above);
    if (parent === undefined) break;
    above = parent.parentSpanId;
  }
  return depth;
}

interface StageProps {
  readonly stage: PipelineStage;
  readonly depth: number;
  readonly totalMs: number;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

function Stage({ stage, depth, totalMs, isSelected, onSelect }: StageProps): ReactElement {
  const left = clampShare(stage.startOffsetMs / Math.max(totalMs, 1e-6));
  const width = Math.max(0.002, Math.min(1 - left, stage.durationMs / Math.max(totalMs, 1e-6)));
  const family = stageFamilies[stage.type];
  const isFailed = stage.status === 'error';
  const notes = [
    stage.method,
    stage.model,
    stage.documents > 0 ? counted(stage.documents, 'document') : null,
    stage.knownBy === 'name' ? 'told by its name only' : null,
  ].filter((word) => word !== null);
  return (
    <li>
      <button
        type="button"
        className={`pipeline-stage${isSelected ? ' is-selected' : ''}`}
        aria-pressed={isSelected}
        title={isFailed ? stage.statusMessage : stage.name}
        onClick={onSelect}
      >
        <span className="pipeline-stage-name" style={{ paddingLeft: depth * 16 }}>
          <FamilyIcon family={family} />
          <span className="pipeline-stage-type">{stageLabels[stage.type]}</span>
          <span className="faint clip">{stage.name}</span>
        </span>
        <span className="pipeline-stage-notes faint small clip">
          {isFailed ? (
            <span className="error-text">{stage.statusMessage || 'failed'}</span>
          ) : (
            notes.join(', ')
          )}
        </span>
        <span className={`pipeline-lane family-${family}${isFailed ? ' is-failed' : ''}`} aria-hidden="true">
          <span style={{ left: `${left * 100}%`, width: `${width * 100}%` }} />
        </span>
        <span className="num nowrap">{formatDurationMs(stage.durationMs)}</span>
      </button>
    </li>
  );
}

function clampShare(share: number): number {
  return Math.min(0.998, Math.max(0, share));
}
