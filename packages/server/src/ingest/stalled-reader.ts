import type { FastifyInstance } from 'fastify';

/** What a client does not read of its answer is held in memory: one that takes nothing of it for this long is let go. */
const stalledMsMax = 60_000;

/** The bound ends with the answer: for the next request Node waits as long as it always does. */
export function letStalledReadersGo(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply) => {
    reply.raw.setTimeout(stalledMsMax);
  });
}
