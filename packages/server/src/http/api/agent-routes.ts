import {
  agentsParameters,
  agentsResponse,
  modelsParameters,
  modelsResponse,
  runsParameters,
  runsResponse,
  sessionParameters,
  sessionResponse,
  sessionsParameters,
  sessionsResponse,
  toolFailuresParameters,
  toolFailuresResponse,
  toolsParameters,
  toolsResponse,
  usersParameters,
  usersResponse,
} from '@sightline/schema/api';
import { z } from 'zod';
import { findAgents, findModels, findTools } from '../../query/agents/find-callees.ts';
import { findSessions, findUsers, readSession } from '../../query/agents/find-run-groups.ts';
import { findToolFailures } from '../../query/agents/find-tool-failures.ts';
import { findRuns } from '../../query/agents/find-runs.ts';
import { type ApiRoute, route } from './route-table.ts';

export const sessionInPath = z.object({ id: z.string().min(1).max(500).describe('Session id.') });

/** What agents did: runs, sessions, users, and what they called. */
export const agentRoutes: readonly ApiRoute[] = [
  route({
    path: '/runs',
    summary: 'Runs of agents, in the order asked for.',
    tag: 'agents',
    scope: 'read',
    query: runsParameters,
    response: runsResponse,
    answer: ({ context, query }) => findRuns(context, query),
  }),
  route({
    path: '/sessions',
    summary: 'Sessions: runs that are one conversation.',
    tag: 'agents',
    scope: 'read',
    query: sessionsParameters,
    response: sessionsResponse,
    answer: ({ context, query }) => findSessions(context, query),
  }),
  route({
    path: '/sessions/:id',
    summary: 'One session with its runs, the first first.',
    tag: 'agents',
    scope: 'read',
    params: sessionInPath,
    query: sessionParameters,
    response: sessionResponse,
    answer: ({ context, params, query }) => readSession(context, { ...query, ...params }),
  }),
  route({
    path: '/users',
    summary: 'Users with what their runs did and cost.',
    tag: 'agents',
    scope: 'read',
    query: usersParameters,
    response: usersResponse,
    answer: ({ context, query }) => findUsers(context, query),
  }),
  route({
    path: '/models',
    summary: 'Models with their calls, latency, tokens and cost.',
    tag: 'agents',
    scope: 'read',
    query: modelsParameters,
    response: modelsResponse,
    answer: ({ context, query }) => findModels(context, query),
  }),
  route({
    path: '/agents',
    summary: 'Agents with what they did and cost.',
    tag: 'agents',
    scope: 'read',
    query: agentsParameters,
    response: agentsResponse,
    answer: ({ context, query }) => findAgents(context, query),
  }),
  route({
    path: '/tools',
    summary: 'Tools with their calls and failures.',
    tag: 'agents',
    scope: 'read',
    query: toolsParameters,
    response: toolsResponse,
    answer: ({ context, query }) => findTools(context, query),
  }),
  route({
    path: '/tools/failures',
    summary: 'Failed calls of tools, grouped by what they say.',
    tag: 'agents',
    scope: 'read',
    query: toolFailuresParameters,
    response: toolFailuresResponse,
    answer: ({ context, query }) => findToolFailures(context, query),
  }),
];
