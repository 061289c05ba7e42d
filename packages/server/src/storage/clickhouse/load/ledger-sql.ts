import type { TelemetrySignal } from '@sightline/schema/api';
import { timeOf } from './attribute-sql.ts';
import type { RowSelect } from './row-select.ts';

/** `ledger` from a segment: a row with an empty reason for what was accepted, one per reason for what was not. */
export function ledgerSelect(signal: TelemetrySignal, source: string): RowSelect {
  return {
    columns: {
      project: 'project',
      signal: `'${signal}'`,
      minute: `toStartOfMinute(${timeOf('received')})`,
      reason: 'entry.1',
      accepted: 'sum(entry.2)',
      rejected: 'sum(entry.3)',
    },
    from: `(SELECT project, received, arrayJoin(arrayConcat(
        [('', toUInt64(accepted), toUInt64(0))],
        arrayMap(r -> (r.reason, toUInt64(0), toUInt64(r.count)), rejections))) AS entry FROM ${source})
      GROUP BY ALL`,
  };
}
