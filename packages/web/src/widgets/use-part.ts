import type { OverviewPart, OverviewResponse } from '@sightline/schema/api';
import { useRef } from 'react';

/** An overview as a page has it. */
export interface OverviewAnswer {
  /** Absent until it is known. */
  readonly overview: OverviewResponse | undefined;
  readonly answeredMs: number;
  /** What was asked; undefined where the answer is one to the question before. */
  readonly question: string | undefined;
}

export interface ShownPart {
  /** The last answer to this question in which the parts are whole. */
  readonly overview: OverviewResponse | undefined;
  /** Why it is not the newest answer, and how old it is: 0 where there is none. */
  readonly missing: { readonly message: string; readonly answeredMs: number } | undefined;
}

/** What a card shows that needs these parts: each card keeps its last whole answer, whatever becomes of the others. */
export function usePart(answer: OverviewAnswer, parts: readonly OverviewPart[]): ShownPart {
  const last = useRef<OverviewAnswer | undefined>(undefined);
  const { overview, question } = answer;
  const gap = overview?.partsMissing?.find(({ part }) => parts.includes(part));
  if (gap === undefined) {
    if (overview !== undefined && question !== undefined) last.current = answer;
    return { overview, missing: undefined };
  }
  const kept = last.current?.question === question ? last.current : undefined;
  return {
    overview: kept?.overview,
    missing: { message: gap.message, answeredMs: kept?.answeredMs ?? 0 },
  };
}

/** The answer of a query, with what it was asked. */
export function overviewAnswer(
  query: {
    readonly data: OverviewResponse | undefined;
    readonly dataUpdatedAt: number;
    readonly isPlaceholderData: boolean;
  },
  asked: unknown,
  shown = query.data,
): OverviewAnswer {
  const isOfQuestion = shown !== undefined && shown === query.data && !query.isPlaceholderData;
  return {
    overview: shown,
    answeredMs: query.dataUpdatedAt,
    question: isOfQuestion ? JSON.stringify(asked) : undefined,
  };
}
