import {
  logRecord,
  logsParameters,
  rowFileParameters,
  run,
  runsParameters,
  session,
  sessionsParameters,
  tracesParameters,
  traceSummary,
  usage,
  user,
  usersParameters,
} from '@sightline/schema/api';
import { rowWriters } from '@sightline/schema/rows';
import { z } from 'zod';
import { findSessions, findUsers } from '../../query/agents/find-run-groups.ts';
import { findRuns } from '../../query/agents/find-runs.ts';
import { findLogs } from '../../query/find-logs.ts';
import { findTraces } from '../../query/find-traces.ts';
import type { QueryContext } from '../../query/reader.ts';
import { type ApiRoute, route } from './route-table.ts';
import { type RowPage, sendRowFile } from './send-row-file.ts';

interface ListFile<Parameters extends z.ZodObject> {
  readonly name: string;
  /** The column that comes first; counts of tokens come last. */
  readonly key: string;
  readonly parameters: Parameters;
  readonly row: z.ZodObject;
  readonly read: (context: QueryContext, query: z.output<Parameters>) => Promise<RowPage>;
}

/** All rows of a list as a file: its own pages one after the other, so that the rows are those of the list. */
export const rowFilesRoutes: readonly ApiRoute[] = [
  fileOf({
    name: 'runs',
    key: 'traceId',
    parameters: runsParameters,
    row: run,
    read: async (context, query) => {
      const { runs: rows, ...end } = await findRuns(context, query);
      return { rows, ...end };
    },
  }),
  fileOf({
    name: 'traces',
    key: 'traceId',
    parameters: tracesParameters,
    row: traceSummary,
    read: async (context, query) => {
      const { traces: rows, ...end } = await findTraces(context, query);
      return { rows, ...end };
    },
  }),
  fileOf({
    name: 'sessions',
    key: 'sessionId',
    parameters: sessionsParameters,
    row: session,
    read: async (context, query) => {
      const { sessions: rows, ...end } = await findSessions(context, query);
      return { rows, ...end };
    },
  }),
  fileOf({
    name: 'users',
    key: 'userId',
    parameters: usersParameters,
    row: user,
    read: async (context, query) => {
      const { users: rows, ...end } = await findUsers(context, query);
      return { rows, ...end };
    },
  }),
  fileOf({
    name: 'logs',
    key: 'id',
    parameters: logsParameters,
    row: logRecord,
    read: async (context, query) => {
      const { logs: rows, ...end } = await findLogs(context, query);
      return { rows, ...end };
    },
  }),
];

function fileOf<Parameters extends z.ZodObject>(list: ListFile<Parameters>): ApiRoute {
  const { limit: _limit, cursor: _cursor, ...parameters } = list.parameters.shape;
  const own = Object.keys(list.row.shape).filter((column) => !(column in usage.shape));
  const columns = [...new Set([list.key, ...own, ...Object.keys(list.row.shape)])];
  return route({
    path: `/export/${list.name}`,
    summary: `All rows of the list /${list.name} as CSV, JSON lines or a table in Markdown, in one file.`,
    tag: 'explore',
    scope: 'read',
    query: z.object({ ...parameters, ...rowFileParameters.shape }),
    files: Object.values(rowWriters).map(({ contentType }) => contentType),
    share: 'search',
    answer: async ({ context, query, request, reply }) => {
      const { format, rows: rowsMax, ...asked } = query;
      await sendRowFile(
        {
          name: list.name,
          writer: rowWriters[format],
          columns,
          rowsMax,
          // `asked` is what the parameters are without the two of pages.
          read: async (page) => list.read(context, { ...asked, ...page } as z.output<Parameters>),
        },
        { request, reply },
      );
    },
  });
}
