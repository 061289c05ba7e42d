/**
 * Data that was acknowledged but cannot be loaded: each culprit as the record it was, beside a JSON file that says why.
 * It goes only when it is in the tables after all (`resend-quarantine.ts`). Its bytes count against the bound of the journal, so that
 * the door closes before the disk is full.
 */
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
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

/** A piece as it lies in the folder. */
export interface QuarantinedPiece extends Quarantined {
  /** Of its two files, without their endings. */
  readonly name: string;
  /** Of its record. */
  readonly path: string;
  /** With which it was refused: what of it may be in some table is not taken in twice. */
  readonly token: string;
}

const reasonFile = z.object({
  signal: telemetrySignal,
  project: z.string(),
  items: z.number().int().nonnegative(),
  reason: z.string(),
  message: z.string(),
  bytes: z.number().int().nonnegative(),
  token: z.string().optional(),
});

export class Quarantine {
  readonly #directory: string;
  /** Bytes of the records, by name. */
  readonly #sizes = new Map<string, number>();

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, 'quarantine');
  }

  /** Of all records, as of the last `measure` and what was put and removed since. */
  get bytes(): number {
    return [...this.#sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Writes `bytes` and the reason durably. The same `token` again replaces what is there: a repeat after a crash. */
  async put(
    token: string,
    bytes: Uint8Array,
    why: Omit<Quarantined, 'bytes'>,
    at: string,
  ): Promise<Quarantined> {
    const entry: Quarantined = { ...why, bytes: bytes.length };
    const name = token.replaceAll('/', '.');
    const base = join(this.#directory, name);
    await mkdir(this.#directory, { recursive: true });
    await writeFileDurably(`${base}.pb`, bytes);
    await writeFileDurably(
      `${base}.json`,
      Buffer.from(`${JSON.stringify({ ...entry, token, at }, undefined, 2)}\n`),
    );
    await realDisk.syncDirectory(this.#directory);
    this.#sizes.set(name, bytes.length);
    return entry;
  }

  /** Every reason, for the books. */
  async list(): Promise<readonly Quarantined[]> {
    const pieces: Quarantined[] = [];
    for (const name of await this.names()) {
      const piece = await this.read(name);
      if (piece !== undefined) pieces.push(piece);
    }
    return pieces;
  }

  /** Of pieces, in order. */
  async names(): Promise<readonly string[]> {
    const files = await readdir(this.#directory).catch(() => []);
    return files
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .toSorted();
  }

  /** Undefined where the reason cannot be read: somebody else put it there. */
  async read(name: string): Promise<QuarantinedPiece | undefined> {
    const base = join(this.#directory, name);
    const text = await readFile(`${base}.json`, 'utf8').catch(() => '');
    const parsed = reasonFile.safeParse(parseJson(text));
    if (!parsed.success) return undefined;
    return { ...parsed.data, name, path: `${base}.pb`, token: parsed.data.token ?? `quarantine/${name}` };
  }

  /** Looks how large the records are, which people may have added or taken away. */
  async measure(): Promise<void> {
    const sizes = await Promise.all(
      (await this.names()).map(async (name) => {
        const found = await stat(join(this.#directory, `${name}.pb`)).catch(() => undefined);
        return [name, found?.size ?? 0] as const;
      }),
    );
    this.#sizes.clear();
    for (const [name, bytes] of sizes) this.#sizes.set(name, bytes);
  }

  /** Takes out what is in the tables. The reason goes first: what has none is not counted. */
  async remove({ name }: QuarantinedPiece): Promise<void> {
    for (const ending of ['json', 'pb'])
      await rm(join(this.#directory, `${name}.${ending}`), { force: true });
    await realDisk.syncDirectory(this.#directory);
    this.#sizes.delete(name);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
