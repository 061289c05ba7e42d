/**
 * Every failure a user can meet, by code: one row here, one entry of the same name in docs/errors.md (a test compares
 * them). `status` is the HTTP status where the failure answers a request, and the exit code's class elsewhere.
 */
export const errorCatalogue = {
  bad_request: { status: 400, title: 'A parameter or the body is not as the API describes it.' },
  bad_filter: { status: 400, title: 'The filter (q) cannot be read.' },
  bad_time_range: { status: 400, title: 'The time range is reversed, unreadable or too long.' },
  bad_cursor: { status: 400, title: 'The cursor does not come from this query.' },
  bad_sql: { status: 400, title: 'The SQL statement was refused.' },
  bad_judge_url: { status: 400, title: 'A model that judges cannot be asked at this address.' },
  unreadable_payload: { status: 400, title: 'The OTLP request cannot be decoded.' },
  unauthenticated: { status: 401, title: 'No valid API key came with the request.' },
  not_found: { status: 404, title: 'Nothing exists at this address.' },
  trace_not_found: { status: 404, title: 'No span of this trace is stored.' },
  span_not_found: { status: 404, title: 'The span is not stored.' },
  run_not_found: { status: 404, title: 'The trace has no step of an agent, model or tool.' },
  session_not_found: { status: 404, title: 'No run of this session is stored.' },
  log_not_found: { status: 404, title: 'The log record is not stored.' },
  metric_not_found: { status: 404, title: 'No metric of this name is stored.' },
  method_not_allowed: { status: 405, title: 'The address exists, but not with this method.' },
  job_running: { status: 409, title: 'Another rework of what is stored is running.' },
  payload_too_large: { status: 413, title: 'The request body is larger than allowed.' },
  unsupported_media_type: { status: 415, title: 'The content type or content encoding is not supported.' },
  query_limit: { status: 422, title: 'The query met its time, row or memory limit.' },
  overloaded: { status: 429, title: 'The server is receiving more than it can store.' },
  internal: { status: 500, title: 'Sightline made a mistake.' },
  not_ready: { status: 503, title: 'The server is starting or stopping.' },
  disk_full: { status: 503, title: 'The journal cannot be written because the disk is full.' },
  journal_unavailable: { status: 503, title: 'The journal cannot be written.' },
  store_unavailable: { status: 503, title: 'The telemetry store does not answer.' },
  port_taken: { status: 500, title: 'A port is in use by another program.' },
  data_directory_locked: { status: 500, title: 'Another process uses the data directory.' },
  data_directory_unwritable: { status: 500, title: 'The data directory cannot be written.' },
  data_from_newer_version: { status: 500, title: 'The data directory was written by a newer version.' },
  data_from_older_version: {
    status: 500,
    title: 'The telemetry was written by a version whose data is not brought along.',
  },
  bad_option: { status: 500, title: 'A command-line option or environment variable is wrong.' },
  server_unreachable: { status: 503, title: 'No Sightline server answers at the address.' },
  unreadable_file: { status: 400, title: 'A file to import cannot be read as OTLP.' },
  api_key_required: {
    status: 500,
    title: 'The server is asked to listen beyond loopback without an API key.',
  },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorCatalogue;
