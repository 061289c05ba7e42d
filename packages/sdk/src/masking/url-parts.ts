/**
 * What a URL or a form hides from the text rules: a secret behind the name of a parameter, and one that is percent-encoded, where an
 * e-mail address has no `@` and a card no spaces.
 */
import { placeholder } from './placeholder.ts';

/** Parameters that sign a URL: who has them has what it leads to. */
const signatures = new Set([
  'sig',
  'signature',
  'x-amz-signature',
  'x-amz-security-token',
  'x-goog-signature',
  'awsaccesskeyid',
]);
const parameterPattern = /(^|[?&\s"'])([^\s=&?#"'<>]{1,200})=([^\s&#"'<>]{1,4096})/g;
const encoded = /%[0-9A-Fa-f]{2}/;
const betweenParts = /[^\s"'<>&?#/=;,]+/g;

export function maskParameters(
  text: string,
  isSensitiveKey: (key: string) => boolean,
  mask: (text: string) => string,
): string {
  if (!text.includes('=')) return text;
  return text.replace(parameterPattern, (match, before: string, name: string, value: string) => {
    if (value.startsWith('[masked:')) return match;
    const plainName = decode(name);
    if (isSensitiveKey(plainName) || signatures.has(plainName.toLowerCase()))
      return `${before}${name}=${placeholder('secret')}`;
    // A form writes `+` for a space. Shorter values hold nothing that a space would split.
    const spaced = value.length > 10 && value.includes('+') ? value.replaceAll('+', ' ') : value;
    const masked = spaced === value ? value : mask(spaced);
    return masked === spaced ? match : `${before}${name}=${masked.replaceAll(' ', '+')}`;
  });
}

/** Masks what its parts say when they are decoded. A part with nothing to mask stays as it was written. */
export function maskEncoded(text: string, mask: (text: string) => string): string {
  if (!encoded.test(text)) return text;
  return text.replace(betweenParts, (part) => {
    if (!encoded.test(part)) return part;
    const plain = decode(part);
    const masked = plain === part ? part : mask(plain);
    return masked === plain ? part : encode(masked);
  });
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A lone `%` or half a character: what is left is still read.
    return part.replace(/%[0-7][0-9A-Fa-f]/g, (code) =>
      String.fromCharCode(Number.parseInt(code.slice(1), 16)),
    );
  }
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%5Bmasked%3A([\w-]+)%5D/g, '[masked:$1]');
}
