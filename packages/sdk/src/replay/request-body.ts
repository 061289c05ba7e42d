/** The body of a request, kept in passing: as text where it is short, else by its digest, so that a replay knows it again. */
import { createHash, type Hash } from 'node:crypto';
import { type Exchange, normalised } from './exchange.ts';

export type KeptRequest = Pick<Exchange, 'request' | 'requestDigest' | 'requestLeftOut'>;

/** A replay takes no longer one. */
export const requestBytesMax = 64 * 1024 * 1024;
const requestCharactersMax = 80_000;
/** So much is held until the end: random ids and times of day in it do not count. What is longer is compared byte by byte. */
const heldBytesMax = 1_000_000;

/** A multipart body begins with its boundary, which is random. */
const multipart = /^--([\w'()+,./:=? -]{1,70})\r\ncontent-(?:disposition|type):/i;
const boundaryForAll = 'boundary';

export class RequestBody {
  #held: Buffer[] | undefined = [];
  #bytes = 0;
  #digest: StreamDigest | undefined;

  static of(body: string | Uint8Array): RequestBody {
    const whole = new RequestBody();
    whole.add(body);
    return whole;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps no reference to `chunk`, whose owner may use it again. */
  add(chunk: string | Uint8Array): void {
    this.#bytes += typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength;
    if (this.#bytes > requestBytesMax) {
      this.#held = undefined;
      this.#digest = undefined;
      return;
    }
    if (this.#digest !== undefined) return this.#digest.add(Buffer.from(chunk));
    this.#held?.push(Buffer.from(chunk));
    if (this.#bytes <= heldBytesMax) return;
    const start = Buffer.concat(this.#held ?? []);
    this.#held = undefined;
    this.#digest = new StreamDigest(boundaryOf(start));
    this.#digest.add(start);
  }

  /** `clean` masks what must not be kept. */
  keep(clean: (text: string) => string): KeptRequest {
    if (this.#bytes > requestBytesMax)
      return { requestLeftOut: `it is longer than ${requestBytesMax / 1024 / 1024} MiB` };
    if (this.#digest !== undefined) return this.#byDigest(this.#digest.finish());
    const bytes = withoutBoundary(Buffer.concat(this.#held ?? []));
    const text = textOfBytes(bytes);
    if (text === undefined) return this.#byDigest(sha256(bytes));
    return text.length <= requestCharactersMax
      ? { request: clean(text) }
      : this.#byDigest(sha256(normalised(clean(text))));
  }

  #byDigest(digest: string): KeptRequest {
    return { requestDigest: { bytes: this.#bytes, sha256: digest } };
  }
}

/** Two requests with the same key are the same request. */
export function exchangeKey(
  method: string,
  url: string,
  { request, requestDigest, requestLeftOut }: KeptRequest,
): string {
  if (requestLeftOut !== undefined) return anyRequestKey(method, url);
  const asked = requestDigest === undefined ? normalised(request ?? '') : `sha256 ${requestDigest.sha256}`;
  return `${anyRequestKey(method, url)}\n${asked}`;
}

/** The key of a request whose body is not known. */
export function anyRequestKey(method: string, url: string): string {
  const { pathname, search } = new URL(url);
  return `${method} ${pathname}${search}`;
}

/** For people: the body, or how long it is and what it is known by. */
export function shownRequest({ request, requestDigest }: KeptRequest): string | undefined {
  return requestDigest === undefined
    ? request
    : `(${requestDigest.bytes.toLocaleString('en')} bytes, SHA-256 ${requestDigest.sha256.slice(0, 16)}…)`;
}

/** Undefined where the bytes are no text. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const boundaryOf = (bytes: Buffer): string | undefined =>
  multipart.exec(bytes.toString('latin1', 0, 200))?.[1];

function withoutBoundary(bytes: Buffer): Buffer {
  const boundary = boundaryOf(bytes);
  return boundary === undefined
    ? bytes
    : Buffer.from(bytes.toString('latin1').replaceAll(boundary, boundaryForAll), 'latin1');
}

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** The digest of a long body, which is not held; a multipart boundary in it does not count. */
class StreamDigest {
  readonly #hash: Hash = createHash('sha256');
  readonly #boundary: string | undefined;
  /** May be the beginning of a boundary. */
  #rest = '';

  constructor(boundary: string | undefined) {
    this.#boundary = boundary;
  }

  add(bytes: Buffer): void {
    const boundary = this.#boundary;
    if (boundary === undefined) {
      this.#hash.update(bytes);
      return;
    }
    const text = this.#rest + bytes.toString('latin1');
    const last = text.lastIndexOf(boundary);
    const sureUntil = Math.max(last === -1 ? 0 : last + boundary.length, text.length - boundary.length + 1);
    this.#hash.update(text.slice(0, sureUntil).replaceAll(boundary, boundaryForAll), 'latin1');
    this.#rest = text.slice(sureUntil);
  }

  finish(): string {
    return this.#hash.update(this.#rest, 'latin1').digest('hex');
  }
}
