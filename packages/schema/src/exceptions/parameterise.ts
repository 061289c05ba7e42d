/**
 * Messages without what differs from one occurrence to the next. One regular expression, whose parts are tried in this order at each place; every part is
 * bounded or made of one class of characters, so that the time grows with the length of the text only.
 */
const parts: readonly (readonly [name: string, pattern: string])[] = [
  ['url', String.raw`\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>)\]}]+`],
  ['email', String.raw`[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}`],
  ['traceparent', String.raw`\b00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b`],
  ['uuid', String.raw`\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b`],
  [
    'date',
    String.raw`\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?\b|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \d{1,2} [A-Z][a-z]{2} \d{4}(?: \d\d:\d\d:\d\d)?(?: GMT)?`,
  ],
  ['time', String.raw`\b\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?\b`],
  [
    'ip',
    String.raw`\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b|\b(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{0,4}(?:::?[0-9a-fA-F]{1,4}){0,6}\b|::1\b`,
  ],
  [
    'host',
    String.raw`\b(?:[a-z0-9][a-z0-9-]{0,62}\.){1,8}(?:com|net|org|io|dev|ai|app|cloud|local|internal|svc|cluster\.local|localdomain)(?::\d{1,5})?\b|\blocalhost:\d{1,5}\b`,
  ],
  ['path', String.raw`(?<![\w.])(?:[A-Za-z]:)?(?:[\\/][\w.@+~-]{1,255}){2,40}`],
  ['hex', String.raw`\b0[xX][0-9a-fA-F]+\b|\b(?=[0-9a-f]{0,64}\d)(?=[0-9a-f]{0,64}[a-f])[0-9a-f]{7,64}\b`],
  [
    'duration',
    String.raw`\b\d+(?:\.\d+)? ?(?:ns|µs|us|ms|s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?|d|days?)\b`,
  ],
  [
    'id',
    String.raw`\b(?=[A-Za-z_-]{0,40}\d)(?=[\d_-]{0,40}[A-Za-z])[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+){0,6}(?<=[A-Za-z0-9_-]{12})\b`,
  ],
  ['number', String.raw`(?<![A-Za-z\d])[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?(?![A-Za-z\d])`],
];
const anyPart = new RegExp(parts.map(([name, pattern]) => `(?<${name}>${pattern})`).join('|'), 'g');
const names = parts.map(([name]) => name);
const lengthMax = 2000;

/** `Order 4711 of ann@example.com took 3.2 s` is `Order <number> of <email> took <duration>`. At most the first 2,000 characters, in one line. */
export function parameteriseMessage(message: string): string {
  const line = message.slice(0, lengthMax).replace(/\s+/g, ' ').trim();
  return line.replace(anyPart, (...found) => {
    const groups = found.at(-1) as Readonly<Record<string, string | undefined>>;
    return `<${names.find((name) => groups[name] !== undefined) ?? 'value'}>`;
  });
}
