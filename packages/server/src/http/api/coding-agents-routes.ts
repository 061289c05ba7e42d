import { codingAgentsParameters, codingAgentsResponse } from '@sightline/schema/api';
import { readCodingAgents } from '../../query/coding-agents/read-coding-agents.ts';
import { type ApiRoute, route } from './route-table.ts';

export const codingAgentsRoutes: readonly ApiRoute[] = [
  route({
    path: '/coding-agents',
    summary:
      'What Claude Code, Codex CLI and Gemini CLI did: sessions, tokens, cost, tools, lines, by user and model.',
    tag: 'agents',
    scope: 'read',
    query: codingAgentsParameters,
    response: codingAgentsResponse,
    answer: async ({ context, query, sources }) => {
      const { prices } = await sources.evaluation.judgeSurroundings(context.project);
      return readCodingAgents(context, query, prices);
    },
  }),
];
