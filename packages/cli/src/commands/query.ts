import { sqlResponse, type SqlResponse } from '@sightline/schema/api';
import { badOption } from '../arguments/options.ts';
import type { Command, Invocation } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { counted, formatBytes, formatDurationMs } from '@sightline/base';
import { formatValue, oneLine } from '../output/format.ts';
import { readTextFile } from './read-text-file.ts';
import { noteLimits } from './search.ts';

export const queryCommand: Command = {
  name: 'query',
  summary: 'Run one read-only SQL statement.',
  positionals: '<sql>',
  positionalCount: { min: 0, max: 1 },
  options: {
    file: {
      type: 'string',
      short: 'f',
      value: 'path',
      about: 'Read the statement from a file; - is standard input.',
    },
    'max-rows': { type: 'string', value: 'count', about: 'Rows at most, up to 100000.', initial: '10000' },
    csv: { type: 'boolean', about: 'Print CSV (RFC 4180).' },
  },
  examples: [
    {
      line: "sightline query 'SELECT service, count() AS spans FROM spans GROUP BY service ORDER BY spans DESC'",
      about: 'spans by service',
    },
    { line: 'sightline query --file slow.sql --csv > slow.csv', about: 'from a file, to a spreadsheet' },
    { line: "sightline query 'SHOW TABLES'", about: 'what there is' },
  ],
  run: async (invocation) => {
    const { client, options, output } = invocation;
    const query = await readStatement(invocation);
    const maxRows = options.integer('max-rows', { min: 1, max: 100_000 });
    const response = await client.post(
      'sql',
      { query, ...(maxRows === undefined ? {} : { maxRows }) },
      sqlResponse,
    );
    noteLimits(output, response.limitsMet);
    if (output.json) output.document(response);
    else if (options.has('csv')) printCsv(response, invocation);
    else printTable(response, invocation);
    return exitCodes.ok;
  },
};

async function readStatement({ positionals, options }: Invocation): Promise<string> {
  const path = options.text('file');
  const inline = positionals[0];
  if ((path === undefined) === (inline === undefined))
    throw badOption('"sightline query" needs one statement: as a word, or with --file.');
  if (path === undefined) return inline ?? '';
  return readTextFile(path);
}

function printTable(response: SqlResponse, { output }: Invocation): void {
  const numeric = /^(Nullable\()?(U?Int|Float|Decimal)/;
  output.table(
    response.rows,
    response.columns.map(({ name, type }, index) => ({
      title: oneLine(name),
      text: (row) => oneLine(row[index] === null ? 'NULL' : formatValue(row[index])),
      align: numeric.test(type) ? ('right' as const) : ('left' as const),
      flexible: index === response.columns.length - 1,
    })),
  );
  if (output.width === undefined) return;
  output.note(
    output.style.dim(
      `${response.rowCount} ${response.rowCount === 1 ? 'row' : 'rows'} in ${formatDurationMs(response.elapsedMs)}, ` +
        `read ${counted(response.rowsRead, 'row')}, ${formatBytes(response.bytesRead)}`,
    ),
  );
}

function printCsv({ columns, rows }: SqlResponse, { output }: Invocation): void {
  const quote = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const print = (cells: readonly string[]): void => output.line(`${cells.map(quote).join(',')}\r`);
  print(columns.map(({ name }) => name));
  for (const row of rows) print(row.map((cell) => (cell === null ? '' : formatValue(cell))));
}
