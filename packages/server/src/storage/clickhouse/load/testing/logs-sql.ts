import { idOf, mapText, mapTypes, storedTime, timeOf, valueText, valueType } from '../attribute-sql.ts';
import { itemsOf } from '../items-sql.ts';
import type { RowSelect } from '../row-select.ts';
import { longAttributes, shortAttributes, textFlags } from './text-flags-sql.ts';

/** `logs` from a segment of logs. */
export function logsSelect(source: string): RowSelect {
  const items = itemsOf({ signal: 'logs', item: 'l', source });
  const columns = {
    project: 'project',
    time: timeOf('if(l.time != 0, l.time, if(l.observed != 0, l.observed, received))'),
    // Rises in order of arrival, so that records of the same instant keep their order.
    log_id: 'received + rowNumberInAllBlocks()',
    event_time: timeOf('l.time'),
    observed_time: timeOf('l.observed'),
    received_time: 'received_time',
    stored_time: storedTime,
    severity_number: 'l.severity_number',
    severity_text: 'l.severity_text',
    body: valueText('l.body'),
    body_type: valueType('l.body'),
    event_name: 'l.event_name',
    service: 'service',
    trace_id: idOf('l.trace_id', 16),
    span_id: idOf('l.span_id', 8),
    flags: 'l.flags',
    attributes: shortAttributes('a', 'text_flags'),
    long_attributes: longAttributes('a', 'text_flags'),
    attribute_types: mapTypes('l.attributes'),
    text_ids: 'l.text_ids',
    resource_attributes: 'resource_map',
    resource_types: 'resource_types',
    resource_schema_url: 'resource_schema_url',
    resource_dropped: 'resource_dropped',
    scope_name: 'scope_name',
    scope_version: 'scope_version',
    scope_attributes: 'scope_map',
    scope_types: 'scope_types',
    scope_schema_url: 'scope_schema_url',
    dropped_attributes: 'l.dropped_attributes',
  };
  return {
    columns,
    from: `(SELECT *, ${textFlags('a')} AS text_flags FROM (SELECT *, ${mapText('l.attributes')} AS a FROM (${items})))`,
  };
}
