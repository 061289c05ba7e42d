export { jsonObject, readEnvelope, type SentryEnvelope } from './read-envelope.ts';
export { forwardedName, type SentryRequests, sentryRequests } from './sentry-requests.ts';
