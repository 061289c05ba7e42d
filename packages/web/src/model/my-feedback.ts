/** The one judgement that a browser gives of an answer or of a run: thumbs and a comment are one score, which the next click replaces. */
import type { Score } from '@sightline/schema/api';

export interface FeedbackPlace {
  readonly traceId: string;
  /** The answer; without it the whole run. */
  readonly spanId?: string | undefined;
}

export interface Feedback {
  readonly thumb: 'up' | 'down' | undefined;
  readonly comment: string;
}

export const feedbackName = 'user_feedback';

/** Names the score, so that a later one of the same browser replaces it: 64 characters at most. */
export function feedbackId({ traceId, spanId }: FeedbackPlace, browser: string): string {
  return `ui:${browser}:${traceId}${spanId === undefined ? '' : `:${spanId}`}`;
}

export function feedbackOf(scores: readonly Score[], id: string): Feedback {
  const mine = scores.find((score) => score.id === id);
  const thumb = mine?.label === 'up' || mine?.label === 'down' ? mine.label : undefined;
  return { thumb, comment: mine?.comment ?? '' };
}

interface FeedbackScore extends FeedbackPlace {
  readonly id: string;
  readonly name: string;
  readonly value?: number;
  readonly label?: string;
  readonly comment?: string;
}

/** The score to send; undefined where nothing is left to say, so that it goes. */
export function scoreOf(
  { traceId, spanId }: FeedbackPlace,
  id: string,
  { thumb, comment }: Feedback,
): FeedbackScore | undefined {
  const words = comment.trim();
  if (thumb === undefined && words === '') return undefined;
  return {
    id,
    traceId,
    spanId,
    name: feedbackName,
    ...(thumb === undefined ? {} : { value: thumb === 'up' ? 1 : 0, label: thumb }),
    ...(words === '' ? {} : { comment: words }),
  };
}
