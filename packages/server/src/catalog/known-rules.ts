/**
 * What the control plane last said that ingest needs, in a file of the data directory: which keys open which project, and how long telemetry is kept. With it the server receives
 * while the control plane is away, also after a start. It says, too, which stores the data directory has, so that a store that is gone is not taken for a new one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { keyScope } from '@sightline/schema/api';
import type { RetentionPolicy } from '../storage/telemetry-store.ts';
import { type KeyGrant, listOpenKeys } from './api-keys.ts';
import type { Catalog } from './catalog.ts';
import type { SqlRunner } from './catalog-database.ts';
import { readRetention, retentionPolicy } from './retention-settings.ts';

const content = z.object({
  telemetry: z.enum(['embedded', 'clickhouse']),
  controlPlane: z.enum(['embedded', 'postgres']),
  /** What each key gives, by its hash. */
  keys: z.record(
    z.string(),
    z.object({
      project: z.string(),
      scopes: z.array(keyScope).readonly(),
      requestsPerMinute: z.number().nullable(),
    }),
  ),
  retention: retentionPolicy.nullable(),
});
type Content = z.infer<typeof content>;

const refreshMs = 10_000;

export const knownFile = 'known.json';

export class KnownRules {
  readonly #path: string;
  /** The file is there and says nothing: neither which stores there were, nor that there were none. */
  readonly isUnreadable: boolean;
  #content: Content | undefined;
  #timer: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(dataDirectory: string) {
    this.#path = join(dataDirectory, knownFile);
    try {
      this.#content = content.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch {
      this.#content = undefined;
    }
    this.isUnreadable = this.#content === undefined && existsSync(this.#path);
  }

  /** Which stores the data directory had; undefined where it is new, or where nobody can tell. */
  get stores(): Pick<Content, 'telemetry' | 'controlPlane'> | undefined {
    return this.#content;
  }

  /** Null where the options' values hold; undefined where nobody knows. */
  get retention(): RetentionPolicy | null | undefined {
    return this.#content?.retention;
  }

  grantOfKey(hash: string): KeyGrant | undefined {
    return this.#content?.keys[hash];
  }

  /** Reads the rules now and every ten seconds. While the control plane is away they stay as they were. */
  async follow(catalog: Catalog, telemetry: Content['telemetry']): Promise<void> {
    const stores = { telemetry, controlPlane: catalog.kind };
    await this.#refresh(catalog, stores).catch(() => undefined);
    this.#timer = setInterval(() => {
      this.#refreshing = this.#refresh(catalog, stores).catch(() => undefined);
    }, refreshMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#refreshing;
  }

  async #refresh(db: SqlRunner, stores: Pick<Content, 'telemetry' | 'controlPlane'>): Promise<void> {
    const keys = Object.fromEntries((await listOpenKeys(db)).map(({ hash, ...grant }) => [hash, grant]));
    const next: Content = { ...stores, keys, retention: (await readRetention(db)) ?? null };
    const text = JSON.stringify(next);
    if (text === JSON.stringify(this.#content)) return;
    this.#content = next;
    await writeFile(`${this.#path}.tmp`, text, { mode: 0o600 });
    await rename(`${this.#path}.tmp`, this.#path);
  }
}
