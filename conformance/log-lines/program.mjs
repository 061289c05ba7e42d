/** Logs as the systems that Sightline replaces do: JSON, a line a record. `node program.mjs > lines.jsonl` records it. */
import { randomBytes, randomUUID } from 'node:crypto';

const traceId = randomBytes(16).toString('hex');
const correlation_id = randomUUID();
let spanId = '';

function log(level, logger, message, more = {}) {
  const [, at = ''] = new Error('where').stack?.split('\n')[2]?.split('program.mjs:') ?? [];
  const line = {
    timestamp: new Date().toISOString().replace('Z', '123Z'),
    level,
    logger,
    message,
    module: 'workflow',
    function: more.function ?? 'main',
    line: Number(at.split(':')[0]),
    correlation_id,
    trace_id: traceId,
    ...(spanId === '' ? {} : { span_id: spanId }),
    ...more,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function metric(metric_name, value, unit, tags = {}) {
  log('INFO', 'metrics', `METRIC: ${metric_name}`, {
    category: 'PERFORMANCE',
    context: { metric: { metric_name, value, unit, tags } },
  });
}

async function timed(name, work) {
  spanId = randomBytes(8).toString('hex');
  const began = performance.now();
  log('INFO', 'tracing', `Starting ${name}`, {
    function: name,
    category: 'AGENT',
    component: 'orchestrator',
  });
  await work();
  const duration_ms = Math.round((performance.now() - began) * 1000) / 1000;
  log('INFO', 'tracing', `Completed ${name}`, {
    function: name,
    category: 'PERFORMANCE',
    component: 'orchestrator',
    performance_metrics: { duration_ms, memory_mb: 81.5 },
    tags: ['workflow', 'timing'],
  });
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
await timed('retrieve_documents', async () => {
  await pause(12);
  metric('cache_hit', 1, 'count', { cache: 'embeddings' });
  metric('cache_hit', 1, 'count', { cache: 'embeddings' });
  metric('cache_miss', 1, 'count', { cache: 'embeddings' });
});
await timed('answer_question', async () => {
  await pause(25);
  metric('llm_tokens', 1280, 'tokens', { model: 'gpt-4o' });
});
log('WARNING', 'security', 'A key was refused', {
  category: 'SECURITY',
  tags: ['security', 'auth'],
  data: { user: 'user-7', attempts: 3 },
});
log('ERROR', 'agent', 'Tool failed', {
  category: 'SYSTEM',
  exception:
    'Traceback (most recent call last):\n  File "agent.py", line 41, in call_tool\n    return await tool(**arguments)\nValueError: no such order: 17',
});
process.stdout.write('plain words between the lines\n');
