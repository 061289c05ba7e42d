import { type Context, SpanKind } from '@opentelemetry/api';
import { createFailure } from './failures.ts';
import { countTokens, serveHttp } from './model-call.ts';
import { models, priceOf } from './models.ts';
import type { RetrieveStep } from './scenario.ts';
import { DemoFailure, readHeaders, type Service, writeHeaders } from './service.ts';
import { weatherAt, type World } from './world.ts';

const vectorTimeoutMs = 3000;

/** The orchestrator asks the retriever, which embeds, searches twice, merges and reranks. */
export async function retrieve(world: World, context: Context, step: RetrieveStep): Promise<void> {
  const { orchestrator } = world;
  await orchestrator.span(
    context,
    `retrieval ${step.source}`,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        'gen_ai.operation.name': 'retrieval',
        'gen_ai.data_source.id': step.source,
        'gen_ai.retrieval.query.text': step.query,
        'gen_ai.request.top_k': step.documents.length,
      },
    },
    async (inside, span) => {
      await world.clock.sleep(world.random.latencyMs(1.4));
      await serveSearch(world, readHeaders(writeHeaders(inside)), step);
      span.setAttribute('gen_ai.retrieval.documents', JSON.stringify(step.documents));
      orchestrator.log(
        inside,
        'DEBUG',
        `${step.documents.length} passages from ${step.source} for “${step.query}”`,
        {
          'code.function.name': 'AgentLoop.retrieve',
          'retrieval.top_score': step.documents[0]?.score ?? 0,
        },
      );
    },
  );
}

async function serveSearch(world: World, incoming: Context, step: RetrieveStep): Promise<void> {
  const { retriever, clock, random } = world;
  await serveHttp(world, retriever, incoming, { method: 'POST', route: '/v1/search' }, async (context) => {
    const startMs = clock.nowMs();
    await retriever.span(
      context,
      'query_analysis',
      { attributes: { 'rag.stage': 'query_analysis', 'rag.query.terms': step.query.split(' ').length } },
      async () => clock.sleep(random.latencyMs(6)),
    );
    const cached = random.chance(0.42);
    await lookUpCache(world, context, retriever, {
      cache: 'query-embeddings',
      hit: cached,
      functionName: 'EmbeddingCache.get',
    });
    if (!cached) await embed(world, context, step.query);
    await Promise.all([searchVectors(world, context, step), searchKeywords(world, context, step)]);
    await rerank(world, context, step);
    const durationMs = clock.nowMs() - startMs;
    retriever.log(
      context,
      durationMs > 2500 ? 'WARN' : 'INFO',
      `search in ${step.source} took ${Math.round(durationMs)} ms, ${step.documents.length} passages kept`,
      {
        'code.function.name': 'SearchService.search',
        duration_ms: Math.round(durationMs),
        'rag.source': step.source,
      },
    );
  });
}

interface CacheLookup {
  readonly cache: string;
  readonly hit: boolean;
  readonly functionName: string;
}

/** A look into Redis: a database span, a counter and a line that `sightline logs --stats cache` counts. */
export async function lookUpCache(
  { clock, random }: World,
  context: Context,
  service: Service,
  { cache, hit, functionName }: CacheLookup,
): Promise<void> {
  await service.span(
    context,
    `GET ${cache}`,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        'db.system.name': 'redis',
        'db.operation.name': 'GET',
        'db.query.text': `GET ${cache}:${random.hex(12)}`,
        'server.address': 'redis.larkfield.internal',
        'cache.hit': hit,
      },
    },
    async (inside) => {
      const startMs = clock.nowMs();
      await clock.sleep(random.latencyMs(0.7));
      const durationMs = Number((clock.nowMs() - startMs).toFixed(2));
      service.instruments.count(
        'cache',
        1,
        { 'cache.name': cache, 'cache.result': hit ? 'hit' : 'miss' },
        inside,
      );
      service.instruments.record(
        'database',
        durationMs / 1000,
        { 'db.system.name': 'redis', 'db.operation.name': 'GET' },
        inside,
      );
      service.log(inside, 'DEBUG', `${cache}: ${hit ? 'hit' : 'miss'}`, {
        'code.function.name': functionName,
        duration_ms: durationMs,
        'cache.name': cache,
        'cache.hit': hit,
      });
    },
  );
}

async function embed(world: World, context: Context, text: string): Promise<void> {
  const { retriever, clock, random } = world;
  const model = models.embedding;
  const tokens = countTokens(text);
  await retriever.span(
    context,
    `embeddings ${model.name}`,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        'gen_ai.operation.name': 'embeddings',
        'gen_ai.provider.name': model.provider,
        'gen_ai.request.model': model.name,
        'gen_ai.embeddings.dimension.count': 1024,
        'server.address': model.host,
      },
    },
    async (inside, span) => {
      const startMs = clock.nowMs();
      await clock.sleep(random.latencyMs(model.firstChunkMs));
      span.setAttributes({
        'gen_ai.response.model': model.released,
        'gen_ai.usage.input_tokens': tokens,
        'gen_ai.usage.cost': priceOf(model, { input: tokens, output: 0, cacheRead: 0 }),
      });
      const labels = {
        'gen_ai.operation.name': 'embeddings',
        'gen_ai.provider.name': model.provider,
        'gen_ai.request.model': model.name,
      };
      retriever.instruments.record('genAi', (clock.nowMs() - startMs) / 1000, labels, inside);
      retriever.instruments.record(
        'genAiTokens',
        tokens,
        { ...labels, 'gen_ai.token.type': 'input' },
        inside,
      );
    },
  );
}

/** Gives up after a bound: the keyword search alone then has to do. */
async function searchVectors(world: World, context: Context, step: RetrieveStep): Promise<void> {
  const { retriever, vectorDb, clock, random } = world;
  try {
    await retriever.span(
      context,
      'query larkfield_kb',
      {
        kind: SpanKind.CLIENT,
        attributes: {
          'db.system.name': 'qdrant',
          'db.operation.name': 'search',
          'db.collection.name': 'larkfield_kb',
          'db.vector.query.top_k': 24,
          'rag.stage': 'vector_search',
          'server.address': 'vector-db.larkfield.internal',
        },
      },
      async (inside) => {
        const startMs = clock.nowMs();
        const incoming = readHeaders(writeHeaders(inside));
        await vectorDb.span(
          incoming,
          'points.search',
          {
            kind: SpanKind.SERVER,
            attributes: { 'rpc.system': 'grpc', 'rpc.service': 'qdrant.Points', 'rpc.method': 'Search' },
          },
          async (serving) => {
            vectorDb.instruments.load(1);
            try {
              await searchIndex(world, serving, step);
            } finally {
              vectorDb.instruments.load(-1);
            }
          },
        );
        const labels = {
          'db.system.name': 'qdrant',
          'db.operation.name': 'search',
          'db.collection.name': 'larkfield_kb',
        };
        retriever.instruments.record('database', (clock.nowMs() - startMs) / 1000, labels, inside);
      },
    );
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    retriever.logFailure(context, 'vector search failed; answering from keywords alone', error, {
      'code.function.name': 'SearchService.searchVectors',
      'rag.degraded': true,
    });
    retriever.instruments.count('errors', 1, { 'error.type': error.failure.type }, context);
    await clock.sleep(random.latencyMs(2));
  }
}

async function searchIndex(
  { vectorDb, clock, random }: World,
  context: Context,
  step: RetrieveStep,
): Promise<void> {
  const slowdown = weatherAt(clock.storyMs()).vectorSlowdown;
  const wantedMs = random.latencyMs(64 * slowdown, slowdown > 1 ? 0.9 : 0.4);
  await vectorDb.span(
    context,
    'hnsw.search',
    { attributes: { 'qdrant.segments': 16, 'qdrant.ef': 128, 'qdrant.optimizing': slowdown > 1 } },
    async () => {
      if (wantedMs > vectorTimeoutMs) {
        await clock.sleep(vectorTimeoutMs);
        throw createFailure('vectorTimeout');
      }
      await clock.sleep(wantedMs);
    },
  );
  if (slowdown > 1)
    vectorDb.log(context, 'WARN', 'search ran while segment 14 is being optimized', {
      'code.function.name': 'segments_searcher::search',
      duration_ms: Math.round(wantedMs),
    });
  await vectorDb.span(
    context,
    'payload.fetch',
    { attributes: { 'qdrant.points': step.documents.length * 4 } },
    async () => clock.sleep(random.latencyMs(7)),
  );
}

async function searchKeywords(
  { retriever, clock, random }: World,
  context: Context,
  step: RetrieveStep,
): Promise<void> {
  await retriever.span(
    context,
    'bm25_search',
    { attributes: { 'rag.stage': 'keyword_search', 'rag.index': step.source } },
    async () => clock.sleep(random.latencyMs(21)),
  );
}

async function rerank(
  { retriever, clock, random }: World,
  context: Context,
  step: RetrieveStep,
): Promise<void> {
  await retriever.span(
    context,
    'rerank rerank-v3.5',
    {
      kind: SpanKind.CLIENT,
      attributes: {
        'gen_ai.operation.name': 'rerank',
        'gen_ai.provider.name': 'cohere',
        'gen_ai.request.model': 'rerank-v3.5',
        'rag.stage': 'reranking',
        'rag.candidates': 31,
        'gen_ai.retrieval.documents': JSON.stringify(step.documents.map(({ id, score }) => ({ id, score }))),
      },
    },
    async () => clock.sleep(random.latencyMs(148)),
  );
}
