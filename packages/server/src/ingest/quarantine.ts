/**
 * Data that was acknowledged but cannot be loaded: each culprit as the record it was (`.pb`), beside a JSON file that says why.
 * That file is there twice (`.json`, `.copy`), with its checksum, since the books begin with what it counts: one of them may rot.
 * It goes only when it is in the tables after all (`resend-quarantine.ts`). Its bytes count against the bound of the journal, so that
 * the door closes before the disk is full.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { retryPauseMs } from '@sightline/base';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { telemetrySignal, type TelemetrySignal } from '@sightline/schema/api';
import { retryPause } from './limits.ts';
import { type Disk, isDiskFault, readText, realDisk, writeFileDurably } from './disk.ts';

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

const reasonFile = z.strictObject({
  signal: telemetrySignal,
  project: z.string(),
  items: z.number().int().nonnegative(),
  reason: z.string(),
  message: z.string(),
  bytes: z.number().int().nonnegative(),
  token: z.string().optional(),
  at: z.string().optional(),
});

const reasonEndings = ['json', 'copy'] as const;

export class Quarantine {
  readonly #directory: string;
  /** Bytes of the records and of segments, by file. */
  readonly #sizes = new Map<string, number>();
  readonly #disk: Disk;
  #unreadable: readonly string[] = [];
  /** Pieces that the disk did not take, by token, with why. Their segments stay in the journal for the next start. */
  readonly #unwritten = new Map<string, { readonly entry: Quarantined; readonly failure: string }>();

  constructor(dataDirectory: string, disk: Disk = realDisk) {
    this.#directory = join(dataDirectory, 'quarantine');
    this.#disk = disk;
  }

  /** Of all records, as of the last `measure` and what was put and removed since. */
  get bytes(): number {
    const held = [...this.#unwritten.values()].reduce((sum, { entry }) => sum + entry.bytes, 0);
    return [...this.#sizes.values()].reduce((sum, bytes) => sum + bytes, held);
  }

  /** How many pieces the disk did not take, and why the last. */
  get unwritten(): { readonly pieces: number; readonly failure: string } {
    return { pieces: this.#unwritten.size, failure: [...this.#unwritten.values()].at(-1)?.failure ?? '' };
  }

  /** Files whose reason nobody can read, as of the last `list`: what they count is in no book. */
  get unreadable(): readonly string[] {
    return this.#unreadable;
  }

  /**
   * Writes `bytes` and the reason durably. The same `token` again replaces what is there: a repeat after a crash. What the
   * disk does not take after some tries is counted all the same, see `unwritten`; the caller then keeps the segment.
   */
  async put(
    token: string,
    bytes: Uint8Array,
    why: Omit<Quarantined, 'bytes'>,
    at: string,
  ): Promise<{ readonly entry: Quarantined; readonly isWritten: boolean }> {
    const entry: Quarantined = { ...why, bytes: bytes.length };
    const failure = await triedOften(async () => this.#write(token, bytes, entry, at));
    if (failure === undefined) this.#unwritten.delete(token);
    else this.#unwritten.set(token, { entry, failure: failure.message });
    return { entry, isWritten: failure === undefined };
  }

  async #write(token: string, bytes: Uint8Array, entry: Quarantined, at: string): Promise<void> {
    const name = token.replaceAll('/', '.');
    const base = join(this.#directory, name);
    await mkdir(this.#directory, { recursive: true });
    await writeFileDurably(`${base}.pb`, bytes, this.#disk);
    const reason = { ...entry, token, at };
    const text = `${JSON.stringify({ ...reason, checksum: checksumOf(reason) }, undefined, 2)}\n`;
    for (const ending of reasonEndings)
      await writeFileDurably(`${base}.${ending}`, Buffer.from(text), this.#disk);
    await this.#disk.syncDirectory(this.#directory);
    this.#sizes.set(`${name}.pb`, bytes.length);
  }

  /**
   * Takes a segment of which not all can be read, as the file it is: another day, or a person, may read more of it. False where
   * the disk does not let it go after some tries; it then stays where it is.
   */
  async keep(token: string, path: string, why: Omit<Quarantined, 'bytes'>): Promise<boolean> {
    const file = `${token.replaceAll('/', '.')}.seg`;
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    const entry = { ...why, items: 0, bytes: size };
    const failure = await triedOften(async () => {
      await mkdir(this.#directory, { recursive: true });
      await this.#disk.rename(path, join(this.#directory, file));
    });
    if (failure === undefined) this.#sizes.set(file, size);
    else this.#unwritten.set(token, { entry, failure: failure.message });
    // Its name is not worth another try: what was put beside it counts it.
    if (failure === undefined) await this.#disk.syncDirectory(this.#directory).catch(() => undefined);
    return failure === undefined;
  }

  /** Every reason, for the books. */
  async list(): Promise<readonly Quarantined[]> {
    const pieces: QuarantinedPiece[] = [];
    const unreadable: string[] = [];
    for (const name of await this.names()) {
      const piece = await this.read(name);
      if (piece === undefined) unreadable.push(join(this.#directory, `${name}.json`));
      else pieces.push(piece);
    }
    this.#unreadable = unreadable;
    // One of them may have been written in part.
    const tokens = new Set(pieces.map(({ token }) => token));
    const others = [...this.#unwritten].filter(([token]) => !tokens.has(token));
    return [...pieces, ...others.map(([, { entry }]) => entry)];
  }

  /** Of pieces, in order. */
  async names(): Promise<readonly string[]> {
    const files = await readdir(this.#directory).catch(() => []);
    const names = files
      .filter((file) => reasonEndings.some((ending) => file.endsWith(`.${ending}`)))
      .map((file) => file.slice(0, file.lastIndexOf('.')));
    return [...new Set(names)].toSorted();
  }

  /** Undefined where neither file of the reason can be read. */
  async read(name: string): Promise<QuarantinedPiece | undefined> {
    const base = join(this.#directory, name);
    for (const ending of reasonEndings) {
      const reason = parseReason(await readText(`${base}.${ending}`).catch(() => ''));
      if (reason !== undefined)
        return { ...reason, name, path: `${base}.pb`, token: reason.token ?? `quarantine/${name}` };
    }
    return undefined;
  }

  /** Looks how large the records are, which people may have added or taken away. */
  async measure(): Promise<void> {
    const files = await readdir(this.#directory).catch(() => []);
    const sizes = await Promise.all(
      files
        .filter((file) => /\.(?:pb|seg)$/.test(file))
        .map(async (file) => {
          const found = await stat(join(this.#directory, file)).catch(() => undefined);
          return [file, found?.size ?? 0] as const;
        }),
    );
    this.#sizes.clear();
    for (const [file, bytes] of sizes) this.#sizes.set(file, bytes);
  }

  /** Takes out what is in the tables. The reason goes first: what has none is not counted. */
  async remove({ name }: QuarantinedPiece): Promise<void> {
    for (const ending of [...reasonEndings, 'pb'])
      await rm(join(this.#directory, `${name}.${ending}`), { force: true });
    await this.#disk.syncDirectory(this.#directory);
    this.#sizes.delete(`${name}.pb`);
  }
}

const triesMax = 4;

/** The last failure of the disk; undefined once the task is done. */
async function triedOften(task: () => Promise<void>): Promise<Error | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      await task();
      return undefined;
    } catch (error) {
      if (!(error instanceof Error) || !isDiskFault(error)) throw error;
      if (tries === triesMax) return error;
    }
    await delay(retryPauseMs(tries, retryPause));
  }
}

/** Undefined for what is not as it was written. A file that a person wrote has no checksum. */
function parseReason(text: string): z.infer<typeof reasonFile> | undefined {
  try {
    const { checksum, ...reason } = z
      .looseObject({ checksum: z.string().optional() })
      .parse(JSON.parse(text));
    if (checksum !== undefined && checksum !== checksumOf(reason)) return undefined;
    return reasonFile.parse(reason);
  } catch {
    return undefined;
  }
}

function checksumOf(reason: object): string {
  return crc32(JSON.stringify(reason)).toString(16);
}
