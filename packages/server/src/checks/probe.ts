/** One attempt at a check: asks, and tells whether the answer is what it must be. */
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { CheckTarget } from '@sightline/schema/api';
import type { CheckOutcome } from '../catalog/checks.ts';
import { findCertificateProblem } from '../outbound/certificate-problem.ts';
import { findHostProblem, findUrlProblem, guardedLookup, type Reach } from '../outbound/reach.ts';

export interface ProbeSurroundings {
  /** Where checks may go: a user of the API chose the address. */
  readonly reach: Reach;
  readonly timeoutMs: number;
  /** When it is asked. */
  readonly nowMs: number;
}

type Asked = Exclude<CheckTarget, { readonly kind: 'heartbeat' | 'program' }>;

const bodyBytesMax = 1_048_576;
const dayMs = 86_400_000;

/** Never throws: what went wrong is the outcome's reason. */
export async function probe(target: Asked, surroundings: ProbeSurroundings): Promise<CheckOutcome> {
  const signal = AbortSignal.timeout(surroundings.timeoutMs);
  const beganMs = performance.now();
  try {
    const found = await ask(target, { ...surroundings, signal });
    const ms = performance.now() - beganMs;
    const slow =
      target.slowerThanMs !== undefined && ms > target.slowerThanMs
        ? `it took ${Math.round(ms)} ms, more than ${target.slowerThanMs}`
        : undefined;
    const reason = found.reason ?? slow ?? null;
    return { ok: reason === null, ms, reason, certificateDays: found.certificateDays ?? null };
  } catch (error) {
    const reason = signal.aborted ? `no answer within ${surroundings.timeoutMs} ms` : reasonOf(error);
    return { ok: false, ms: null, reason, certificateDays: null };
  }
}

interface Found {
  readonly reason?: string | undefined;
  readonly certificateDays?: number | undefined;
}
type Asking = ProbeSurroundings & { readonly signal: AbortSignal };

async function ask(target: Asked, asking: Asking): Promise<Found> {
  switch (target.kind) {
    case 'http':
      return askHttp(target, asking);
    case 'tcp':
      return askTcp(target, asking);
    case 'dns':
      return askDns(target, asking);
  }
}

async function askHttp(
  target: Extract<CheckTarget, { kind: 'http' }>,
  { reach, signal, nowMs }: Asking,
): Promise<Found> {
  const problem = findUrlProblem(target.url, reach);
  if (problem !== undefined) throw new Error(`the address ${problem}`);
  const url = new URL(target.url);
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const body = target.method === 'POST' ? Buffer.from(target.body) : undefined;
  const request = send(url, {
    method: target.method,
    headers: {
      'user-agent': 'sightline-check',
      ...(body === undefined ? {} : { 'content-length': body.length }),
      ...target.headers,
    },
    agent: false,
    lookup: guardedLookup(reach),
    signal,
  });
  // After the answer began, its reader is told of failures; the request's own event would end the process.
  request.on('error', () => undefined);
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const certificateDays = daysOfCertificate(response, nowMs);
  const text = await readBegin(response);
  return {
    reason: httpProblem(target, { status: response.statusCode ?? 0, text, certificateDays }),
    certificateDays,
  };
}

function daysOfCertificate({ socket }: IncomingMessage, nowMs: number): number | undefined {
  if (!('getPeerCertificate' in socket)) return undefined;
  const { valid_to: until } = (socket as TLSSocket).getPeerCertificate();
  return until === undefined ? undefined : (Date.parse(until) - nowMs) / dayMs;
}

/** What is beyond the first MiB is not looked at. */
async function readBegin(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    // Leaving the loop ends the connection.
    if (bytes > bodyBytesMax) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, bodyBytesMax);
}

function httpProblem(
  target: Extract<CheckTarget, { kind: 'http' }>,
  answer: { readonly status: number; readonly text: string; readonly certificateDays: number | undefined },
): string | undefined {
  if (!isAllowed(answer.status, target.status)) return `it answered ${answer.status}, not ${target.status}`;
  if (target.bodyContains !== undefined && !answer.text.includes(target.bodyContains))
    return `the answer has no "${target.bodyContains}"`;
  if (target.jsonPath !== undefined) {
    const found = valueAt(answer.text, target.jsonPath);
    const wanted = target.jsonEquals ?? 'true';
    if (found !== wanted)
      return `${target.jsonPath} is ${found === undefined ? 'not there' : `"${found.slice(0, 100)}"`}, not "${wanted}"`;
  }
  const { certificateDays } = answer;
  if (
    target.certificateDaysMin !== undefined &&
    certificateDays !== undefined &&
    certificateDays < target.certificateDaysMin
  )
    return `its certificate ends in ${Math.floor(certificateDays)} days`;
  return undefined;
}

function isAllowed(status: number, ranges: string): boolean {
  return ranges.split(',').some((range) => {
    const [from = '', to = from] = range.split('-');
    return status >= Number(from) && status <= Number(to);
  });
}

/** The value as text, undefined where there is none or the text is no JSON. */
function valueAt(text: string, path: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function askTcp(
  { host, port }: Extract<CheckTarget, { kind: 'tcp' }>,
  { reach, signal }: Asking,
): Promise<Found> {
  const problem = findHostProblem(host, reach);
  if (problem !== undefined) throw new Error(`the host ${problem}`);
  const socket = connect({ host, port, lookup: guardedLookup(reach), signal });
  try {
    await once(socket, 'connect', { signal });
    return {};
  } finally {
    socket.destroy();
  }
}

async function askDns(
  { host, record, contains, server }: Extract<CheckTarget, { kind: 'dns' }>,
  { timeoutMs, signal, reach }: Asking,
): Promise<Found> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  if (server !== undefined) {
    // Read as the host of a URL, which knows the forms of addresses and ports.
    const problem = findUrlProblem(`http://${server}/`, reach);
    if (problem !== undefined) throw new Error(`the name server ${problem}`);
    resolver.setServers([server]);
  }
  signal.addEventListener('abort', () => resolver.cancel(), { once: true });
  const answers = await resolver.resolve(host, record).catch((error: unknown) => {
    throw nameErrorOf(error, { host, record, timeoutMs });
  });
  const texts = (answers as unknown[]).map((answer) =>
    typeof answer === 'string' ? answer : JSON.stringify(answer),
  );
  if (texts.length === 0) return { reason: `no ${record} record` };
  return contains === undefined || texts.some((text) => text.includes(contains))
    ? {}
    : { reason: `no ${record} record has "${contains}": ${texts.slice(0, 3).join(', ')}` };
}

/** Says in words why a name was not found; Node only gives a code. */
function nameErrorOf(
  error: unknown,
  { host, record, timeoutMs }: { readonly host: string; readonly record: string; readonly timeoutMs: number },
): unknown {
  const words: Readonly<Record<string, string>> = {
    ENOTFOUND: `there is no name "${host}" (NXDOMAIN)`,
    ENODATA: `"${host}" has no ${record} record`,
    ESERVFAIL: `the name server failed to look "${host}" up (SERVFAIL)`,
    EREFUSED: `the name server refuses to look "${host}" up (REFUSED)`,
    ECONNREFUSED: 'the name server cannot be reached',
    ETIMEOUT: `no answer within ${timeoutMs} ms`,
  };
  const word = words[String((error as { code?: unknown }).code)];
  return word === undefined ? error : new Error(word, { cause: error });
}

/** A refused connection has its reasons in `errors`, one for each address that was tried. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return findCertificateProblem(error) ?? (error instanceof Error ? error.message : String(error));
}
