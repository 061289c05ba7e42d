import { demoDocuments, demoState } from '@sightline/schema/api';
import { type ApiRoute, route } from './route-table.ts';

/** The demo: a made-up shop with its agents, to look around with before one's own programs send anything. */
export const demoRoutes: readonly ApiRoute[] = [
  route({
    path: '/demo',
    summary: 'Whether demo data is stored, and how far loading or deleting it is.',
    tag: 'demo',
    scope: 'read',
    response: demoState,
    answer: ({ context, sources }) => sources.demo.read(context.project),
  }),
  route({
    method: 'POST',
    path: '/demo',
    summary:
      'Loads the last half hour of a made-up shop and its agents, through the door that telemetry takes. Answers at once.',
    tag: 'demo',
    scope: 'write',
    response: demoState,
    answer: ({ context, sources }) => sources.demo.load(context.project),
  }),
  route({
    method: 'POST',
    path: '/demo/documents',
    summary:
      'Makes what goes with demo data that a program sends: SLOs, prompts, a dataset and experiments. Deleting the demo data deletes them.',
    tag: 'demo',
    scope: 'write',
    response: demoDocuments,
    answer: ({ context, sources }) => sources.demo.makeDocuments(context.project),
  }),
  route({
    method: 'DELETE',
    path: '/demo',
    summary: 'Deletes what the demo made, and nothing else. Answers at once.',
    tag: 'demo',
    scope: 'write',
    response: demoState,
    answer: ({ context, sources }) => sources.demo.delete(context.project),
  }),
];
