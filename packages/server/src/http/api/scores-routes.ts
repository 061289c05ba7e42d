import {
  newScoresRequest,
  newScoresResponse,
  scoresParameters,
  scoresResponse,
  scoreSummaryParameters,
  scoreSummaryResponse,
} from '@sightline/schema/api';
import { z } from 'zod';
import { deleteScore, recordRequest } from '../../evaluation/record-scores.ts';
import { findScores } from '../../query/scores/find-scores.ts';
import { summariseScores } from '../../query/scores/summarise-scores.ts';
import { type ApiRoute, route } from './route-table.ts';

/** What was judged, by whom: written by programs and people, read by everyone. */
export const scoresRoutes: readonly ApiRoute[] = [
  route({
    path: '/scores',
    summary: 'Scores on spans, traces and sessions, the newest first.',
    tag: 'scores',
    scope: 'read',
    query: scoresParameters,
    response: scoresResponse,
    answer: ({ context, query }) => findScores(context, query),
  }),
  route({
    method: 'POST',
    path: '/scores',
    summary: 'Scores a span, a trace or a session; one score, or up to 500 as {"scores":[…]}.',
    tag: 'scores',
    scope: 'write',
    body: newScoresRequest,
    response: newScoresResponse,
    answer: async ({ context, body }) => ({ scores: await recordRequest(context, body) }),
  }),
  route({
    path: '/scores/summary',
    summary: 'Scores by name over a window, and the rate of hallucination.',
    tag: 'scores',
    scope: 'read',
    query: scoreSummaryParameters,
    response: scoreSummaryResponse,
    answer: ({ context, query }) => summariseScores(context, query),
  }),
  route({
    method: 'DELETE',
    path: '/scores/:id',
    summary: 'Takes a score away.',
    tag: 'scores',
    scope: 'write',
    params: z.object({ id: z.string().max(64) }),
    response: z.object({ deleted: z.string() }),
    answer: async ({ context, params }) => {
      await deleteScore(context, params.id);
      return { deleted: params.id };
    },
  }),
];
