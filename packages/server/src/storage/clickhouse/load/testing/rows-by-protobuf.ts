/**
 * A second reader of segments, to compare the columns of ours with: the engine's own Protobuf reader, told what OTLP is, and SQL that makes rows of it. It knows no normal fields;
 * those are compared with what the engine derives from stored rows (segment-columns.derived.test.ts).
 */
import { timeOf } from '../attribute-sql.ts';
import { insertSql } from '../row-select.ts';
import type { InsertBytesRequest } from '../../engine.ts';
import { logsSelect } from './logs-sql.ts';
import { spansSelect } from './spans-sql.ts';

const proto = `syntax = "proto3";
message Envelope { string project = 1; fixed64 received = 2; Traces traces = 6; Logs logs = 7; }
message Value { oneof value { string s = 1; bool b = 2; int64 i = 3; double d = 4; bytes y = 7; string j = 15; } }
message Resource { map<string, Value> attributes = 1; uint32 dropped = 2; }
message Scope { string name = 1; string version = 2; map<string, Value> attributes = 3; }
message Traces { repeated ResourceSpans resources = 1; repeated Text texts = 1000; }
message Text { bytes id = 1; fixed64 time = 2; bytes trace_id = 3; string body = 4; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scopes = 2; string schema_url = 3; }
message ScopeSpans { Scope scope = 1; repeated Span items = 2; string schema_url = 3; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5;
  uint32 kind = 6; fixed64 start = 7; fixed64 end = 8; map<string, Value> attributes = 9; uint32 dropped_attributes = 10;
  repeated Event events = 11; uint32 dropped_events = 12; repeated Link links = 13; uint32 dropped_links = 14;
  Status status = 15; fixed32 flags = 16; repeated bytes text_ids = 1000;
}
message Event { fixed64 time = 1; string name = 2; map<string, Value> attributes = 3; uint32 dropped = 4; }
message Link {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; map<string, Value> attributes = 4; uint32 dropped = 5;
  fixed32 flags = 6;
}
message Status { string message = 2; uint32 code = 3; }

message Logs { repeated ResourceLogs resources = 1; repeated Text texts = 1000; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scopes = 2; string schema_url = 3; }
message ScopeLogs { Scope scope = 1; repeated LogRecord items = 2; string schema_url = 3; }
message LogRecord {
  fixed64 time = 1; uint32 severity_number = 2; string severity_text = 3; Value body = 5;
  map<string, Value> attributes = 6; uint32 dropped_attributes = 7; fixed32 flags = 8; bytes trace_id = 9;
  bytes span_id = 10; fixed64 observed = 11; string event_name = 12; repeated bytes text_ids = 1000;
}
`;

const value =
  'Tuple(s Nullable(String), b Nullable(Bool), i Nullable(Int64), d Nullable(Float64), y Nullable(String), j Nullable(String))';
const attributes = `attributes Map(String, ${value})`;

const items = {
  traces: `trace_id FixedString(16), span_id FixedString(8), trace_state String, parent_span_id String, name String,
    kind UInt8, start UInt64, end UInt64, ${attributes}, dropped_attributes UInt32,
    events Array(Tuple(time UInt64, name String, ${attributes}, dropped UInt32)), dropped_events UInt32,
    links Array(Tuple(trace_id String, span_id String, trace_state String, ${attributes}, dropped UInt32, flags UInt32)),
    dropped_links UInt32, status Tuple(message String, code UInt8), flags UInt32, text_ids Array(FixedString(16))`,
  logs: `time UInt64, observed UInt64, severity_number UInt8, severity_text String, body ${value}, ${attributes},
    dropped_attributes UInt32, flags UInt32, trace_id String, span_id String, event_name String, text_ids Array(FixedString(16))`,
} as const;

const selects = { traces: spansSelect, logs: logsSelect } as const;

/** An INSERT of the rows of a segment into a table of the form of `spans` or `logs`. */
export function insertByProtobuf(
  signal: 'traces' | 'logs',
  { table, bytes }: { readonly table: string; readonly bytes: Uint8Array },
): InsertBytesRequest {
  return {
    bytes: [bytes],
    format: { name: 'Protobuf', proto, message: 'Envelope' },
    structure: `project LowCardinality(String), received UInt64, ${signal} Tuple(resources Array(Tuple(
      resource Tuple(${attributes}, dropped UInt32), schema_url String,
      scopes Array(Tuple(scope Tuple(name String, version String, ${attributes}), schema_url String,
        items Array(Tuple(${items[signal]})))))))`,
    insert: (source) => insertSql(table, selects[signal](source)),
    settings: oneBlock,
  };
}

/** The same of its texts. */
export function insertTextsByProtobuf(
  signal: 'traces' | 'logs',
  { table, bytes }: { readonly table: string; readonly bytes: Uint8Array },
): InsertBytesRequest {
  return {
    bytes: [bytes],
    format: { name: 'Protobuf', proto, message: 'Envelope' },
    structure: `project LowCardinality(String), ${signal} Tuple(texts Array(Tuple(id FixedString(16), time UInt64, trace_id FixedString(16), body String)))`,
    insert: (source) => `INSERT INTO ${table} (project, id, body, first_time, last_time, trace_hash)
      SELECT project, text.id, text.body, ${timeOf('text.time')}, ${timeOf('text.time')}, cityHash64(text.trace_id)
      FROM (SELECT project, arrayJoin(${signal}.texts) AS text FROM ${source})`,
    settings: oneBlock,
  };
}

const oneBlock = {
  max_threads: 1,
  max_insert_threads: 1,
  min_insert_block_size_rows: 1_000_000_000,
  min_insert_block_size_bytes: 0,
  max_partitions_per_insert_block: 0,
};
