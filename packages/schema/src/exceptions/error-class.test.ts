/** Messages of providers and their SDKs for failed model calls, and texts that only look like them. */
import { expect, test } from 'vitest';
import { llmErrorClass } from './error-class.ts';

test.each([
  [
    'RateLimitError',
    "Error code: 429 - {'error': {'message': 'Rate limit reached for gpt-5.4'}}",
    'rate_limit',
  ],
  ['Error', '429 status code (no body)', 'rate_limit'],
  ['AxiosError', 'Request failed with status code 429', 'rate_limit'],
  ['HTTPError', '{"statusCode":429,"message":"slow down"}', 'rate_limit'],
  [
    'botocore.errorfactory.ThrottlingException',
    'An error occurred (ThrottlingException) when calling the InvokeModel operation: Too many tokens, please wait before trying again.',
    'rate_limit',
  ],
  ['ClientError', '429 RESOURCE_EXHAUSTED. Quota exceeded for quota metric', 'rate_limit'],
  ['BadRequestError', 'Your credit balance is too low to access the Anthropic API.', 'rate_limit'],
  ['BadRequestError', 'prompt is too long: 210412 tokens > 200000 maximum', 'context_length'],
  [
    'BadRequestError',
    'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000',
    'context_length',
  ],
  ['ValidationException', 'Too many input tokens. Max input tokens: 8192', 'context_length'],
  ['ValueError', 'Candidate was blocked: finish_reason SAFETY', 'content_filter'],
  ['Error', '{"promptFeedback":{"blockReason":"SAFETY"}}', 'content_filter'],
  ['InternalServerError', 'Error code: 529 - overloaded_error', 'overloaded'],
  ['Error', 'HTTP/1.1 503', 'overloaded'],
  ['SDKError', 'Service tier capacity exceeded for this model.', 'overloaded'],
  ['Error', 'Incorrect API key provided: sk-ab***xyz', 'authentication'],
  ['HTTPError', 'Response code 401 (Unauthorized)', 'authentication'],
  ['httpx.ReadTimeout', 'The read operation timed out', 'timeout'],
  ['Error', 'upstream returned 504', 'timeout'],
  ['APIConnectionError', 'Connection error.', 'connection'],
  ['BadRequestError', 'temperature must be <= 2, got 429', undefined],
  ['BadRequestError', 'messages: at most 403 items, there are 503', undefined],
  ['ValueError', 'cannot parse tool arguments', undefined],
])('%s: %s', (type, message, expected) => {
  expect(llmErrorClass(type, message)).toBe(expected);
});
