/** Secrets that stand in base64, as in a header, a token's claims or a body that was kept as bytes. */
import { placeholder } from './placeholder.ts';

/** Shorter ones hold no secret but very short ones; longer ones are files, and only their start is read. */
const encodedPattern = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{32,}={0,2}/g;
export const base64LengthMin = 32;
const readCharactersMax = 8192;
/** Bytes that no text has: then it is no text, but an image, a hash or an id. */
const noText = /[^\t\n\r\x20-\x7e\u00a0-\ufffc]/;

/** What decodes to a text with something to mask in it is masked as a whole: nobody could read the rest of it. */
export function maskBase64(text: string, mask: (text: string) => string): string {
  return text.replace(encodedPattern, (part) => {
    const start = part.length > readCharactersMax ? part.slice(0, readCharactersMax) : part;
    // The first bytes tell nearly all that is no text.
    if (noText.test(decode(start.slice(0, 16)))) return part;
    const plain = decode(start);
    return noText.test(plain) || mask(plain) === plain ? part : placeholder('secret');
  });
}

function decode(part: string): string {
  return Buffer.from(part, 'base64').toString('utf8');
}
