/** Local wall-clock time with milliseconds; with the date where it is not today. */
export function formatTime(rfc3339: string, now: Date): string {
  const time = new Date(rfc3339);
  if (Number.isNaN(time.getTime())) return rfc3339;
  const clock = `${pad2(time.getHours())}:${pad2(time.getMinutes())}:${pad2(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  const today = time.toDateString() === now.toDateString();
  return today
    ? clock
    : `${time.getFullYear()}-${pad2(time.getMonth() + 1)}-${pad2(time.getDate())} ${clock}`;
}

/** One line of text, control characters made visible, so that data cannot drive the terminal. */
export function oneLine(text: string): string {
  return (
    text
      .replace(/\r\n|\r|\n/g, '⏎ ')
      .replace(/\t/g, ' ')
      // oxlint-disable-next-line no-control-regex -- they are what is being replaced
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, '·')
  );
}

/** As `oneLine`, but lines stay lines. */
export function printable(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map(oneLine)
    .join('\n');
}

/** A value of an attribute or body as text. */
export function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function pad2(value: number): string {
  return String(value).padStart(2, '0');
}
