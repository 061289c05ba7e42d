import type { LogRecord } from '@sightline/schema/api';
import { attributeText } from './attribute-rows.ts';

// oxlint-disable-next-line no-control-regex -- what terminals take for colours begins with a control character
const colours = /\u001b\[[0-9;]*m/g;

/** What a log record says, without the colours of a terminal; '' where it has no body. */
export function logText({ body }: Pick<LogRecord, 'body'>): string {
  return body === null ? '' : attributeText(body).replaceAll(colours, '');
}

/** Its first line, for a list. */
export function logLine(log: Pick<LogRecord, 'body' | 'eventName'>): string {
  const line = logText(log).split('\n', 1)[0] ?? '';
  return line === '' && log.eventName === '' ? '(no text)' : line;
}
