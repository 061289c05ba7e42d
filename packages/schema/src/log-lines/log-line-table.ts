/**
 * Where programs that log JSON, a line a record, write what an OTLP log record has a field or a conventional attribute for; the first that is there wins. What no row
 * names stays an attribute under its own name, objects with a name for each of their members: `context.metric.metric_name`.
 */
export const logLineFields = {
  time: ['timestamp', '@timestamp', 'time', 'ts', 'datetime', 'asctime', 'created'],
  level: ['level', 'levelname', 'severity', 'log.level', 'log_level', 'level_name', 'lvl', 'severity_text'],
  /** Python's numbers; a number as level is pino's. */
  pythonLevel: ['levelno'],
  body: ['message', 'msg', 'body', 'event', 'text'],
  logger: ['logger', 'logger_name', 'logger.name', 'log.logger', 'name'],
  service: ['service', 'service.name', 'service_name', 'app', 'application', 'app_name'],
  traceId: ['trace_id', 'traceId', 'trace.id', 'otelTraceID', 'dd.trace_id'],
  spanId: ['span_id', 'spanId', 'span.id', 'otelSpanID', 'dd.span_id'],
} as const satisfies Record<string, readonly string[]>;

/** Of the resource. */
export const logLineResource: Readonly<Record<string, readonly string[]>> = {
  'deployment.environment.name': ['environment', 'env'],
  'service.version': ['service_version', 'service.version', 'app_version'],
};

/** By OpenTelemetry's names, where it has one. */
export const logLineAttributes: Readonly<Record<string, readonly string[]>> = {
  'code.function.name': ['function', 'func', 'funcName', 'func_name', 'function_name'],
  'code.line.number': ['line', 'lineno', 'line_number'],
  'code.file.path': ['pathname', 'filename', 'file'],
  correlation_id: ['correlation_id', 'correlationId', 'request_id', 'requestId'],
};

/** What is said of an exception, as an object or by itself. */
export const logLineException = {
  whole: ['exception', 'exc_info', 'err', 'error', 'exc_text', 'stack_trace'],
  type: ['type', 'name', 'class', 'exc_type', 'error_type'],
  message: ['message', 'msg', 'value'],
  stacktrace: ['stacktrace', 'traceback', 'stack', 'stack_trace'],
} as const satisfies Record<string, readonly string[]>;

/** OpenTelemetry's severity numbers. */
export const severityNumbers: Readonly<Record<string, number>> = {
  trace: 1,
  verbose: 1,
  debug: 5,
  info: 9,
  information: 9,
  notice: 10,
  warn: 13,
  warning: 13,
  error: 17,
  err: 17,
  critical: 21,
  crit: 21,
  fatal: 21,
  alert: 22,
  emergency: 24,
};

/** From this number on; pino's and Bunyan's, and those of Python's `levelno`. */
export const numberedLevels = {
  pino: { 60: 21, 50: 17, 40: 13, 30: 9, 20: 5, 10: 1 },
  python: { 50: 21, 40: 17, 30: 13, 20: 9, 10: 5, 0: 1 },
} as const;
