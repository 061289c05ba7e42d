import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@sightline/base';
import { keyScope } from '@sightline/schema/api';
import { findGrantOfKey, hashSecret, type KeyGrant } from '../catalog/api-keys.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { KnownRules } from '../catalog/known-rules.ts';

/** What the key of a request gives, with a name for the key itself: its hash, or `own` for the one set by option. */
export interface HeldKey extends KeyGrant {
  readonly hash: string;
}

export interface KeyRing {
  /** `none` where no key came, `unknown` where it opens nothing. Throws `control_plane_unavailable` where nobody can tell. */
  find(headers: IncomingHttpHeaders): Promise<HeldKey | 'none' | 'unknown'>;
}

export interface KeyRingOptions {
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** What is known of keys while the control plane does not answer. */
  readonly known: Pick<KnownRules, 'grantOfKey'>;
  /** The key set by option or environment; it opens all of the default project. */
  readonly apiKey: string | undefined;
}

export const defaultProject = 'default';
/** How long a verdict on a key is remembered, so that ingest does not ask the control plane at every request. */
const verdictMsMax = 5_000;
const verdictsMax = 10_000;

/** Knows every key: the one of the options and those of the control plane. */
export function createKeyRing({ catalog, clock, known, apiKey }: KeyRingOptions): KeyRing {
  const verdicts = new Map<string, { readonly grant: KeyGrant | undefined; readonly untilMs: number }>();

  const findGrant = async (hash: string): Promise<KeyGrant | undefined> => {
    const verdict = verdicts.get(hash);
    if (verdict !== undefined && verdict.untilMs > clock.monotonicMs()) return verdict.grant;
    const grant = await findGrantOfKey(catalog, hash).catch((error: unknown) => {
      // A key that was good lately is taken; of any other nobody can tell.
      const lately = verdict?.grant ?? known.grantOfKey(hash);
      if (lately === undefined) throw error;
      return lately;
    });
    if (verdicts.size >= verdictsMax) verdicts.clear();
    verdicts.set(hash, { grant, untilMs: clock.monotonicMs() + verdictMsMax });
    return grant;
  };

  return {
    find: async (headers) => {
      const key = readKey(headers);
      if (key === undefined) return 'none';
      if (apiKey !== undefined && isSameSecret(key, apiKey))
        return { hash: 'own', project: defaultProject, scopes: keyScope.options, requestsPerMinute: null };
      const hash = hashSecret(key);
      const grant = await findGrant(hash);
      return grant === undefined ? 'unknown' : { hash, ...grant };
    },
  };
}

/**
 * A key comes as `Authorization: Bearer …`, as `x-api-key: …`, from the UI as the cookie `sightline_key`, or as the password of
 * `Authorization: Basic …`: Langfuse's SDKs send their secret key so. That one is last, because a proxy may ask for a password of its own.
 */
function readKey(headers: IncomingHttpHeaders): string | undefined {
  const [, bearer] = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return bearer;
  const header = headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  const [, cookie] = /(?:^|;\s*)sightline_key=([^;]+)/.exec(headers.cookie ?? '') ?? [];
  if (cookie !== undefined) return decodeCookie(cookie);
  const [, basic = ''] = /^Basic\s+([\w+/]+=*)\s*$/i.exec(headers.authorization ?? '') ?? [];
  return /^[^:]*:(\S+)$/.exec(Buffer.from(basic, 'base64').toString())?.[1];
}

function decodeCookie(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function isSameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
