import { timeOf } from './attribute-sql.ts';
import type { RowSelect } from './row-select.ts';

/** `texts` from a segment of traces. */
export function textsSelect(source: string): RowSelect {
  return {
    columns: {
      project: 'project',
      id: 'text.id',
      body: 'text.body',
      first_time: timeOf('text.time'),
      last_time: timeOf('text.time'),
      trace_hash: 'cityHash64(text.trace_id)',
    },
    from: `(SELECT project, arrayJoin(traces.texts) AS text FROM ${source})`,
  };
}
