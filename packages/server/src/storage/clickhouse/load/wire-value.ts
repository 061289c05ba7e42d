import { doubleAt, varintNumber, varintSigned, WireReader } from '@sightline/schema/otlp';

/** An AnyValue as the engine keeps it as text, see attribute-sql.ts. */
export function valueText(bytes: Buffer, start: number, end: number): string {
  const fields = new WireReader(bytes, start, end);
  while (fields.next()) {
    switch (fields.number) {
      case 1:
      case 15:
        return bytes.toString('utf8', fields.start, fields.end);
      case 2:
        return varintNumber(bytes, fields.start) === 0 ? 'false' : 'true';
      case 3:
        return fields.end - fields.start < 7
          ? String(varintNumber(bytes, fields.start))
          : String(varintSigned(bytes, fields.start, fields.end));
      case 4:
        return doubleText(doubleAt(bytes, fields.start));
      case 7:
        return bytes.toString('base64', fields.start, fields.end);
    }
  }
  return '';
}

function doubleText(value: number): string {
  if (Number.isFinite(value)) return String(value).replace('e+', 'e');
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}
