/** The built-in fields of the filter language: what the parser's caller may complete, and what the server compiles. */
import { ownValue } from '@sightline/base';
import { operationKinds, severities, spanKinds, statusCodes } from '../api/words.ts';

export type FilterSignal = 'traces' | 'spans' | 'logs' | 'metrics';

/** `score`: numbers compare its value, words its label. */
export type FieldType = 'score' | 'string' | 'number' | 'duration' | 'time' | 'id' | 'enum' | 'severity';

export interface BuiltinField {
  readonly name: string;
  readonly type: FieldType;
  readonly description: string;
  /** Every value there is, for `enum` and `severity`. */
  readonly values?: readonly string[];
  /** Hex digits of a whole `id`. */
  readonly idLength?: number;
  /** True of the whole trace rather than of one item of it. */
  readonly ofTrace?: boolean;
}

const text = (name: string, description: string): BuiltinField => ({ name, type: 'string', description });
const count = (name: string, description: string): BuiltinField => ({ name, type: 'number', description });
const time = (name: string, description: string): BuiltinField => ({ name, type: 'time', description });
const ofTrace = (field: BuiltinField): BuiltinField => ({ ...field, ofTrace: true });

const everywhere: readonly BuiltinField[] = [
  text('service', 'Name of the service that sent it (resource service.name).'),
  text('scope', 'Name of the instrumentation scope.'),
  time('received', 'When Sightline received it.'),
];

const correlated: readonly BuiltinField[] = [
  { name: 'trace', type: 'id', idLength: 32, description: 'Trace id, 32 hex digits.' },
  { name: 'span', type: 'id', idLength: 16, description: 'Span id, 16 hex digits.' },
  text('session', 'Session or conversation id.'),
  text('user', 'User id.'),
  text('correlation', 'Correlation id.'),
];

const spanFields: readonly BuiltinField[] = [
  ...everywhere,
  ...correlated,
  text('name', 'Span name.'),
  { name: 'kind', type: 'enum', values: spanKinds, description: 'Span kind.' },
  { name: 'status', type: 'enum', values: statusCodes, description: 'Span status.' },
  text('message', 'Status message.'),
  { name: 'operation', type: 'enum', values: operationKinds, description: 'What the span did.' },
  text('provider', 'LLM provider.'),
  text('model', 'Model that answered; the requested one where the answer names none.'),
  text('request_model', 'Requested model.'),
  text('response_model', 'Model that answered.'),
  text('agent', 'Agent name.'),
  text('tool', 'Tool name.'),
  text('event', 'Name of one of its events.'),
  text('tag', 'One of its tags, under any of the names that SDKs have for them.'),
  { name: 'duration', type: 'duration', description: 'Duration: `duration>2s`.' },
  { name: 'ttft', type: 'duration', description: 'Time to first token.' },
  { name: 'parent', type: 'id', idLength: 16, description: 'Parent span id; `-parent:*` finds roots.' },
  count('input_tokens', 'Input tokens.'),
  count('output_tokens', 'Output tokens.'),
  count('cache_read_tokens', 'Input tokens read from the cache.'),
  count('cache_write_tokens', 'Input tokens written to the cache.'),
  count('reasoning_tokens', 'Output tokens spent on reasoning.'),
  count('cost', 'Cost in US dollars.'),
  time('start', 'Start time.'),
];

/** Of the trace that a span or log record belongs to. */
const wholeTraceFields: readonly BuiltinField[] = [
  ofTrace(text('trace.name', 'Name of the root span.')),
  ofTrace(text('trace.service', 'Service of the root span.')),
  ofTrace({ name: 'trace.duration', type: 'duration', description: 'Duration of the whole trace.' }),
  ofTrace(count('trace.spans', 'Number of spans.')),
  ofTrace(count('trace.errors', 'Number of failed spans.')),
  ofTrace(count('trace.input_tokens', 'Input tokens of all spans.')),
  ofTrace(count('trace.output_tokens', 'Output tokens of all spans.')),
  ofTrace(count('trace.cost', 'Cost of all spans, in US dollars.')),
];

const logFields: readonly BuiltinField[] = [
  ...everywhere,
  ...correlated,
  {
    name: 'severity',
    type: 'severity',
    values: severities,
    description: 'Severity, in order: `severity>=WARN`.',
  },
  text('body', 'Message.'),
  text('event', 'Event name.'),
  time('time', 'Event time.'),
];

const metricFields: readonly BuiltinField[] = [
  ...everywhere,
  text('name', 'Metric name.'),
  text('type', 'gauge, sum, histogram, exponential_histogram or summary.'),
  text('unit', 'Unit.'),
];

export const builtinFields: Readonly<Record<FilterSignal, readonly BuiltinField[]>> = {
  traces: [...spanFields, ...wholeTraceFields],
  spans: [...spanFields, ...wholeTraceFields],
  logs: [...logFields, ...wholeTraceFields],
  metrics: metricFields,
};

const aliases: Readonly<Record<string, string>> = {
  trace_id: 'trace',
  span_id: 'span',
  correlation_id: 'correlation',
  session_id: 'session',
  user_id: 'user',
  level: 'severity',
};

/** `score.relevance<0.5`: scores have the names that people and programs give them. */
export const scorePrefix = 'score.';

export function findBuiltinField(signal: FilterSignal, name: string): BuiltinField | undefined {
  const find = (wanted: string): BuiltinField | undefined =>
    builtinFields[signal].find((field) => field.name === wanted);
  if (signal === 'traces' && name.startsWith(scorePrefix) && name.length > scorePrefix.length)
    return { name, type: 'score', description: 'A score of this name.', ofTrace: true };
  return find(name) ?? find(ownValue(aliases, name) ?? '');
}
