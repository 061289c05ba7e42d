/** What went wrong with a call of a model, as far as every provider's errors can be told apart by. */
export type LlmErrorClass =
  | 'rate_limit'
  | 'context_length'
  | 'content_filter'
  | 'timeout'
  | 'authentication'
  | 'overloaded'
  | 'connection';

/** Tried in this order with type and message; the first that is found is it. */
const patterns: readonly (readonly [LlmErrorClass, RegExp])[] = [
  [
    'context_length',
    /context[_ -]?(?:length|window)|maximum context|too many (?:input )?tokens|prompt is too long|input is too long|exceeds? the (?:maximum|limit) .{0,40}tokens|max_tokens_exceeded|string_above_max_length/i,
  ],
  [
    'content_filter',
    /content[_ -]?(?:filter|policy|management)|responsible ?ai|safety (?:system|settings|reasons)|blocked (?:by|due to) .{0,30}(?:safety|policy)|PROHIBITED_CONTENT|RECITATION|guardrail/i,
  ],
  [
    'rate_limit',
    /rate[_ -]?limit|too many requests|\b429\b|quota|resource[_ ]?exhausted|throttl|insufficient_quota|tokens per (?:min|day)/i,
  ],
  [
    'overloaded',
    /overloaded|\b529\b|\b503\b|service ?unavailable|at capacity|server is busy|model is (?:currently )?(?:loading|overloaded)/i,
  ],
  [
    'authentication',
    /\b401\b|\b403\b|unauthori[sz]ed|invalid[_ ]?(?:x-)?api[_ -]?key|authentication|permission[_ ]?denied|access[_ ]?denied/i,
  ],
  [
    'timeout',
    /time(?:d)?[ _-]?out|deadline exceeded|ETIMEDOUT|APITimeout|\b408\b|\b504\b|aborted due to timeout/i,
  ],
  [
    'connection',
    /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|socket hang up|connection (?:error|refused|reset|closed)|fetch failed|APIConnection|network error/i,
  ],
];
const lengthMax = 4_000;

/** Undefined where it is an error like any other. */
export function llmErrorClass(type: string, message: string): LlmErrorClass | undefined {
  const text = `${type}: ${message.slice(0, lengthMax)}`;
  return patterns.find(([, pattern]) => pattern.test(text))?.[0];
}
