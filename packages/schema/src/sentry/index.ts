export { jsonObject, readEnvelope, type SentryEnvelope } from './read-envelope.ts';
export { type SentryRequests, sentryRequests } from './sentry-requests.ts';
