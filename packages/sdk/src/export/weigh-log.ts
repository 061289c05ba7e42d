import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { LineRecord } from '../logging/line-record.ts';
import { flatBytes, weighAttributes } from '../core/weigh-span.ts';

/** As `weighSpan`, for records of logs. */
export function weighLog(record: ReadableLogRecord): number {
  // Asking a noted line for its attributes would build them.
  if (record instanceof LineRecord) return record.weigh();
  return (
    flatBytes +
    weighAttributes(record.attributes) +
    (typeof record.body === 'string' ? record.body.length : 500)
  );
}
