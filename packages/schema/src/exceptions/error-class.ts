/** What went wrong with a call of a model, as far as every provider's errors can be told apart by. */
export type LlmErrorClass =
  | 'rate_limit'
  | 'context_length'
  | 'content_filter'
  | 'timeout'
  | 'authentication'
  | 'overloaded'
  | 'connection';

const anyOf = (...patterns: readonly string[]): RegExp => new RegExp(patterns.join('|'), 'i');

/** HTTP statuses that say it by themselves. */
const statuses: Readonly<Partial<Record<LlmErrorClass, readonly number[]>>> = {
  rate_limit: [429],
  overloaded: [503, 529],
  authentication: [401, 403],
  timeout: [408, 504],
};

/** A number is a status where something says so: `temperature must be <= 2, got 429` tells of none. */
const status = (of: keyof typeof statuses): string => {
  const any = `(?:${statuses[of]?.join('|')})`;
  return String.raw`^\S*: ${any}\b|(?:code|status|https?(?:/[\d.]+)?|error|response|received|returned)[\s:=("']{1,4}${any}\b|\(${any}\)`;
};

/** Tried in this order with type and message; the first that is found is it. */
const patterns: readonly (readonly [LlmErrorClass, RegExp])[] = [
  [
    'context_length',
    /context[_ -]?(?:length|window|limit|size)|maximum context|too many (?:input )?tokens(?!, please wait)|(?:prompt|input) is too long|reduce the length|exceeds? the (?:maximum|limit) .{0,40}tokens|max_tokens_exceeded|string_above_max_length/i,
  ],
  [
    'content_filter',
    /content[_ -]?(?:filter|policy|management)|responsible ?ai|safety (?:system|settings|reasons|filter)|blocked (?:by|due to) .{0,30}(?:safety|policy)|(?:finish|block)[_ ]?reason.{1,20}(?:safety|blocklist|prohibited|refusal)|PROHIBITED_CONTENT|RECITATION|guardrail/i,
  ],
  [
    'rate_limit',
    anyOf(
      'rate[_ -]?limit|too many requests|quota|resource[_ ]?exhausted|throttl|tokens per (?:min|day)|credit balance',
      status('rate_limit'),
    ),
  ],
  [
    'overloaded',
    anyOf(
      'overloaded|service ?unavailable|at capacity|capacity exceeded|server is busy|model is (?:currently )?loading',
      status('overloaded'),
    ),
  ],
  [
    'authentication',
    anyOf(
      'unauthori[sz]ed|(?:invalid|incorrect|missing)[_ ]?(?:x-)?api[_ -]?key|authentication|permission[_ ]?denied|access[_ ]?denied',
      status('authentication'),
    ),
  ],
  [
    'timeout',
    anyOf(
      'time(?:d)?[ _-]?out|deadline exceeded|ETIMEDOUT|APITimeout|aborted due to timeout',
      status('timeout'),
    ),
  ],
  [
    'connection',
    /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|socket hang up|connection (?:error|refused|reset|closed)|fetch failed|APIConnection|network error/i,
  ],
];
const lengthMax = 4_000;

/** The class of an error of a model call. Its words decide before its HTTP status, which is empty if there was none. Undefined for an error of no such class. */
export function llmErrorClass(type: string, message: string, httpStatus = ''): LlmErrorClass | undefined {
  const text = `${type}: ${message.slice(0, lengthMax)}`;
  const said = patterns.find(([, pattern]) => pattern.test(text))?.[0];
  return said ?? patterns.find(([one]) => statuses[one]?.includes(Number(httpStatus)) === true)?.[0];
}
