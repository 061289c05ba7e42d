import { JsonCursor } from './json-cursor.ts';

/**
 * The JSON text that admission made of an array or a list, as the one member of an AnyValue in OTLP/JSON: the inverse of
 * writeJsonValue, but for bytes and non-finite numbers, which stay the strings they have become.
 */
export function anyValueOfJson(json: string): string {
  return memberOf(new JsonCursor(Buffer.from(json)), 0);
}

function memberOf(input: JsonCursor, depth: number): string {
  input.checkDepth(depth);
  switch (input.peek()) {
    case 0x7b: {
      const entries = membersOf(input, 0x7d, () => {
        const key = stringToken(input);
        input.expect(0x3a, '":"');
        return `{"key":${key},"value":{${memberOf(input, depth + 1)}}}`;
      });
      return `"kvlistValue":{"values":[${entries.join(',')}]}`;
    }
    case 0x5b: {
      const values = membersOf(input, 0x5d, () => `{${memberOf(input, depth + 1)}}`);
      return `"arrayValue":{"values":[${values.join(',')}]}`;
    }
    case 0x22:
      return `"stringValue":${stringToken(input)}`;
    case 0x74:
      input.word('true');
      return '"boolValue":true';
    case 0x66:
      input.word('false');
      return '"boolValue":false';
    case 0x6e:
      input.word('null');
      return '';
    default:
      return numberMember(input.number());
  }
}

function membersOf(input: JsonCursor, close: number, read: () => string): string[] {
  const members: string[] = [];
  input.pos++;
  if (input.take(close)) return members;
  do members.push(read());
  while (input.take(0x2c));
  input.expect(close, '"," or an end');
  return members;
}

/** The string as it is written, quotes and escapes included. */
function stringToken(input: JsonCursor): string {
  input.string();
  return Buffer.from(input.bytes.subarray(input.textStart - 1, input.textEnd + 1)).toString('utf8');
}

function numberMember(text: string): string {
  if (/^-?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)) return `"intValue":"${text}"`;
  return `"doubleValue":${text}`;
}
