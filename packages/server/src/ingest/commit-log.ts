/**
 * How far a segment was written, and with how many items of which project: a line for each group, in a file beside the
 * segment. A line is written while the group itself is made durable, and is not made durable itself. So after the end of
 * a process it tells torn from damaged: what it names was written whole. After the end of the machine it may tell too
 * little, and is believed only in what it says.
 *
 *     <checksum> {"machine":"<boot id>"}
 *     <checksum> {"end":8311,"items":{"default":40}}
 *     <checksum> {"end":8311}                         // what was written behind byte 8311 was taken back
 */
import { readFileSync } from 'node:fs';
import { rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { errnoOf, isForbidden, isUnreadable, readText, type Disk } from './disk.ts';
import { commitsExtension } from './segment.ts';

/** What is known of a segment that an earlier process wrote. */
export interface Committed {
  /** Everything before was written whole. */
  readonly bytes: number;
  /** Items by project in these bytes. */
  readonly items: ReadonlyMap<string, number>;
  /** Whether nothing behind `bytes` was acknowledged: the log is whole, and the machine has not been started since. */
  readonly isExact: boolean;
}

export function commitsPath(segmentPath: string, name: string): string {
  return join(dirname(segmentPath), name + commitsExtension);
}

export class CommitLog {
  readonly #disk: Disk;
  readonly #file: FileHandle;
  #length = 0;

  private constructor(disk: Disk, file: FileHandle) {
    this.#disk = disk;
    this.#file = file;
  }

  static async create(path: string, disk: Disk): Promise<CommitLog> {
    return new CommitLog(disk, await disk.create(path));
  }

  /** Bytes up to `end` are in the segment's file; the group that ends there has these items. */
  async add(end: number, items: ReadonlyMap<string, number>): Promise<void> {
    await this.#append({ end, items: Object.fromEntries(items) });
  }

  /** Everything behind `end` was refused. */
  async takeBack(end: number): Promise<void> {
    await this.#append({ end });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #append(line: Line): Promise<void> {
    const first = this.#length === 0 ? encodeLine({ machine: bootId }) : '';
    const bytes = Buffer.from(first + encodeLine(line));
    await this.#disk.write(this.#file, [bytes], this.#length);
    this.#length += bytes.length;
  }
}

/** Undefined where there is none: the segment is of an earlier version, somebody took the file away, or the disk does. */
export async function readCommits(path: string): Promise<Committed | undefined> {
  let text: string;
  try {
    text = await readText(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || (isUnreadable(error) && !isForbidden(error))) return undefined;
    throw error;
  }
  const lines = text.split('\n');
  const isComplete = lines.pop() === '';
  const read = lines.map(decodeLine);
  const isExact =
    isComplete && bootId !== '' && read.every((line) => line !== undefined) && read[0]?.machine === bootId;
  const groups: Line[] = [];
  for (const line of read) {
    const { end } = line ?? {};
    if (line === undefined || end === undefined) continue;
    const last = groups.at(-1)?.end ?? 0;
    // A line that goes back without taking anything back is a copy of an earlier one.
    if (line.items !== undefined) groups.push(...(end > last ? [line] : []));
    else while ((groups.at(-1)?.end ?? 0) > end) groups.pop();
  }
  const items = new Map<string, number>();
  for (const group of groups)
    for (const [project, count] of Object.entries(group.items ?? {}))
      items.set(project, (items.get(project) ?? 0) + count);
  return { bytes: groups.at(-1)?.end ?? 0, items, isExact };
}

/** The segment needs it no more. */
export async function removeCommits(path: string): Promise<void> {
  await rm(path, { force: true });
}

const lineSchema = z.object({
  machine: z.string().optional(),
  end: z.number().int().nonnegative().optional(),
  items: z.record(z.string(), z.number().int().nonnegative()).optional(),
});
type Line = z.infer<typeof lineSchema>;

function encodeLine(line: Line): string {
  const json = JSON.stringify(line);
  return `${checksumOf(json)} ${json}\n`;
}

function decodeLine(text: string): Line | undefined {
  const json = text.slice(9);
  if (text.slice(0, 9) !== `${checksumOf(json)} `) return undefined;
  return lineSchema.parse(JSON.parse(json));
}

function checksumOf(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}

/** Another one after each start of the machine; '' where the system does not tell. */
const bootId = readBootId();

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
