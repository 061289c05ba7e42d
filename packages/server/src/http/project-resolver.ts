import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { findProjectOfKey, hashApiKey } from '../catalog/api-keys.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { KnownRules } from '../catalog/known-rules.ts';

export interface ResolvedProject {
  readonly project: string;
}

/** Gives a request its project: the one place where this is decided, for HTTP, gRPC and the UI alike. */
export type ProjectResolver = (headers: IncomingHttpHeaders) => Promise<ResolvedProject | SightlineError>;

export interface ProjectResolverOptions {
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** The address the server listens on: beyond loopback nothing is open without a key. */
  readonly host: string;
  /** What is known of keys while the control plane does not answer. */
  readonly known: Pick<KnownRules, 'projectOfKey'>;
  /** The key set by option or environment; it opens the default project. */
  readonly apiKey: string | undefined;
}

const defaultProject = 'default';
/** How long a verdict on a key is remembered, so that ingest does not ask the control plane at every request. */
const verdictMsMax = 5_000;
const verdictsMax = 10_000;

/**
 * Open while the server listens on loopback and no key was ever asked for by option; closed otherwise.
 * A key comes as `Authorization: Bearer …`, `x-api-key: …`, or, from the UI, as the cookie `sightline_key`.
 */
export function createProjectResolver(options: ProjectResolverOptions): ProjectResolver {
  const { catalog, clock, apiKey, known } = options;
  const isOpen = !requiresApiKey(options);
  const verdicts = new Map<string, { readonly project: string | undefined; readonly untilMs: number }>();

  const findProject = async (key: string): Promise<string | undefined> => {
    if (apiKey !== undefined && isSameSecret(key, apiKey)) return defaultProject;
    const hash = hashApiKey(key);
    const verdict = verdicts.get(hash);
    if (verdict !== undefined && verdict.untilMs > clock.monotonicMs()) return verdict.project;
    const project = await findProjectOfKey(catalog, hash).catch((error: unknown) => {
      // A key that was good lately is taken; of any other nobody can tell.
      const lately = verdict?.project ?? known.projectOfKey(hash);
      if (lately === undefined && !isOpen) throw error;
      return lately;
    });
    if (verdicts.size >= verdictsMax) verdicts.clear();
    verdicts.set(hash, { project, untilMs: clock.monotonicMs() + verdictMsMax });
    return project;
  };

  return async (headers) => {
    const key = readKey(headers);
    if (key !== undefined) {
      const project = await findProject(key).catch(asFailure);
      if (project instanceof SightlineError) return project;
      if (project !== undefined) return { project };
      // On an open server a key of another product in the same header must not lock its sender out.
      return isOpen ? { project: defaultProject } : refused('the API key is not known, or was revoked');
    }
    return isOpen ? { project: defaultProject } : refused('it has no API key');
  };
}

export function requiresApiKey({
  host,
  apiKey,
}: {
  readonly host: string;
  readonly apiKey: string | undefined;
}): boolean {
  return apiKey !== undefined || !isLoopback(host);
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

function asFailure(error: unknown): SightlineError {
  if (error instanceof SightlineError) return error;
  throw error;
}

function readKey(headers: IncomingHttpHeaders): string | undefined {
  const [, bearer] = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return bearer;
  const header = headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  const [, cookie] = /(?:^|;\s*)sightline_key=([^;]+)/.exec(headers.cookie ?? '') ?? [];
  return cookie === undefined ? undefined : decodeCookie(cookie);
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

function refused(why: string): SightlineError {
  return new SightlineError('unauthenticated', `The request was refused: ${why}.`, {
    hint: 'Send the key as `Authorization: Bearer <key>` or `x-api-key: <key>`. The server takes one from --api-key or SIGHTLINE_API_KEY.',
  });
}
