import { type Context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { createFailure, type FailureId } from './failures.ts';
import { DemoFailure, readHeaders, withCorrelationId, type Service } from './service.ts';
import type { World } from './world.ts';

/** Takes a refund from the queue a little later, in the trace of the request that asked for it. */
export async function settleRefund(
  world: World,
  headers: Record<string, string>,
  { queue, amountEur }: { readonly queue: string; readonly amountEur: number },
): Promise<void> {
  const { billing, clock, random } = world;
  const sender = readHeaders(headers);
  const senderSpan = trace.getSpanContext(sender);
  await clock.sleep(random.between(300, 2500));
  await consume(world, sender, {
    queue,
    links:
      senderSpan === undefined ? [] : [{ context: senderSpan, attributes: { 'messaging.link': 'producer' } }],
    handle: async (context) => {
      await runStatement(world, context, {
        statement: 'INSERT INTO ledger_entries (refund_id, amount_cents) VALUES ($1, $2)',
        medianMs: 12,
        fails: 0.1,
      });
      await payOut(world, context, 0);
      billing.instruments.count('refunds', amountEur, { queue }, context);
      billing.log(context, 'INFO', `refund of ${amountEur.toFixed(2)} EUR sent to the card`, {
        'code.function.name': 'settleRefund',
        category: 'BUSINESS',
        'refund.amount_eur': amountEur,
      });
    },
  });
}

/** The monthly invoices of club members: work without any user waiting. */
export async function chargeInvoice(world: World): Promise<void> {
  const { random } = world;
  const invoice = `INV-${random.integer(20_100, 20_999)}`;
  const context = withCorrelationId(ROOT_CONTEXT, `job-${random.hex(12)}`);
  await consume(world, context, {
    queue: 'invoices',
    links: [],
    handle: async (inside) => {
      await runStatement(world, inside, {
        statement: 'SELECT * FROM invoices WHERE invoice_id = $1 FOR UPDATE SKIP LOCKED',
        medianMs: 5,
        fails: 0,
      });
      await payOut(world, inside, 0.08);
      await runStatement(world, inside, {
        statement: 'UPDATE invoices SET state = $2 WHERE invoice_id = $1',
        medianMs: 8,
        fails: 0.04,
      });
      world.billing.log(inside, 'INFO', `${invoice} is paid`, {
        'code.function.name': 'chargeInvoice',
        category: 'BUSINESS',
      });
    },
  });
}

interface Job {
  readonly queue: string;
  readonly links: Parameters<Service['span']>[2]['links'] & {};
  readonly handle: (context: Context) => Promise<void>;
}

async function consume(world: World, context: Context, { queue, links, handle }: Job): Promise<void> {
  const { billing, clock, random } = world;
  const startMs = clock.nowMs();
  billing.instruments.load(1);
  try {
    await billing.span(
      context,
      `process ${queue}`,
      {
        kind: SpanKind.CONSUMER,
        links,
        attributes: {
          'messaging.system': 'rabbitmq',
          'messaging.operation.name': 'process',
          'messaging.destination.name': queue,
          'messaging.message.id': random.hex(16),
        },
      },
      async (inside) => {
        try {
          await handle(inside);
        } catch (error) {
          billing.logFailure(
            inside,
            `job of queue ${queue} failed after ${Math.round(clock.nowMs() - startMs)} ms`,
            error,
            {
              'code.function.name': 'Worker.handle',
            },
          );
          throw error;
        }
      },
    );
    billing.instruments.count('jobs', 1, { queue, outcome: 'done' }, context);
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    billing.instruments.count('jobs', 1, { queue, outcome: 'failed' }, context);
    billing.instruments.count('errors', 1, { 'error.type': error.failure.type }, context);
  } finally {
    billing.instruments.load(-1);
  }
}

/** A deadlock is tried again once, as the library does. */
async function runStatement(
  { billing, clock, random }: World,
  context: Context,
  {
    statement,
    medianMs,
    fails,
  }: { readonly statement: string; readonly medianMs: number; readonly fails: number },
): Promise<void> {
  const operation = statement.split(' ')[0] ?? '';
  const attempt = async (failure: FailureId | undefined): Promise<void> =>
    billing.span(
      context,
      `${operation} ${statement.includes('ledger') ? 'ledger_entries' : 'invoices'}`,
      {
        kind: SpanKind.CLIENT,
        attributes: {
          'db.system.name': 'postgresql',
          'db.namespace': 'billing',
          'db.operation.name': operation,
          'db.query.text': statement,
        },
      },
      async (inside) => {
        const startMs = clock.nowMs();
        await clock.sleep(random.latencyMs(failure === undefined ? medianMs : 1050));
        billing.instruments.record(
          'database',
          (clock.nowMs() - startMs) / 1000,
          { 'db.system.name': 'postgresql', 'db.operation.name': operation },
          inside,
        );
        if (failure !== undefined) throw createFailure(failure);
      },
    );
  if (random.chance(fails)) {
    try {
      await attempt('deadlock');
    } catch {
      billing.log(context, 'WARN', 'deadlock detected; running the transaction again', {
        'code.function.name': 'withTransaction',
        'retry.attempt': 1,
      });
      billing.instruments.count('retries', 1, { 'db.system.name': 'postgresql' }, context);
    }
  }
  await attempt(undefined);
}

async function payOut({ billing, clock, random }: World, context: Context, declined: number): Promise<void> {
  await billing.span(
    context,
    'POST',
    {
      kind: SpanKind.CLIENT,
      attributes: {
        'http.request.method': 'POST',
        'url.full': 'https://api.paybridge.eu/v1/transfers',
        'server.address': 'api.paybridge.eu',
      },
    },
    async (_inside, span) => {
      await clock.sleep(random.latencyMs(310));
      const refused = random.chance(declined);
      span.setAttribute('http.response.status_code', refused ? 402 : 200);
      if (refused) throw createFailure('cardDeclined');
    },
  );
}
