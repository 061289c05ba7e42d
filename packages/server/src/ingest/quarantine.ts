/**
 * Data that was acknowledged but cannot be loaded: each culprit as the record it was, beside a JSON file that says why.
 * Nothing here is ever deleted by the server; `<name>.pb` can be sent again once the reason is mended.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { telemetrySignal, type TelemetrySignal } from '@sightline/schema/api';
import { realDisk, writeFileDurably } from './disk.ts';

/** Why one piece was set aside. `items` is 0 where the bytes are too damaged to be counted. */
export interface Quarantined {
  readonly signal: TelemetrySignal;
  readonly project: string;
  readonly items: number;
  /** A short word that is counted: the engine's name of its error, or `damaged`. */
  readonly reason: string;
  readonly message: string;
  readonly bytes: number;
}

const reasonFile = z.object({
  signal: telemetrySignal,
  project: z.string(),
  items: z.number().int().nonnegative(),
  reason: z.string(),
  message: z.string(),
  bytes: z.number().int().nonnegative(),
});

export class Quarantine {
  readonly #directory: string;

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, 'quarantine');
  }

  /** Writes `bytes` and the reason durably. The same `name` again replaces what is there: a repeat after a crash. */
  async put(
    name: string,
    bytes: Uint8Array,
    why: Omit<Quarantined, 'bytes'>,
    at: string,
  ): Promise<Quarantined> {
    const entry: Quarantined = { ...why, bytes: bytes.length };
    const base = join(this.#directory, name.replaceAll('/', '.'));
    await mkdir(this.#directory, { recursive: true });
    await writeFileDurably(`${base}.pb`, bytes);
    await writeFileDurably(
      `${base}.json`,
      Buffer.from(`${JSON.stringify({ ...entry, at }, undefined, 2)}\n`),
    );
    await realDisk.syncDirectory(this.#directory);
    return entry;
  }

  /** Every reason file. Those that cannot be read are skipped: somebody else put them there. */
  async list(): Promise<readonly Quarantined[]> {
    const entries: Quarantined[] = [];
    for (const file of await readdir(this.#directory).catch(() => [])) {
      if (!file.endsWith('.json')) continue;
      const text = await readFile(join(this.#directory, file), 'utf8');
      const parsed = reasonFile.safeParse(parseJson(text));
      if (parsed.success) entries.push(parsed.data);
    }
    return entries;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
