import {
  agentsResponse,
  alertHistoryResponse,
  checksResponse,
  comparedMax,
  type ComparisonResponse,
  datasetsResponse,
  errorGroup,
  experimentsResponse,
  foundSpan,
  logRecord,
  mcpResponse,
  metricsResponse,
  modelsResponse,
  promptsResponse,
  rowFileParameters,
  run,
  scoresResponse,
  session,
  slosResponse,
  stagesResponse,
  toolsResponse,
  traceSummary,
  usage,
  user,
} from '@sightline/schema/api';
import { rowWriters } from '@sightline/schema/rows';
import { z } from 'zod';
import { comparedRow, comparedRows } from '../../experiments/compared-rows.ts';
import { type ApiRoute, route } from './route-table.ts';
import { type RowPage, sendRowFile } from './send-row-file.ts';

interface ListFile {
  /** Of the file, and of its path. */
  readonly name: string;
  /** The list, whose rows are asked for page by page, or at once where it has no pages. */
  readonly list: ApiRoute;
  /** Where its answer has the rows; the name where nothing is said. */
  readonly rowsIn?: string;
  /** The column that comes first; counts of tokens come last. */
  readonly key: string;
  readonly row: z.ZodObject;
  /** Where an item of the list is several rows. */
  readonly split?: {
    readonly rowsMax: number;
    readonly rowsOf: (answer: Readonly<Record<string, unknown>>) => RowPage['rows'];
  };
}

/** All rows of a list as a file: its own pages one after the other, so that the rows are those of the list. */
export function rowFilesRoutes(table: readonly ApiRoute[]): readonly ApiRoute[] {
  const listAt = (path: string): ApiRoute => {
    const list = table.find((each) => each.path === path && each.method === 'GET');
    if (list === undefined) throw new Error(`There is no list ${path}.`);
    return list;
  };
  const file = (name: string, key: string, row: z.ZodObject): ListFile => ({
    name,
    list: listAt(`/${name}`),
    key,
    row,
  });
  return [
    file('runs', 'traceId', run),
    file('traces', 'traceId', traceSummary),
    file('spans', 'spanId', foundSpan),
    file('sessions', 'sessionId', session),
    file('users', 'userId', user),
    file('logs', 'id', logRecord),
    file('models', 'model', modelsResponse.shape.models.element),
    file('agents', 'agent', agentsResponse.shape.agents.element),
    file('tools', 'tool', toolsResponse.shape.tools.element),
    file('scores', 'id', scoresResponse.shape.scores.element),
    file('errors', 'id', errorGroup),
    file('metrics', 'name', metricsResponse.shape.metrics.element),
    file('slos', 'name', slosResponse.shape.slos.element),
    file('checks', 'name', checksResponse.shape.checks.element),
    file('prompts', 'name', promptsResponse.shape.prompts.element),
    file('datasets', 'name', datasetsResponse.shape.datasets.element),
    file('experiments', 'name', experimentsResponse.shape.experiments.element),
    {
      ...file('alerts/history', 'time', alertHistoryResponse.shape.events.element),
      name: 'alert-history',
      rowsIn: 'events',
    },
    { ...file('mcp', 'server', mcpResponse.shape.servers.element), name: 'mcp-servers', rowsIn: 'servers' },
    file('stages', 'name', stagesResponse.shape.stages.element),
    {
      name: 'compared-items',
      list: listAt('/experiments/compare'),
      key: 'itemId',
      row: comparedRow,
      split: {
        rowsMax: comparedMax,
        rowsOf: (answer: object) => comparedRows(answer as ComparisonResponse),
      },
    },
  ].map(fileOf);
}

/** More than a list without pages answers at once. */
const unpagedRowsMax = 100_000;

function fileOf({ name, list, rowsIn = name, key, row, split }: ListFile): ApiRoute {
  const { limit, cursor, ...parameters } = list.query?.shape ?? {};
  const own = Object.keys(row.shape).filter((column) => !(column in usage.shape));
  const columns = [...new Set([key, ...own, ...Object.keys(row.shape)])];
  return route({
    path: `/export/${name}`,
    summary: `All rows of the list ${list.path} as CSV, JSON lines or a table in Markdown, in one file.`,
    tag: 'explore',
    scope: list.scope,
    query: z.object({ ...parameters, ...rowFileParameters.shape }),
    files: Object.values(rowWriters).map(({ contentType }) => contentType.split(';', 1)[0] ?? contentType),
    share: 'search',
    answer: async ({ query, request, reply, ...asked }) => {
      const { format, rows: rowsMax, ...wanted } = query;
      const read = async (page: { readonly limit: number; readonly cursor: string | undefined }) => {
        const refused = page.cursor === undefined ? undefined : await asked.refusedNow();
        if (refused !== undefined) throw refused;
        const items = split === undefined ? page.limit : Math.max(1, Math.floor(page.limit / split.rowsMax));
        const paged =
          cursor === undefined
            ? limit === undefined
              ? {}
              : { limit: unpagedRowsMax }
            : { ...page, limit: items };
        const answer = (await list.answer({
          ...asked,
          request,
          reply,
          query: { ...wanted, ...paged },
        })) as Readonly<Record<string, unknown>> & Partial<Omit<RowPage, 'rows'>>;
        const { nextCursor = null, limitsMet } = answer;
        if (split === undefined) return { rows: answer[rowsIn] as RowPage['rows'], nextCursor, limitsMet };
        const rows = split.rowsOf(answer);
        // Only a last page that is smaller than the rows of one item is cut here.
        const isCut = rows.length > page.limit;
        return {
          rows: rows.slice(0, page.limit),
          nextCursor: isCut ? (nextCursor ?? 'more') : nextCursor,
          limitsMet,
        };
      };
      const writer = rowWriters[format];
      await sendRowFile({ name, writer, columns, rowsMax, read }, { request, reply });
    },
  });
}
