/** Which models can be asked: connections that somebody made, and those of providers whose usual variable is set on the server. */
import { formatNanos, nanosFromMs } from '@sightline/base';
import type {
  ConnectionsResponse,
  ModelConnection,
  ModelProtocol,
  NewConnection,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import {
  connectionsMax,
  listConnections,
  saveConnection,
  type StoredConnection,
} from '../catalog/model-connections.ts';
import { findUrlProblem, type Reach } from '../outbound/reach.ts';
import { seal, unseal } from './seal.ts';

export interface ConnectionSurroundings {
  readonly catalog: SqlRunner;
  readonly readVariable: (name: string) => string | undefined;
  /** Keys are encrypted with it; undefined: none can be kept. */
  readonly secret: string | undefined;
  readonly reach: Reach;
}

export interface OpenConnection {
  readonly name: string;
  readonly protocol: ModelProtocol;
  readonly baseUrl: string;
  readonly key: string | undefined;
}

const byEnvironment: readonly (Pick<StoredConnection, 'name' | 'protocol' | 'baseUrl'> & {
  readonly keyVariable: string;
})[] = [
  { name: 'OpenAI', protocol: 'openai', baseUrl: 'https://api.openai.com/v1', keyVariable: 'OPENAI_API_KEY' },
  {
    name: 'Anthropic',
    protocol: 'anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    keyVariable: 'ANTHROPIC_API_KEY',
  },
  {
    name: 'Google',
    protocol: 'google',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    keyVariable: 'GEMINI_API_KEY',
  },
];

export async function describeConnections(
  project: string,
  surroundings: ConnectionSurroundings,
): Promise<ConnectionsResponse> {
  const all = await listAll(project, surroundings);
  return {
    connections: all.map((each): ModelConnection => ({
      id: each.id,
      name: each.name,
      protocol: each.protocol,
      baseUrl: each.baseUrl,
      keyVariable: each.keyVariable,
      hasKey: keyOf(project, each, surroundings) !== undefined,
      createdAt: formatNanos(nanosFromMs(each.createdAt.getTime())),
    })),
    canKeepKeys: surroundings.secret !== undefined,
  };
}

/** Throws `bad_connection`. */
export async function keepConnection(
  project: string,
  given: NewConnection,
  surroundings: ConnectionSurroundings,
): Promise<void> {
  const { catalog, secret, reach } = surroundings;
  const { name, protocol, keyVariable, key } = given;
  const baseUrl = given.baseUrl.replace(/\/+$/, '');
  const problem = findUrlProblem(baseUrl, reach);
  if (problem !== undefined)
    throw badConnection(
      `The address ${problem}.`,
      'A network that is not public is allowed with --model-network.',
    );
  if (key !== undefined && keyVariable !== null)
    throw badConnection('Both a key and the variable of one are given.', 'Give one of them.');
  if (key !== undefined && secret === undefined)
    throw badConnection(
      'A key cannot be kept: the server has no secret to encrypt it with.',
      'Start the server with SIGHTLINE_SECRET, or name a variable of its environment with keyVariable.',
    );
  const stored = await listConnections(catalog, project);
  if (stored.length >= connectionsMax && !stored.some((each) => each.name === name))
    throw badConnection(`There are ${connectionsMax} connections already.`, 'Delete one first.');
  const sealedKey =
    key === undefined || secret === undefined ? null : seal(key, secret, placeOf(project, { name, baseUrl }));
  await saveConnection(catalog, project, { name, protocol, baseUrl, keyVariable, sealedKey });
}

/** With its key. Throws `not_found` and `bad_connection`. */
export async function openConnection(
  project: string,
  name: string,
  surroundings: ConnectionSurroundings,
): Promise<OpenConnection> {
  const all = await listAll(project, surroundings);
  const found = all.find((each) => each.name === name);
  if (found === undefined)
    throw new SightlineError('not_found', `There is no model connection ${JSON.stringify(name)}.`, {
      hint:
        all.length === 0
          ? 'Make one first, see docs/prompts.md.'
          : `There are: ${all.map((each) => each.name).join(', ')}.`,
    });
  const key = keyOf(project, found, surroundings);
  if (key === undefined && found.keyVariable !== null)
    throw badConnection(
      `The environment variable ${found.keyVariable} is not set on the server.`,
      'Set it and start the server again.',
    );
  if (key === undefined && found.sealedKey !== null)
    throw badConnection(
      'The key cannot be opened: the server’s secret is another one, or is gone.',
      'Give the key anew.',
    );
  return { name, protocol: found.protocol, baseUrl: found.baseUrl, key };
}

async function listAll(
  project: string,
  { catalog, readVariable }: ConnectionSurroundings,
): Promise<readonly StoredConnection[]> {
  const stored = await listConnections(catalog, project);
  const known = new Set(stored.map(({ name }) => name));
  const found = byEnvironment
    .filter(({ name, keyVariable }) => !known.has(name) && (readVariable(keyVariable) ?? '') !== '')
    .map((each) => ({
      ...each,
      id: `environment:${each.keyVariable}`,
      sealedKey: null,
      createdAt: new Date(0),
    }));
  return [...stored, ...found];
}

function keyOf(
  project: string,
  { name, baseUrl, keyVariable, sealedKey }: StoredConnection,
  { readVariable, secret }: ConnectionSurroundings,
): string | undefined {
  if (keyVariable !== null) return readVariable(keyVariable) || undefined;
  return sealedKey === null || secret === undefined
    ? undefined
    : unseal(sealedKey, secret, placeOf(project, { name, baseUrl }));
}

const placeOf = (project: string, { name, baseUrl }: Pick<StoredConnection, 'name' | 'baseUrl'>): string =>
  JSON.stringify([project, name, baseUrl]);

function badConnection(message: string, hint: string): SightlineError {
  return new SightlineError('bad_connection', message, { hint });
}
