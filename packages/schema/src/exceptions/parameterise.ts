/**
 * Messages without what differs from one occurrence to the next. One regular expression, whose parts are tried in this order at each place; every part is
 * bounded or made of one class of characters, so that the time grows with the length of the text only.
 */
/** A name in quotes behind one of these is one of the program's, and says what is wrong; behind another word (`user 'ann'`) it is a value. */
const namesOfCode =
  'a|an|and|argument|arguments|as|attribute|attributes|be|by|call|calling|class|column|columns|command|component|constraint|crate|directive|element|enum|expected|field|fields|flag|for|from|func|function|has|have|header|hook|identifier|import|in|index|instance|interface|invalid|is|key|keys|keyword|label|list|macro|method|missing|module|modules|name|named|near|not|object|of|on|operator|operators|option|options|or|package|param|parameter|parameters|properties|property|reading|relation|required|schema|selector|setting|statement|struct|symbol|table|tag|than|the|to|token|trait|type|types|undeclared|undefined|unexpected|unknown|unsupported|variable|with|writing';

const parts: readonly (readonly [name: string, pattern: string])[] = [
  [
    'quoted',
    String.raw`(?<=(?<![A-Za-z])(?!(?:${namesOfCode}) )[A-Za-z]{2,30} )(?:'[^']{1,100}'|"[^"]{1,100}"|\`[^\`]{1,100}\`)(?!\w)`,
  ],
  ['url', String.raw`\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>)\]}]+`],
  ['email', String.raw`[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}`],
  ['traceparent', String.raw`\b00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b`],
  ['uuid', String.raw`\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b`],
  [
    'date',
    String.raw`\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?\b|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \d{1,2} [A-Z][a-z]{2} \d{4}(?: \d\d:\d\d:\d\d)?(?: GMT)?|\b\d{1,2}[/.]\d{1,2}[/.]\d{4}\b|\b\d{4}/\d\d/\d\d\b|\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2}(?:,? \d\d:\d\d:\d\d)?,? \d{4}\b`,
  ],
  ['time', String.raw`\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?\b(?: ?[AaPp][Mm]\b)?| ?[AaPp][Mm]\b)`],
  [
    'ip',
    String.raw`\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b|\b(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{0,4}(?:::?[0-9a-fA-F]{1,4}){0,6}\b|::1\b|\b(?=[0-9a-fA-F:]{0,40}\d)(?:[0-9a-fA-F]{1,4}:){1,6}:(?:[0-9a-fA-F]{1,4}:){0,5}[0-9a-fA-F]{1,4}\b`,
  ],
  [
    'host',
    String.raw`\b(?:[a-z0-9][a-z0-9-]{0,62}\.){1,8}(?:com|net|org|io|dev|ai|app|cloud|local|internal|svc|cluster\.local|localdomain)(?::\d{1,5})?\b|\blocalhost:\d{1,5}\b`,
  ],
  [
    'path',
    String.raw`(?<![\w.~])(?:(?:[A-Za-z]:)?(?:[\\/][\w.@+~-]{1,255}){2,40}|(?:\.{1,2}|~)(?:[\\/][\w.@+~-]{1,255}){1,40})`,
  ],
  ['hex', String.raw`\b0[xX][0-9a-fA-F]+\b|\b(?=[0-9a-f]{0,64}\d)(?=[0-9a-f]{0,64}[a-f])[0-9a-f]{7,64}\b`],
  ['version', String.raw`\bv\d{1,6}(?:\.\d{1,9}){1,3}(?:-[0-9A-Za-z.]{1,40})?\b`],
  [
    'duration',
    String.raw`\b(?:\d{1,9}(?:\.\d{1,9})?(?:h|ms|m|s|us|µs|ns)){2,5}\b|\b\d+(?:\.\d+)? ?(?:ns|µs|us|ms|millis|(?:milli|micro|nano)?seconds?|s|sec|secs|m|min|mins|minutes?|h|hours?|d|days?)\b`,
  ],
  [
    'id',
    String.raw`\b(?=[A-Za-z_-]{0,40}\d)(?=[\d_-]{0,40}[A-Za-z])[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+){0,6}(?<=[A-Za-z0-9_-]{12})\b`,
  ],
  ['number', String.raw`(?<![A-Za-z\d])[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?(?![A-Za-z\d])`],
];
/** The group of a part has the number of its place: an object of names for each match takes twice as long. */
const anyPart = new RegExp(parts.map(([, pattern]) => `(${pattern})`).join('|'), 'g');
const lengthMax = 2000;

/** `Order 4711 of ann@example.com took 3.2 s` is `Order <number> of <email> took <duration>`. At most the first 2,000 characters, in one line. */
export function parameteriseMessage(message: string): string {
  const line = message.slice(0, lengthMax).replace(/\s+/g, ' ').trim();
  return line.replace(
    anyPart,
    (_, ...groups: readonly (string | undefined)[]) =>
      `<${parts[groups.findIndex((group) => group !== undefined)]?.[0] ?? 'value'}>`,
  );
}
