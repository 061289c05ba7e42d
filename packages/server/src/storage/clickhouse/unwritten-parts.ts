/**
 * The engine notes the token of an insert before it puts the part that was written under its name. A process that is killed in between leaves
 * a token without rows, and the engine would take the repetition for a duplicate: what was acknowledged would be lost without a word. It
 * was seen in one of 300 kills at any moment, and in one of 40 that are aimed at it. While nobody has the store open, such notes are turned into what the engine writes where a part is dropped.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const logsFolder = 'deduplication_logs';
const [added, dropped] = ['1', '2'];
const newline = '\n';

/** Partition, first and last block number of a part's folder; the log of an insert has its first part. */
const partName = /^[^_]+_(?<first>\d+)_(?<last>\d+)_\d+(?:_\d+)?$/;

/** Below the directory of an embedded store, which nobody has open. */
export function forgetUnwrittenParts(directory: string): void {
  const store = join(directory, 'store');
  for (const prefix of namesIn(store))
    for (const table of namesIn(join(store, prefix))) forgetIn(join(store, prefix, table));
}

/**
 * Block numbers are given in order, under a lock that is held from the note to the name: a part with a greater number than all that are there
 * was never put under its name. The notes of such parts are the last of the logs.
 */
function forgetIn(table: string): void {
  const logs = namesIn(join(table, logsFolder)).toSorted((a, b) => logNumber(b) - logNumber(a));
  if (logs.length === 0) return;
  const last = Math.max(
    0,
    ...namesIn(table).map((name) => Number(partName.exec(name)?.groups?.['last'] ?? 0)),
  );
  for (const log of logs) if (!forgetAfter(last, join(table, logsFolder, log))) return;
}

/** Withdraws notes from the end of the log on. Returns whether an older log may have more of them. */
function forgetAfter(last: number, path: string): boolean {
  const text = textOf(path);
  const end = text.lastIndexOf(newline) + 1;
  const unwritten: number[] = [];
  let isAtEnd = true;
  const lines = text.slice(0, Math.max(0, end - 1)).split(newline);
  for (let line = lines.pop(), at = end; line !== undefined && isAtEnd; line = lines.pop()) {
    at -= line.length + 1;
    const [kind, part = ''] = line.split('\t', 2);
    if (kind !== added) continue;
    isAtEnd = Number(partName.exec(part)?.groups?.['first'] ?? 0) > last;
    if (isAtEnd) unwritten.push(at);
  }
  // The engine stops reading at an incomplete line.
  if (unwritten.length > 0 || end < text.length) {
    const file = openSync(path, 'r+');
    try {
      for (const at of unwritten) writeSync(file, dropped, at);
      ftruncateSync(file, end);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
  return isAtEnd;
}

const logNumber = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0);

/** A letter a byte, so that places in the text are places in the file. Of what cannot be read the engine says so. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** The same of folders. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
