import type { OperationKind, PipelineStage, PipelineStageType } from '@sightline/schema/api';

/** Words by which stages are called, the more particular first. */
const words: readonly (readonly [RegExp, PipelineStageType])[] = [
  [/re-?rank|\bfus(e|ion)\b|\brrf\b/, 'reranking'],
  [/\brout(e|er|ing)\b/, 'routing'],
  [/verif|ground|fact.?check|hallucinat|guardrail|validat|critique|citation/, 'verification'],
  [
    /quer(y|ies).?(analy|understand|rewrit|expan|transform|pars|decompos)|\bintent\b|classif|rewrit|\banalysis\b|decompos/,
    'query_analysis',
  ],
  [/retriev|\bvector\b|\bbm25\b|\bsearch\b|\blookup\b/, 'retrieval'],
  [/\bembed/, 'embedding'],
  [/generat|\banswer|synthes|\brespon[ds]/, 'generation'],
];

const byOperation: Readonly<Partial<Record<OperationKind, PipelineStageType>>> = {
  retrieval: 'retrieval',
  rerank: 'reranking',
  embedding: 'embedding',
  llm: 'generation',
  guardrail: 'verification',
  evaluator: 'verification',
};

export interface StageHints {
  /** Id and name of the stage, where an attribute says that the span is one. */
  readonly stage: string;
  readonly name: string;
  readonly operation: OperationKind;
}

/** Undefined for a span that is no stage. */
export function stageTypeOf({
  stage,
  name,
  operation,
}: StageHints): Pick<PipelineStage, 'type' | 'knownBy'> | undefined {
  if (stage !== '')
    return { type: typeOfWords(stage) ?? byOperation[operation] ?? 'other', knownBy: 'attribute' };
  const type = byOperation[operation];
  if (type !== undefined) return { type, knownBy: 'operation' };
  const named = operation === 'step' ? typeOfWords(name) : undefined;
  return named === undefined ? undefined : { type: named, knownBy: 'name' };
}

function typeOfWords(text: string): PipelineStageType | undefined {
  const lowered = text.toLowerCase().replaceAll(/[_.]+/g, ' ');
  return words.find(([pattern]) => pattern.test(lowered))?.[1];
}
