import { randomBytes } from 'node:crypto';
import type { JudgeSettings, Score } from '@sightline/schema/api';
import type { PriceBook } from '@sightline/schema/conventions';
import type { TraceFacts } from '../trace-facts.ts';
import { joinSentences, noAnswer, type Verdict } from '../verdict.ts';
import { callJudge, type JudgeCallOptions } from './call-judge.ts';
import { readJudgeAnswer } from './judge-answer.ts';
import { writeJudgePrompt } from './judge-prompt.ts';
import { type JudgeReply, type JudgeRequest, judgeProtocols } from './protocols.ts';

export interface JudgeSurroundings extends Omit<JudgeCallOptions, 'timeoutMs'> {
  /** A variable of the server's environment; the only place a key comes from. */
  readonly readVariable: (name: string) => string | undefined;
  readonly prices: Pick<PriceBook, 'priceOf'>;
  readonly nowMs: () => number;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** What judging took, also where the answer could not be read: it was paid for. */
  readonly judge: Score['judge'];
}

export async function evaluateWithJudge(
  settings: JudgeSettings,
  facts: TraceFacts,
  surroundings: JudgeSurroundings,
): Promise<Judgement> {
  const unpaid = (verdict: Verdict): Judgement => ({ verdict, judge: null });
  if (settings.include.includes('answer') && facts.answer === '') return unpaid(noAnswer);
  if (settings.include.every((part) => facts[part].length === 0))
    return unpaid({ type: 'skipped', reason: 'The trace has none of what the judge is to be shown.' });
  const key =
    settings.keyVariable === undefined ? undefined : surroundings.readVariable(settings.keyVariable);
  if (settings.keyVariable !== undefined && (key === undefined || key === ''))
    return unpaid({
      type: 'failed',
      reason: `the environment variable ${settings.keyVariable} is not set on the server`,
    });
  const protocol = judgeProtocols[settings.protocol];
  const prompt = writeJudgePrompt(settings, facts, `=== ${randomBytes(6).toString('hex')} ===`);
  const request = protocol.request(settings, prompt, key);
  const options = { ...surroundings, timeoutMs: settings.timeoutMs };
  let called = await callJudge(request, options);
  const { renamed } = protocol;
  if (
    !called.ok &&
    renamed !== undefined &&
    /answered 4(?:00|22): /.test(called.error) &&
    called.error.includes(renamed.from)
  )
    called = await callJudge(withRenamed(request, renamed), options);
  if (!called.ok) return unpaid({ type: 'failed', reason: hide(called.error, key) });
  const reply = protocol.read(called.value);
  if (reply === undefined)
    return unpaid({
      type: 'failed',
      reason: hide(
        `the answer is not one of the ${settings.protocol} protocol: ${shorten(called.value)}`,
        key,
      ),
    });
  const judge = priced(settings, reply, surroundings);
  const answer = readJudgeAnswer(reply.text);
  if (!answer.ok) {
    const cut = `; it was cut off after ${settings.maxOutputTokens} tokens, raise maxOutputTokens`;
    const reason = `${hide(answer.error, key)}${reply.isCut ? cut : ''}`;
    return { verdict: { type: 'failed', reason }, judge };
  }
  const { score, reason } = answer.value;
  const passed = settings.lowerIsBetter ? score <= settings.passAt : score >= settings.passAt;
  const label = answer.value.label ?? (passed ? 'pass' : 'fail');
  const comment = joinSentences([prompt.leftOut, hide(reason, key)]);
  return { verdict: { type: 'scored', value: score, label: hide(label, key), comment }, judge };
}

function withRenamed(
  request: JudgeRequest,
  { from, to }: { readonly from: string; readonly to: string },
): JudgeRequest {
  const { [from]: value, ...rest } = request.body;
  return { ...request, body: { ...rest, [to]: value } };
}

const shorten = (value: unknown): string => (JSON.stringify(value) ?? '').slice(0, 200);

/** The price by the model that answered, else by the one asked for; null where neither is known. */
function priced(
  settings: JudgeSettings,
  reply: JudgeReply,
  { prices, nowMs }: JudgeSurroundings,
): NonNullable<Score['judge']> {
  const { provider } = judgeProtocols[settings.protocol];
  const { text: _text, model: answered, isCut: _isCut, ...used } = reply;
  const { inputTokens, outputTokens } = reply;
  const priceOf = (model: string): number | undefined =>
    prices.priceOf({ provider, model, timeMs: nowMs(), ...used })?.usd;
  return {
    model: answered === '' ? settings.model : answered.slice(0, 200),
    inputTokens,
    outputTokens,
    costUsd: priceOf(answered) ?? priceOf(settings.model) ?? null,
  };
}

/** A server that echoes its request must not bring the key into the database. */
function hide(text: string, key: string | undefined): string {
  return key === undefined || key.length < 4 ? text : text.replaceAll(key, '[key]');
}
