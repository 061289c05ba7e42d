/** The stages of a run that answers from documents, and what became of the documents. */
import type { PipelineDocument, PipelineResponse, PipelineStage } from '@sightline/schema/api';
import {
  type MessageSource,
  readConversation,
  readDocuments,
  type RetrievedDocument,
} from '@sightline/schema/conventions';
import { type QueryContext, Reader } from '../reader.ts';
import { normalTraceId, spansOfTrace } from '../read-trace.ts';
import type { TraceExtent } from '../trace-extent.ts';
import { withTexts } from '../restore-texts.ts';
import { dataSourceName } from '../sql/data-source-sql.ts';
import { textIdColumns } from '../sql/span-columns-sql.ts';
import { sql, trusted, uint } from '../sql/sql.ts';
import { type DocumentStage, storesOf } from './pipeline/document-stores.ts';
import { AnswerUse, noAnswer } from './pipeline/document-use.ts';
import { stageTypeOf } from './pipeline/stage-type.ts';
import { readSources } from './conversation/read-messages.ts';
import { runDurationMs } from './read-run.ts';
import { openRun } from './open-run.ts';
import type { StoredRun } from './stored-run.ts';
import { durationMs, offsetMs, orNull, type RunNode, type RunTree, usageOfCalls } from './run-tree.ts';

const textCharactersMax = 4000;
const answerCharactersMax = 20_000;
const queryCharactersMax = 2000;
const documentsMax = 1000;
/** Stages whose documents are read. */
const documentStagesMax = 100;

interface HintRow {
  readonly spanId: string;
  readonly startNanos: string;
  readonly textIds: string;
  readonly stage: string;
  readonly query: string;
  readonly source: string;
  readonly method: string;
  readonly system: string;
}

interface Stage extends DocumentStage {
  readonly node: RunNode;
  readonly kind: Pick<PipelineStage, 'type' | 'knownBy'>;
  readonly hints: HintRow | undefined;
  readonly parent: Stage | undefined;
}

export async function readPipeline(context: QueryContext, traceId: string): Promise<PipelineResponse> {
  const reader = new Reader(context);
  const id = normalTraceId(traceId);
  const { tree, extent, also } = await openRun(reader, id, {
    also: async (within, known) => {
      const hints = mayHaveHints(known) ? await readHints(reader, id, within) : new Map<string, HintRow>();
      // Of a run that was read before, documents and answer are read while it is asked whether anything changed.
      return known === undefined
        ? { hints }
        : { hints, read: await readPayloadsOf(reader, planStages(known.tree, hints), within) };
    },
  });
  const { plan, sources } =
    also.read?.plan.tree === tree
      ? also.read
      : await readPayloadsOf(reader, planStages(tree, also.hints), extent);
  const { stages, asked, answering } = plan;
  const said = answering === undefined ? undefined : readSpoken(sources.get(answering.spanId));
  const found = asked.map((stage) => ({
    stage,
    documents: readDocuments(sources.get(stage.node.spanId) ?? nothing),
  }));
  const question =
    stages.find(({ hints }) => (hints?.query ?? '') !== '')?.hints?.query ?? said?.question ?? null;
  const use = said?.answer === undefined ? undefined : new AnswerUse(said.answer, question ?? '');
  const documents = judgeDocuments(
    found.filter((each) => !isRepeated(each, found)),
    storesOf(found),
    use,
  );
  if (documents.length > documentsMax)
    reader.meet({
      limit: 'rows',
      message: `The first ${documentsMax} of ${documents.length} documents are shown.`,
    });
  const counts = new Map(found.map(({ stage, documents: { length } }) => [stage, length]));
  return {
    traceId: tree.traceId,
    durationMs: runDurationMs(tree),
    stages: describeStages(tree, stages, counts),
    documents: documents.slice(0, documentsMax),
    question,
    answer:
      answering === undefined || said?.answer === undefined
        ? null
        : { spanId: answering.spanId, text: said.answer.slice(0, answerCharactersMax) },
    ...reader.limitsMet,
  };
}

const nothing: MessageSource = { name: '', attributes: {} };

/** What is a stage, and of which spans the payloads are wanted. */
interface Plan {
  readonly tree: RunTree;
  readonly stages: readonly Stage[];
  readonly asked: readonly Stage[];
  readonly answering: RunNode | undefined;
}

function planStages(tree: RunTree, hints: ReadonlyMap<string, HintRow>): Plan {
  const stages = findStages(tree, hints);
  const asked = stages
    .filter(({ node }) => node.operation === 'retrieval' || node.operation === 'rerank')
    .slice(0, documentStagesMax);
  return { tree, stages, asked, answering: answerCall(tree, stages) };
}

async function readPayloadsOf(
  reader: Reader,
  plan: Plan,
  extent: TraceExtent,
): Promise<{ readonly plan: Plan; readonly sources: ReadonlyMap<string, MessageSource> }> {
  const { tree, asked, answering } = plan;
  const spanIds = [
    ...asked.map(({ node }) => node.spanId),
    ...(answering === undefined ? [] : [answering.spanId]),
  ];
  const sources =
    spanIds.length === 0
      ? new Map<string, MessageSource>()
      : await readSources(reader, { traceId: tree.traceId, extent, spanIds });
  return { plan, sources };
}

/** Spans that search, or are said to be a stage. */
function mayHaveHints(known: StoredRun | undefined): boolean {
  return (
    known?.flags === undefined ||
    Number(known.flags.hasStages) > 0 ||
    known.tree.nodes.some(({ operation }) => operation === 'retrieval' || operation === 'rerank')
  );
}

async function readHints(
  reader: Reader,
  traceId: string,
  extent: TraceExtent,
): Promise<ReadonlyMap<string, HintRow>> {
  const long = (key: string): string =>
    `if(attributes['${key}'] = '', long_attributes['${key}'], attributes['${key}'])`;
  const rows = await reader.rows<HintRow>(sql`
    SELECT lower(hex(span_id)) AS spanId, toUnixTimestamp64Nano(start_time) AS startNanos, ${textIdColumns},
      trim(concat(attributes['sightline.stage.id'], ' ', attributes['sightline.stage.name'])) AS stage,
      leftUTF8(multiIf(${trusted(long('gen_ai.retrieval.query.text'))} != '', ${trusted(long('gen_ai.retrieval.query.text'))},
        ${trusted(long('reranker.query'))} != '', ${trusted(long('reranker.query'))},
        ${trusted(long('db.vector.query.content'))} != '', ${trusted(long('db.vector.query.content'))},
        operation IN ('retrieval', 'rerank'), ${trusted(long('input.value'))}, ''), ${uint(queryCharactersMax)}) AS query,
      ${trusted(dataSourceName)} AS source,
      if(attributes['db.system.name'] != '', attributes['db.system.name'], attributes['db.system']) AS system,
      if(attributes['sightline.retrieval.method'] != '', attributes['sightline.retrieval.method'], system) AS method
    FROM spans WHERE ${spansOfTrace(reader.project, traceId, extent)}
      AND (operation IN ('retrieval', 'rerank') OR mapContains(attributes, 'sightline.stage.id'))`);
  const asked = rows.map((row) => ({ ...row, attributeValues: [row.query] }));
  const whole = await withTexts(reader, asked, queryCharactersMax);
  return new Map(whole.map((row) => [row.spanId, { ...row, query: row.attributeValues[0] ?? '' }]));
}

/** Spans that are stages. What a named stage or a search does by calls of models is a part of it, and no stage. */
function findStages(tree: RunTree, hints: ReadonlyMap<string, HintRow>): readonly Stage[] {
  const stages = new Map<RunNode, Stage>();
  const stageAbove = (node: RunNode): Stage | undefined => {
    for (let above = tree.nodes[node.parent]; above !== undefined; above = tree.nodes[above.parent]) {
      const stage = stages.get(above);
      if (stage !== undefined) return stage;
    }
    return undefined;
  };
  // A parent may stand after its child where clocks disagree.
  for (const node of tree.nodes.toSorted((a, b) => a.depth - b.depth)) {
    const hint = hints.get(node.spanId);
    const kind = stageTypeOf({ stage: hint?.stage ?? '', name: node.name, operation: node.operation });
    if (kind === undefined) continue;
    const parent = stageAbove(node);
    const isPart = parent !== undefined && ['llm', 'evaluator', 'guardrail'].includes(node.operation);
    if (isPart) continue;
    const { system = '', source = '' } = hint ?? {};
    const isReranking = kind.type === 'reranking';
    const name = node.tool || node.name;
    stages.set(node, { node, kind, hints: hint, parent, isReranking, system, source, name });
  }
  return tree.nodes.flatMap((node) => {
    const stage = stages.get(node);
    return stage === undefined ? [] : [stage];
  });
}

/** The last call of a model that generates: not one that verifies, routes or analyses. */
function answerCall(tree: RunTree, stages: readonly Stage[]): RunNode | undefined {
  const byNode = new Map(stages.map((stage) => [stage.node, stage]));
  const typeAround = (node: RunNode): PipelineStage['type'] | undefined => {
    for (let at: RunNode | undefined = node; at !== undefined; at = tree.nodes[at.parent]) {
      const stage = byNode.get(at);
      if (stage !== undefined) return stage.kind.type;
    }
    return undefined;
  };
  const answers = tree.nodes.filter(
    (node) => node.operation === 'llm' && ['generation', 'other', undefined].includes(typeAround(node)),
  );
  return answers.toSorted((a, b) => (a.endNanos < b.endNanos ? -1 : 1)).at(-1);
}

function readSpoken(source: MessageSource | undefined): {
  question: string | undefined;
  answer: string | undefined;
} {
  if (source === undefined) return { question: undefined, answer: undefined };
  const { input, output } = readConversation(source);
  const textOf = (messages: typeof input, role: string): string | undefined =>
    messages
      .filter((message) => message.role === role)
      .map(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n'))
      .findLast((text) => text !== '');
  return { question: textOf(input, 'user'), answer: textOf(output, 'assistant') };
}

interface Found {
  readonly stage: Stage;
  readonly documents: readonly RetrievedDocument[];
}

/** LlamaIndex tells a retrieval twice, one span in the other: what the inner one found is what the outer one gives. */
function isRepeated({ stage, documents }: Found, found: readonly Found[]): boolean {
  const { parent, kind } = stage;
  if (parent === undefined || kind.type !== 'retrieval') return false;
  const outer = found.find((each) => each.stage === parent);
  const beside = found.filter((each) => each.stage.parent === parent && each.documents.length > 0);
  return (
    outer?.stage.kind.type === kind.type && outer.documents.length === documents.length && beside.length === 1
  );
}

function judgeDocuments(
  found: readonly Found[],
  stores: ReadonlyMap<Found, readonly string[]>,
  use: AnswerUse | undefined,
): PipelineDocument[] {
  const last = found.findLast(({ documents }) => documents.length > 0);
  return found.flatMap((each) =>
    each.documents.map((document, index): PipelineDocument => {
      const text = document.content ?? null;
      const id = document.id ?? null;
      return {
        spanId: each.stage.node.spanId,
        rank: index + 1,
        id,
        store: stores.get(each)?.[index] ?? null,
        score: document.score ?? null,
        distance: document.distance ?? null,
        text: text?.slice(0, textCharactersMax) ?? null,
        characters: text?.length ?? 0,
        source: sourceOf(document.metadata) ?? orNull(each.stage.hints?.source ?? ''),
        metadata: (document.metadata ?? null) as PipelineDocument['metadata'],
        ...(use?.of({ id, text, rank: index + 1, isLastList: each === last }) ?? noAnswer),
      };
    }),
  );
}

function sourceOf(metadata: unknown): string | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const record = metadata as Readonly<Record<string, unknown>>;
  const named = ['source', 'url', 'uri', 'file', 'file_name', 'filename', 'title'].map((key) => record[key]);
  return named.find((value): value is string => typeof value === 'string' && value !== '');
}

function describeStages(
  tree: RunTree,
  stages: readonly Stage[],
  counts: ReadonlyMap<Stage, number>,
): PipelineStage[] {
  const byNode = new Map(stages.map((stage) => [stage.node, stage]));
  const innermost = (node: RunNode): Stage | undefined => {
    for (let at: RunNode | undefined = node; at !== undefined; at = tree.nodes[at.parent]) {
      const stage = byNode.get(at);
      if (stage !== undefined) return stage;
    }
    return undefined;
  };
  const counted = Map.groupBy(
    tree.nodes.filter(({ isCall }) => isCall),
    innermost,
  );
  return stages.map((stage) =>
    describeStage(tree, stage, { calls: counted.get(stage) ?? [], documents: counts.get(stage) ?? 0 }),
  );
}

function describeStage(
  tree: RunTree,
  { node, kind, hints, parent }: Stage,
  { calls, documents }: { readonly calls: readonly RunNode[]; readonly documents: number },
): PipelineStage {
  return {
    spanId: node.spanId,
    parentSpanId: parent?.node.spanId ?? null,
    ...kind,
    name: node.name,
    operation: node.operation,
    startOffsetMs: offsetMs(tree, node),
    durationMs: durationMs(node),
    status: node.status,
    statusMessage: node.statusMessage,
    model: orNull(calls.find(({ model }) => model !== '')?.model ?? node.model),
    query: orNull(hints?.query ?? ''),
    source: orNull(hints?.source ?? ''),
    method: orNull(hints?.method ?? ''),
    documents,
    ...usageOfCalls(calls),
  };
}
