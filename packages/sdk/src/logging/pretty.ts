/** One JSON log line as a person reads it: time, level, logger, message, then the fields that say something. */
const colorOf: Readonly<Record<string, number>> = {
  TRACE: 90,
  DEBUG: 36,
  INFO: 32,
  WARNING: 33,
  ERROR: 31,
  CRITICAL: 35,
};
const shownInHead = new Set([
  'timestamp',
  'level',
  'message',
  'logger',
  'module',
  'function',
  'line',
  'exception',
  'service',
  'trace_id',
  'span_id',
]);

export function formatPretty(line: string, colors: boolean): string {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const paint = (code: number, text: string) => (colors ? `\u001b[${code}m${text}\u001b[0m` : text);
  const text = (key: string) => (typeof record[key] === 'string' ? record[key] : '');
  const level = text('level');
  const fields = Object.entries(record)
    .filter(([key]) => !shownInHead.has(key))
    .map(
      ([key, value]) => `${paint(90, `${key}=`)}${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
  const { exception } = record;
  const stack =
    typeof exception === 'object' && exception !== null && 'stacktrace' in exception
      ? String(exception.stacktrace)
      : '';
  const head = `${paint(90, text('timestamp').slice(11, 23))} ${paint(colorOf[level] ?? 0, level.padEnd(8))} ${paint(1, text('logger'))} ${text('message')}`;
  return `${[head, ...fields].join(' ')}\n${stack === '' ? '' : `${stack}\n`}`;
}
