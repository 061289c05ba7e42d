/** A RAG service whose stages only their names tell: some spans carry numbers of their own, others nothing at all. */
import { trace } from '@opentelemetry/api';
import { startTelemetry } from '../telemetry.mjs';

const telemetry = startTelemetry('rag-service');
const tracer = trace.getTracer('rag.pipeline');
const stage = async (name, attributes = {}, work = async () => {}) =>
  tracer.startActiveSpan(name, { attributes }, async (span) => {
    await new Promise((resolve) => setTimeout(resolve, 3));
    await work(span);
    span.end();
  });

await stage('rag_query', { correlation_id: 'request-6' }, async () => {
  await stage('query_analysis', { 'query.length': 41, 'query.intent': 'fact' });
  await stage('routing', { 'route.target': 'hybrid' });
  await stage('retrieval', {}, async () => {
    await stage('vector_search', { 'db.system': 'qdrant', 'search.top_k': 10, 'search.results': 8 });
    await stage('bm25_search');
  });
  await stage('reranking', { 'rerank.kept': 5 });
  await stage('generation', {}, async () =>
    stage(
      'llm.call',
      { 'llm.model': 'gpt-4o', 'llm.provider': 'openai', 'llm.prompt_length': 5200 },
      async (span) => span.setAttributes({ 'llm.prompt_tokens': 1500, 'llm.completion_tokens': 100 }),
    ),
  );
  await stage('verification', { 'verification.passed': true });
});
// A request that is called like a stage is none.
await stage('routing', { 'http.request.method': 'GET', 'url.path': '/routing' });
await telemetry.stop();
