/**
 * Keeps web pages out that this server does not know: a page that reaches it under a name of its own (DNS rebinding), and
 * one that sends requests from another origin. The reasons are in docs/security.md and ADR 0013.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { SightlineError } from '@sightline/schema/errors';
import { type HostName, isLoopback, isLoopbackName, readHostName } from './host-name.ts';

export interface RequestGuardOptions {
  /** The address the server listens on. */
  readonly host: string;
  /** Names by which the server may be reached, beside addresses and `localhost`. */
  readonly allowedHosts: readonly string[];
  /** Origins (`https://app.example.com`) whose pages may send telemetry. */
  readonly allowedOrigins: readonly string[];
  /**
   * Whether the request carries a key of this server. A page that came by rebinding has none, so a key stands for the
   * name; only beyond loopback, where a key is always asked for.
   */
  readonly holdsKey: (headers: IncomingHttpHeaders) => Promise<boolean>;
}

/** What a request says of itself, in HTTP/1 and in gRPC alike. */
export interface RequestFacts {
  readonly method: string;
  /** Every host it names, in headers and in its target. None: it comes from no browser, which all name one. */
  readonly hosts: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly door: Door;
}

/**
 * `own`: pages and API, for this server's own pages only. `telemetry`: receivers, for pages of allowed and of loopback
 * origins too. `probe`: answers of one word for load balancers, beyond loopback under any name.
 */
export type Door = 'own' | 'telemetry' | 'probe';

/** Why a request is refused, or undefined. */
export type RequestGuard = (facts: RequestFacts) => Promise<SightlineError | undefined>;

export function createRequestGuard(options: RequestGuardOptions): RequestGuard {
  const bound = readHostName(options.host.includes(':') ? `[${options.host}]` : options.host);
  const isBeyondLoopback = !isLoopback(options.host);
  const names = new Set(options.allowedHosts);
  if (bound !== undefined) names.add(bound.name);
  const origins = new Set(options.allowedOrigins);
  // Behind a proxy that changes Host. Not loopback's names, which every program of the machine shares.
  const publicNames = new Set(options.allowedHosts.filter((name) => !isLoopbackName(name)));

  const isKnown = ({ name, isAddress }: HostName): boolean =>
    isAddress || isLoopbackName(name) || names.has(name);

  const refuseHost = async ({ hosts, headers, door }: RequestFacts): Promise<SightlineError | undefined> => {
    for (const text of hosts) {
      const host = readHostName(text);
      if (host !== undefined && isKnown(host)) continue;
      if (isBeyondLoopback && (door === 'probe' || (await options.holdsKey(headers)))) continue;
      return unknownHost(text);
    }
    return undefined;
  };

  const isOwnOrigin = (origin: URL, hosts: readonly string[]): boolean =>
    publicNames.has(origin.hostname) ||
    (hosts.length > 0 &&
      hosts.every((host) => hostOf(origin.protocol, host) === hostOf(origin.protocol, origin.host)));

  const refuseOrigin = ({ method, hosts, headers, door }: RequestFacts): SightlineError | undefined => {
    if (headers.origin !== undefined) {
      const origin = readOrigin(headers.origin);
      const isAllowed =
        origin !== undefined &&
        (isOwnOrigin(origin, hosts) ||
          (door === 'telemetry' && (origins.has(origin.origin) || isLoopbackOrigin(origin))));
      return isAllowed ? undefined : unknownOrigin(headers.origin, door);
    }
    return isForeignFetch(method, headers) ? unknownOrigin(undefined, door) : undefined;
  };

  return async (facts) => (await refuseHost(facts)) ?? refuseOrigin(facts);
}

/** `https://app.example.com` in the form that browsers send, or undefined for what is no origin of a web page. */
export function readOrigin(text: string): URL | undefined {
  if (!/^https?:\/\/[^/?#@\\\s]+$/i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}

/** Without `Origin`, browsers tell by `Sec-Fetch-Site` who asks. Following a link to a page of ours is fine; showing it inside another is not. */
function isForeignFetch(method: string, headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  const isLink =
    (method === 'GET' || method === 'HEAD') &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document';
  return !isLink;
}

/** Host and port as origins have them: without the port that the protocol has anyway. */
function hostOf(protocol: string, authority: string): string | undefined {
  const url = `${protocol}//${authority.replace(/\.(?=:|$)/, '')}`;
  return URL.canParse(url) ? new URL(url).host : undefined;
}

function isLoopbackOrigin(origin: URL): boolean {
  const host = readHostName(origin.hostname);
  return host !== undefined && (isLoopback(host.name) || isLoopbackName(host.name));
}

function unknownHost(host: string): SightlineError {
  return new SightlineError(
    'host_not_allowed',
    `The request was refused: the server is not known by the name ${shown(host)}.`,
    {
      hint: 'Use an IP address or localhost, or start the server with --allowed-host <name> (SIGHTLINE_ALLOWED_HOST).',
    },
  );
}

function unknownOrigin(origin: string | undefined, door: Door): SightlineError {
  const from = origin === undefined ? 'a page of another site' : `a page of ${shown(origin)}`;
  return new SightlineError('origin_not_allowed', `The request was refused: it comes from ${from}.`, {
    hint:
      door === 'telemetry'
        ? 'To take telemetry from its browsers, start the server with --allowed-origin <origin> (SIGHTLINE_ALLOWED_ORIGIN).'
        : 'Only pages of this server may ask it. Behind a proxy that changes the Host header, name the public host with --allowed-host (SIGHTLINE_ALLOWED_HOST).',
  });
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
