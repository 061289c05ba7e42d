import type { LogRecord, Severity } from '@sightline/schema/api';
import { formatTime, formatValue, oneLine, printable } from './format.ts';
import type { Style } from './style.ts';

export interface LogLineOptions {
  readonly style: Style;
  readonly now: Date;
  /** Everything the record carries, below its line. */
  readonly full: boolean;
}

/** `10:15:02.123 ERROR llm-gateway  Upstream answered 429  trace=4bf9…` */
export function renderLogLine(log: LogRecord, { style, now, full }: LogLineOptions): string {
  const head = [
    style.dim(formatTime(log.timestamp, now)),
    paintSeverity(log.severity, style)(log.severity.padEnd(5)),
    style.byName(log.service, oneLine(log.service)),
    oneLine(describeBody(log)),
  ].join(' ');
  if (full) return [head, ...describeFully(log, style)].join('\n');
  const exception = log.attributes['exception.type'];
  const error = exception === undefined ? '' : style.error(` ${oneLine(formatValue(exception))}`);
  const trace = log.traceId === null ? '' : style.dim(` trace=${log.traceId}`);
  return `${head}${error}${trace}`;
}

export function paintSeverity(severity: Severity, style: Style): (text: string) => string {
  if (severity === 'ERROR' || severity === 'FATAL') return style.error;
  if (severity === 'WARN') return style.warning;
  return severity === 'INFO' ? style.good : style.dim;
}

function describeBody(log: LogRecord): string {
  const body = log.body === null ? '' : formatValue(log.body);
  return log.eventName === '' ? body : `${log.eventName}${body === '' ? '' : ` ${body}`}`;
}

function describeFully(log: LogRecord, style: Style): string[] {
  const fields: [string, unknown][] = [
    ...(log.traceId === null ? [] : ([['trace', log.traceId]] as [string, unknown][])),
    ...(log.spanId === null ? [] : ([['span', log.spanId]] as [string, unknown][])),
    ...(log.correlationId === null ? [] : ([['correlation', log.correlationId]] as [string, unknown][])),
    ...Object.entries(log.attributes),
  ];
  return fields.map(([name, value]) => {
    const text = printable(formatValue(value)).replaceAll('\n', '\n        ');
    return `    ${style.dim(`${oneLine(name)}=`)}${text}`;
  });
}
