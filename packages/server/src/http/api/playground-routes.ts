import {
  connectionsResponse,
  newConnection,
  playgroundCall,
  playgroundCallParameters,
  playgroundEvent,
  type PlaygroundRequest,
  playgroundRequest,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { renderMessages } from '@sightline/schema/prompts';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { deleteConnection } from '../../catalog/model-connections.ts';
import { callModel } from '../../playground/call-model.ts';
import { describeConnections, keepConnection, openConnection } from '../../playground/connections.ts';
import { readRecordedCall } from '../../playground/recorded-call.ts';
import { readSpan } from '../../query/read-trace.ts';
import type { QueryContext } from '../../query/reader.ts';
import { EventStream, StreamPlaces } from './event-stream.ts';
import { type ApiRoute, type ApiSources, route } from './route-table.ts';

/** Three images of the largest size. */
const bodyBytesMax = 16_000_000;

/** Models that the server asks on behalf of whoever edits a prompt. */
export const playgroundRoutes: readonly ApiRoute[] = [
  route({
    path: '/playground/connections',
    summary: 'Where models can be asked. Keys are never shown.',
    tag: 'playground',
    scope: 'read',
    response: connectionsResponse,
    answer: ({ context, sources }) => describeConnections(context.project, sources.models),
  }),
  route({
    method: 'PUT',
    path: '/playground/connections',
    summary: 'Makes a connection, or replaces the one of the same name.',
    tag: 'playground',
    scope: 'admin',
    body: newConnection,
    response: connectionsResponse,
    answer: async ({ context, sources, body }) => {
      await keepConnection(context.project, body, sources.models);
      return describeConnections(context.project, sources.models);
    },
  }),
  route({
    method: 'DELETE',
    path: '/playground/connections/:name',
    summary: 'Deletes a connection, and its key where it had one.',
    tag: 'playground',
    scope: 'admin',
    params: z.object({ name: z.string().max(100) }),
    response: connectionsResponse,
    answer: async ({ context, sources, params }) => {
      if (!(await deleteConnection(sources.catalog, context.project, params.name)))
        throw new SightlineError(
          'not_found',
          `There is no connection ${JSON.stringify(params.name)} to delete.`,
          {
            hint: 'Those of the environment last as long as their variable is set.',
          },
        );
      return describeConnections(context.project, sources.models);
    },
  }),
  route({
    path: '/playground/recorded-call',
    summary: 'A recorded call of a model as a prompt that can be edited and asked again.',
    tag: 'playground',
    scope: 'read',
    query: playgroundCallParameters,
    response: playgroundCall,
    answer: async ({ context, query }) => readRecordedCall(await readSpan(context, query)),
  }),
  route({
    method: 'POST',
    path: '/playground/call',
    summary: 'Asks a model; the answer comes as server-sent events. Tools are never executed, only stubbed.',
    tag: 'playground',
    scope: 'write',
    body: playgroundRequest,
    pieces: {
      contentType: 'text/event-stream',
      description: 'Server-sent events without names; the data of each is one of these objects.',
      kinds: { event: playgroundEvent },
      areUnnamed: true,
    },
    bodyBytesMax,
    answer: async ({ context, sources, body, reply }) => streamCall({ context, sources, body, reply }),
  }),
];

/** Calls at a time: each holds a connection to a provider. */
const callsMax = 20;
const places = new StreamPlaces(callsMax, {
  message: `${callsMax} calls of models are under way already.`,
  hint: 'Try again when one has ended.',
});

async function streamCall({
  context,
  sources,
  body,
  reply,
}: {
  readonly context: QueryContext;
  readonly sources: ApiSources;
  readonly body: PlaygroundRequest;
  readonly reply: FastifyReply;
}): Promise<void> {
  if (body.content.model === undefined)
    throw new SightlineError('bad_request', 'The prompt names no model.', { hint: 'Give content.model.' });
  const connection = await openConnection(context.project, body.connection, sources.models);
  await places.within(async () => {
    const stream = new EventStream(reply);
    try {
      const { content, variables, stubs, stepsMax } = body;
      const events = callModel(
        {
          connection,
          content: { ...content, messages: renderMessages(content.messages, variables) },
          stubs,
          stepsMax,
        },
        {
          reach: sources.models.reach,
          prices: sources.prices.bookOf(context.project),
          nowMs: () => Number(context.clock.now() / 1_000_000n),
          signal: stream.signal,
        },
      );
      for await (const event of events) {
        if (stream.signal.aborted) break;
        await stream.write(`data: ${JSON.stringify(event)}\n\n`);
      }
    } finally {
      stream.end();
    }
  });
}
