import type { TelemetrySignal } from '@sightline/schema/api';
import { timeOf } from './attribute-sql.ts';
import type { RowSelect } from './row-select.ts';

/** `texts` from a segment. */
export function textsSelect(signal: TelemetrySignal, source: string): RowSelect {
  return {
    columns: {
      project: 'project',
      id: 'text.id',
      body: 'text.body',
      first_time: timeOf('text.time'),
      last_time: timeOf('text.time'),
      trace_hash: 'cityHash64(text.trace_id)',
    },
    from: `(SELECT project, arrayJoin(${signal}.texts) AS text FROM ${source})`,
  };
}
