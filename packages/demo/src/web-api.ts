import { type Attributes, type Context, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { agents } from './agents.ts';
import { type Message, serveHttp } from './model-call.ts';
import { invokeAgent } from './orchestrator.ts';
import { colleagues, customers, type Person } from './people.ts';
import { lookUpCache } from './retrieval.ts';
import type { Scenario, Turn } from './scenario.ts';
import { DemoFailure, readHeaders, withCorrelationId, writeHeaders } from './service.ts';
import type { World } from './world.ts';

/** Someone opens a conversation and goes through its turns, thinking between them. */
export async function converse(world: World, scenario: Scenario): Promise<void> {
  const { clock, random } = world;
  const person = random.weighted(scenario.agent === 'support' ? customers : colleagues);
  const conversationId = `conv_${random.hex(16)}`;
  const messages: Message[] = [];
  for (const [index, turn] of scenario.turns.entries()) {
    if (index > 0) await clock.sleep(random.between(9_000, 40_000));
    if (clock.stopping) return;
    const served = await serveTurn(world, { scenario, turn, person, conversationId, messages });
    // Nobody goes on talking to an error page.
    if (!served) return;
  }
}

interface TurnRequest {
  readonly scenario: Scenario;
  readonly turn: Turn;
  readonly person: Person;
  readonly conversationId: string;
  readonly messages: Message[];
}

async function serveTurn(world: World, request: TurnRequest): Promise<boolean> {
  const { webApi, clock } = world;
  const { scenario, person, conversationId } = request;
  const context = withCorrelationId(ROOT_CONTEXT, newCorrelationId(world));
  try {
    await serveHttp(
      world,
      webApi,
      context,
      { method: 'POST', route: scenario.route, attributes: describeVisitor(person, conversationId) },
      async (inside) => {
        const startMs = clock.nowMs();
        await checkVisitor(world, inside, person);
        const use = await askOrchestrator(world, inside, request);
        await saveTurn(world, inside);
        const seconds = (clock.nowMs() - startMs) / 1000;
        const labels = { 'gen_ai.agent.name': agents[scenario.agent].name };
        webApi.instruments.record('workflow', seconds, labels, inside);
        webApi.instruments.record('workflowCost', use.costUsd, labels, inside);
        webApi.log(
          inside,
          seconds > 60 ? 'WARN' : 'INFO',
          `POST ${scenario.route} 200 in ${seconds.toFixed(1)} s`,
          {
            'code.function.name': 'handleTurn',
            duration_ms: Math.round(seconds * 1000),
            category: 'API',
            'user.id': person.id,
            'http.response.status_code': 200,
          },
        );
      },
    );
    return true;
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    webApi.instruments.count(
      'errors',
      1,
      { 'error.type': error.failure.type, 'http.route': scenario.route },
      context,
    );
    return false;
  }
}

function describeVisitor(person: Person, conversationId: string): Attributes {
  return {
    'user.id': person.id,
    'session.id': conversationId,
    'larkfield.plan': person.plan,
    'user_agent.original': person.userAgent,
    'server.address': 'api.larkfield.com',
  };
}

async function checkVisitor(world: World, context: Context, person: Person): Promise<void> {
  const { webApi, clock, random } = world;
  await webApi.span(
    context,
    'auth.verify_token',
    { attributes: { 'user.id': person.id, 'auth.scheme': 'bearer' } },
    async () => clock.sleep(random.latencyMs(1.9)),
  );
  await lookUpCache(world, context, webApi, {
    cache: 'sessions',
    hit: random.chance(0.88),
    functionName: 'SessionStore.load',
  });
}

async function askOrchestrator(
  world: World,
  context: Context,
  { scenario, turn, person, conversationId, messages }: TurnRequest,
) {
  const { webApi, orchestrator, clock, random } = world;
  const path = `/internal/agents/${agents[scenario.agent].name}/runs`;
  return webApi.span(
    context,
    'POST',
    {
      kind: SpanKind.CLIENT,
      attributes: {
        'http.request.method': 'POST',
        'url.full': `http://agent-orchestrator.larkfield.internal${path}`,
        'server.address': 'agent-orchestrator.larkfield.internal',
      },
    },
    async (inside, span) => {
      await clock.sleep(random.latencyMs(1.5));
      try {
        const use = await serveHttp(
          world,
          orchestrator,
          readHeaders(writeHeaders(inside)),
          { method: 'POST', route: '/internal/agents/{agent}/runs', attributes: { 'url.path': path } },
          async (serving) =>
            invokeAgent(world, serving, {
              agent: scenario.agent,
              conversationId,
              userId: person.id,
              messages,
              request: turn.user,
              photo: turn.photo,
              steps: turn.steps,
              answer: turn.answer,
              apology: turn.apology,
              evaluations: turn.evaluations,
              stream: true,
              opens: messages.length === 0,
            }),
        );
        span.setAttribute('http.response.status_code', 200);
        return use;
      } catch (error) {
        span.setAttribute('http.response.status_code', 503);
        webApi.logFailure(inside, `the agent gave up; answering 503 on ${scenario.route}`, error, {
          'code.function.name': 'handleTurn',
          'user.id': person.id,
          category: 'API',
        });
        throw error;
      }
    },
  );
}

async function saveTurn({ webApi, clock, random }: World, context: Context): Promise<void> {
  await webApi.span(
    context,
    'INSERT conversation_turns',
    {
      kind: SpanKind.CLIENT,
      attributes: {
        'db.system.name': 'postgresql',
        'db.operation.name': 'INSERT',
        'db.collection.name': 'conversation_turns',
        'db.query.text': 'INSERT INTO conversation_turns (conversation_id, role, body) VALUES ($1, $2, $3)',
      },
    },
    async () => clock.sleep(random.latencyMs(4.5)),
  );
}

const plainRoutes = [
  { method: 'GET', route: '/v1/conversations/{id}', medianMs: 24, weight: 6 },
  { method: 'GET', route: '/v1/products/search', medianMs: 85, weight: 5 },
  { method: 'PUT', route: '/v1/feedback', medianMs: 15, weight: 1 },
] as const;

/** The requests around the conversations: quick, many, and without any model. */
export async function browse(world: World): Promise<void> {
  const { webApi, clock, random } = world;
  const person = random.weighted(customers);
  const { method, route, medianMs } = random.weighted(plainRoutes);
  const context = withCorrelationId(ROOT_CONTEXT, newCorrelationId(world));
  await serveHttp(
    world,
    webApi,
    context,
    { method, route, attributes: describeVisitor(person, `visit_${random.hex(12)}`) },
    async (inside) => {
      const startMs = clock.nowMs();
      await lookUpCache(world, inside, webApi, {
        cache: 'responses',
        hit: random.chance(0.71),
        functionName: 'ResponseCache.get',
      });
      await clock.sleep(random.latencyMs(medianMs, 0.5));
      webApi.log(inside, 'INFO', `${method} ${route} 200`, {
        'code.function.name': 'handleRequest',
        duration_ms: Math.round(clock.nowMs() - startMs),
        category: 'API',
        'http.response.status_code': 200,
      });
    },
  );
}

/** A UUID of version 4, from the demo's own chance. */
function newCorrelationId({ random }: World): string {
  const hex = random.hex(32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
