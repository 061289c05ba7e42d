import { err, ok, type Result } from '@sightline/base';
import { z } from 'zod';

export interface JudgeAnswer {
  readonly score: number;
  readonly label: string | undefined;
  readonly reason: string;
}

const shape = z.object({
  score: z.union([z.number(), z.string().trim().min(1).transform(Number)]),
  label: z.string().nullish().catch(null),
  reason: z.string().nullish().catch(null),
});

/** Reads the judge's reply: a JSON object, alone, fenced, or somewhere in prose. The error says what was wrong. */
export function readJudgeAnswer(text: string): Result<JudgeAnswer, string> {
  const said = text.trim();
  if (said === '') return err('the judge answered with nothing');
  for (const candidate of jsonObjects(said)) {
    const parsed = shape.safeParse(candidate);
    if (!parsed.success) continue;
    const { score, label, reason } = parsed.data;
    if (!Number.isFinite(score) || score < 0 || score > 1)
      return err(`the judge's score is not between 0 and 1: ${String(score).slice(0, 40)}`);
    return ok({
      score,
      label: label?.trim().slice(0, 200) || undefined,
      reason: (reason ?? '').trim().slice(0, 10_000),
    });
  }
  return err(`the judge did not answer with {"score": …}: “${said.slice(0, 120)}”`);
}

/** Every balanced `{…}` of the text that is JSON, the last first: models think before they conclude. */
function* jsonObjects(text: string): Generator<unknown> {
  let tries = 0;
  for (
    let start = text.lastIndexOf('{');
    start >= 0 && tries < 50;
    start = text.lastIndexOf('{', start - 1)
  ) {
    tries += 1;
    for (let end = text.indexOf('}', start); end >= 0 && tries < 50; end = text.indexOf('}', end + 1)) {
      tries += 1;
      const value = tryJson(text.slice(start, end + 1));
      if (value !== undefined) {
        yield value;
        break;
      }
    }
    if (start === 0) return;
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
