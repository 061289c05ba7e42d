/**
 * OTLP metrics as the engine's own Protobuf reader is told to see them: a journal segment is a file of these messages. Names are ours
 * (short, and the structure below repeats them); numbers and types are those of opentelemetry-proto 1.11 and of
 * ingest/envelope.ts. What no column needs is left out and skipped by the reader.
 *
 * Two tricks. A repeated KeyValue has the wire form of a protobuf map, so it is declared as one and arrives as a Map. And
 * every kind of an attribute value is optional, which keeps 0, false and "" apart from absent; arrays and key-value
 * lists were rewritten into the string `j` at the door.
 */
export const formatSchema = `syntax = "proto3";
message Envelope { string project = 1; fixed64 received = 2; Metrics metrics = 8; }
message Value { oneof value { string s = 1; bool b = 2; int64 i = 3; double d = 4; bytes y = 7; string j = 15; } }
message Resource { map<string, Value> attributes = 1; uint32 dropped = 2; }
message Scope { string name = 1; string version = 2; map<string, Value> attributes = 3; }
message Metrics { repeated ResourceMetrics resources = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scopes = 2; string schema_url = 3; }
message ScopeMetrics { Scope scope = 1; repeated Metric items = 2; string schema_url = 3; }
message Metric {
  string name = 1; string description = 2; string unit = 3; Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9;
  ExponentialHistogram exponential = 10; Summary summary = 11;
}
message Gauge { repeated NumberPoint points = 1; }
message Sum { repeated NumberPoint points = 1; uint32 temporality = 2; bool monotonic = 3; }
message Histogram { repeated HistogramPoint points = 1; uint32 temporality = 2; }
message ExponentialHistogram { repeated ExponentialPoint points = 1; uint32 temporality = 2; }
message Summary { repeated SummaryPoint points = 1; }
message NumberPoint {
  fixed64 start = 2; fixed64 time = 3; oneof value { double as_double = 4; sfixed64 as_int = 6; }
  repeated Exemplar exemplars = 5; map<string, Value> attributes = 7; uint32 flags = 8;
}
message HistogramPoint {
  fixed64 start = 2; fixed64 time = 3; fixed64 count = 4; optional double sum = 5; repeated fixed64 counts = 6;
  repeated double bounds = 7; repeated Exemplar exemplars = 8; map<string, Value> attributes = 9; uint32 flags = 10;
  optional double min = 11; optional double max = 12;
}
message ExponentialPoint {
  map<string, Value> attributes = 1; fixed64 start = 2; fixed64 time = 3; fixed64 count = 4; optional double sum = 5;
  sint32 scale = 6; fixed64 zero_count = 7; Buckets positive = 8; Buckets negative = 9; uint32 flags = 10;
  repeated Exemplar exemplars = 11; optional double min = 12; optional double max = 13; double zero_threshold = 14;
}
message Buckets { sint32 offset = 1; repeated uint64 counts = 2; }
message SummaryPoint {
  fixed64 start = 2; fixed64 time = 3; fixed64 count = 4; double sum = 5; repeated ValueAtQuantile quantiles = 6;
  map<string, Value> attributes = 7; uint32 flags = 8;
}
message ValueAtQuantile { double quantile = 1; double value = 2; }
message Exemplar {
  fixed64 time = 2; oneof value { double as_double = 3; sfixed64 as_int = 6; } bytes span_id = 4; bytes trace_id = 5;
  map<string, Value> attributes = 7;
}
`;

const value =
  'Tuple(s Nullable(String), b Nullable(Bool), i Nullable(Int64), d Nullable(Float64), y Nullable(String), j Nullable(String))';
const attributes = `attributes Map(String, ${value})`;
const exemplars = `exemplars Array(Tuple(time UInt64, as_double Nullable(Float64), as_int Nullable(Int64), trace_id String, span_id String, ${attributes}))`;
const pointHead = `${attributes}, start UInt64, time UInt64, flags UInt32`;

const items = `name String, description String, unit String,
    gauge Tuple(points Array(Tuple(${pointHead}, as_double Nullable(Float64), as_int Nullable(Int64), ${exemplars}))),
    sum Tuple(points Array(Tuple(${pointHead}, as_double Nullable(Float64), as_int Nullable(Int64), ${exemplars})),
      temporality UInt8, monotonic Bool),
    histogram Tuple(points Array(Tuple(${pointHead}, count UInt64, sum Nullable(Float64), min Nullable(Float64),
      max Nullable(Float64), counts Array(UInt64), bounds Array(Float64), ${exemplars})), temporality UInt8),
    exponential Tuple(points Array(Tuple(${pointHead}, count UInt64, sum Nullable(Float64), min Nullable(Float64),
      max Nullable(Float64), scale Int32, zero_count UInt64, zero_threshold Float64,
      positive Tuple(offset Int32, counts Array(UInt64)), negative Tuple(offset Int32, counts Array(UInt64)),
      ${exemplars})), temporality UInt8),
    summary Tuple(points Array(Tuple(${pointHead}, count UInt64, sum Float64,
      quantiles Array(Tuple(quantile Float64, value Float64)))))`;

/** The columns of a segment file, as the `file` and `input` table functions take them. */
export const segmentStructure = `project LowCardinality(String), received UInt64, metrics Tuple(resources Array(Tuple(
    resource Tuple(${attributes}, dropped UInt32), schema_url String,
    scopes Array(Tuple(scope Tuple(name String, version String, ${attributes}), schema_url String,
      items Array(Tuple(${items})))))))`;
