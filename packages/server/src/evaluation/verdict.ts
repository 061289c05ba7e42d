/** What an evaluator found. `skipped` where there is nothing to judge, `failed` where judging went wrong. */
export type Verdict =
  | {
      readonly type: 'scored';
      readonly value: number | null;
      readonly label: string;
      readonly comment?: string;
    }
  | { readonly type: 'skipped'; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string };

export function passOrFail(passed: boolean, comment?: string): Verdict {
  return {
    type: 'scored',
    value: passed ? 1 : 0,
    label: passed ? 'pass' : 'fail',
    ...(comment === undefined ? {} : { comment }),
  };
}

export const noAnswer: Verdict = {
  type: 'skipped',
  reason: 'The trace has no answer in text; its program may not capture content.',
};

export function joinSentences(sentences: readonly (string | undefined)[]): string {
  return sentences.filter((sentence) => sentence !== undefined && sentence !== '').join(' ');
}
