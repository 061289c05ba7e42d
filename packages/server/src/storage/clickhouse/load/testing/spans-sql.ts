import { idOf, mapText, mapTypes, storedTime, timeOf } from '../attribute-sql.ts';
import { itemsOf } from '../items-sql.ts';
import type { RowSelect } from '../row-select.ts';
import { longAttributes, shortAttributes, textFlags } from './text-flags-sql.ts';

const durationNs = 'if(s.end > s.start, s.end - s.start, 0)';

/** `spans` from a segment of traces. */
export function spansSelect(source: string): RowSelect {
  const items = itemsOf({ signal: 'traces', item: 's', source });
  const columns = {
    project: 'project',
    trace_id: 's.trace_id',
    span_id: 's.span_id',
    parent_span_id: idOf('s.parent_span_id', 8),
    trace_state: 's.trace_state',
    flags: 's.flags',
    name: 's.name',
    kind: 's.kind',
    service: 'service',
    start_time: timeOf('s.start'),
    duration_ns: durationNs,
    status_code: 's.status.code',
    status_message: 's.status.message',
    attributes: shortAttributes('a', 'text_flags'),
    long_attributes: longAttributes('a', 'text_flags'),
    attribute_types: mapTypes('s.attributes'),
    text_ids: 's.text_ids',
    resource_attributes: 'resource_map',
    resource_types: 'resource_types',
    resource_schema_url: 'resource_schema_url',
    resource_dropped: 'resource_dropped',
    scope_name: 'scope_name',
    scope_version: 'scope_version',
    scope_attributes: 'scope_map',
    scope_types: 'scope_types',
    scope_schema_url: 'scope_schema_url',
    event_times: `arrayMap(e -> ${timeOf('e.time')}, s.events)`,
    event_names: 's.events.name',
    event_attributes: `arrayMap(e -> ${mapText('e.attributes')}, s.events)`,
    event_types: `arrayMap(e -> ${mapTypes('e.attributes')}, s.events)`,
    event_dropped: 's.events.dropped',
    link_trace_ids: `arrayMap(l -> ${idOf('l.trace_id', 16)}, s.links)`,
    link_span_ids: `arrayMap(l -> ${idOf('l.span_id', 8)}, s.links)`,
    link_trace_states: 's.links.trace_state',
    link_flags: 's.links.flags',
    link_attributes: `arrayMap(l -> ${mapText('l.attributes')}, s.links)`,
    link_types: `arrayMap(l -> ${mapTypes('l.attributes')}, s.links)`,
    link_dropped: 's.links.dropped',
    dropped_attributes: 's.dropped_attributes',
    dropped_events: 's.dropped_events',
    dropped_links: 's.dropped_links',
    received_time: 'received_time',
    stored_time: storedTime,
  };
  return {
    columns,
    from: `(SELECT *, ${textFlags('a')} AS text_flags FROM (SELECT *, ${mapText('s.attributes')} AS a FROM (${items})))`,
  };
}
