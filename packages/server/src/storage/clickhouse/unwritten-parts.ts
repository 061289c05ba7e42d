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

/** Below the directory of an embedded store, which nobody has open. Returns the names of the parts that were never put in place. */
export function forgetUnwrittenParts(directory: string): readonly string[] {
  return tablesOf(directory).flatMap(forgetIn);
}

function tablesOf(directory: string): readonly string[] {
  const store = join(directory, 'store');
  return namesIn(store)
    .flatMap((prefix) => namesIn(join(store, prefix)).map((table) => join(store, prefix, table)))
    .filter((table) => namesIn(join(table, logsFolder)).length > 0);
}

/**
 * Numbers of blocks are given in order, under a lock that is held from the note to the name: a part that has a greater number than all that
 * are there was never put under its name. Parts with smaller numbers that are gone were merged, dropped or taken away.
 */
function forgetIn(table: string): readonly string[] {
  const last = Math.max(
    0,
    ...namesIn(table).map((name) => Number(partName.exec(name)?.groups?.['last'] ?? 0)),
  );
  return namesIn(join(table, logsFolder)).flatMap((name) => forgetAfter(last, join(table, logsFolder, name)));
}

function forgetAfter(last: number, path: string): readonly string[] {
  const text = textOf(path);
  const end = text.lastIndexOf(newline) + 1;
  const unwritten: { readonly at: number; readonly part: string }[] = [];
  for (let at = 0; at < end; at = text.indexOf(newline, at) + 1) {
    const [kind, part = ''] = text.slice(at, text.indexOf(newline, at)).split('\t', 2);
    if (kind === added && Number(partName.exec(part)?.groups?.['first'] ?? 0) > last)
      unwritten.push({ at, part });
  }
  // What stands behind a line that is not whole, the engine does not read.
  if (unwritten.length === 0 && end === text.length) return [];
  const file = openSync(path, 'r+');
  try {
    for (const { at } of unwritten) writeSync(file, dropped, at);
    if (end < text.length) ftruncateSync(file, end);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return unwritten.map(({ part }) => part);
}

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
