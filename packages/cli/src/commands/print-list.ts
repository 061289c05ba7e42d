import { type FilterSignal, findNearField } from '@sightline/schema/filter';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import type { Output } from '../output/output.ts';
import type { Column } from '../output/table.ts';
import { noteLimits } from './search.ts';

interface ListAnswer<Row> {
  /** Printed whole with --json. */
  readonly response: {
    readonly limitsMet?: readonly { readonly message: string }[] | undefined;
    readonly nextCursor?: string | null;
  };
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** Said where there is nothing, such as `No runs found. Widen --from, or loosen the filter.` */
  readonly ifNone: string;
  /** The filter that found nothing may have meant another. */
  readonly asked?: { readonly filter: string | undefined; readonly signal: FilterSignal };
}

/** The end of every command that lists: a table or the answer itself, and whether something was found. */
export function printList<Row>(
  output: Output,
  { response, rows, columns, ifNone, asked }: ListAnswer<Row>,
): ExitCode {
  noteLimits(output, response.limitsMet);
  if (output.json) output.document(response);
  else if (rows.length > 0) output.table(rows, columns);
  if (!output.json && (response.nextCursor ?? null) !== null)
    output.note(output.style.dim(`The first ${rows.length}; more with --limit.`));
  if (rows.length > 0) return exitCodes.ok;
  if (output.json) return exitCodes.notFound;
  output.note(ifNone);
  const near = asked?.filter === undefined ? undefined : findNearField(asked.filter, asked.signal);
  if (near !== undefined) output.note(`There is no field "${near.written}". Did you mean ${near.filter}?`);
  return exitCodes.notFound;
}
