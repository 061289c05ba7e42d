/**
 * A segment is what its records say, whatever its file is called: people copy files, and give copies other names. Each file gets
 * the name its segment had, and of several files of one segment the longest stays; if the loading of any had begun, it may be stored in part.
 */
import { readdir, rename, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { openToRead } from './disk.ts';
import { markerAfter, readStampedFrame } from './envelope.ts';
import { commitsExtension, loadingExtension, markerOf, segmentExtension, sequenceOf } from './segment.ts';

export interface SettledNames {
  /** Files that hold what another one holds, left in the directory under another ending. */
  readonly copies: readonly string[];
  /** Files that got their segment's name back. */
  readonly renamed: readonly string[];
}

interface SegmentOnDisk {
  readonly file: string;
  readonly name: string;
  readonly isLoading: boolean;
  readonly byteLength: number;
  /** The random half of the name its segment was written under; the whole name where its records have no stamps. */
  readonly marker: string;
}

const headBytesMax = 64 * 1024;
const copyExtension = '.copy';

export async function settleNames(directory: string): Promise<SettledNames> {
  const files = (await readdir(directory)).map((file) => ({
    file,
    name: file.slice(0, -extname(file).length),
  }));
  const known = files.filter(({ name }) => sequenceOf(name) !== undefined);
  // The name a segment had stands in the log of commits beside it, too, which nobody has a reason to copy.
  const logs = new Map(
    known
      .filter(({ file }) => extname(file) === commitsExtension)
      .map(({ name }) => [markerOf(name).toString('hex'), name]),
  );
  const segments: SegmentOnDisk[] = [];
  for (const { file, name } of known)
    if (extname(file) === segmentExtension || extname(file) === loadingExtension)
      segments.push(await look(directory, file, name));
  const copies: string[] = [];
  const renamed: string[] = [];
  for (const [marker, same] of Map.groupBy(segments, (segment) => segment.marker)) {
    const [kept, ...others] = same.toSorted(
      (a, b) =>
        b.byteLength - a.byteLength ||
        Number(b.isLoading) - Number(a.isLoading) ||
        (a.name < b.name ? -1 : 1),
    );
    if (kept === undefined) continue;
    for (const { file } of others) {
      await rename(join(directory, file), join(directory, file + copyExtension));
      copies.push(file);
    }
    const loading = same.find(({ isLoading }) => isLoading);
    const name = logs.get(marker) ?? (loading ?? kept).name;
    const file = name + (loading === undefined ? segmentExtension : loadingExtension);
    if (file === kept.file) continue;
    await rename(join(directory, kept.file), join(directory, file));
    renamed.push(kept.file);
  }
  return { copies, renamed };
}

/** What cannot be read has the name it has: whoever reads all of it says why. */
async function look(directory: string, file: string, name: string): Promise<SegmentOnDisk> {
  const path = join(directory, file);
  const found = await stat(path).catch(() => undefined);
  const marker = await readMarker(path, markerOf(name)).catch(() => undefined);
  return {
    file,
    name,
    isLoading: extname(file) === loadingExtension,
    byteLength: found?.isFile() === true ? found.size : 0,
    // Records of an earlier version have no stamps: of those the name is all that is known.
    marker: marker ?? name,
  };
}

/** Of the first record. Where its head is not what was written, that of the name, if it stands in some record behind. */
async function readMarker(path: string, named: Buffer): Promise<string | undefined> {
  await using file = await openToRead(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytesMax), 0, headBytesMax, 0);
  const bytes = buffer.subarray(0, bytesRead);
  const at = markerAfter(bytes, 0);
  const frame = at === undefined ? undefined : readStampedFrame(bytes, at);
  if (at !== undefined && frame?.asWritten === true) return bytes.subarray(at, at + 8).toString('hex');
  return bytes.includes(named) ? named.toString('hex') : undefined;
}
